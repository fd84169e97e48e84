"""What a run reports: exit codes, and the JSON of the contract."""

import itertools
import json
from collections import Counter

import pytest

from pipelines.report.report import Counts, Exit, Problem, RunReport, Status, TenantReport, most_severe, problem
from sources.aleta.errors import AuthError, ParentGoneError
from tests.stores import on

GONE = Problem(code="gone", message="no such account", resource="transactions", parent_id="a1")


def tenant(name: str = "acme", **more) -> TenantReport:
    return TenantReport(tenant=name, **more)


@pytest.mark.parametrize(
    ("report", "status", "code"),
    [
        pytest.param(tenant(), Status.COMPLETE, 0, id="nothing-wrong"),
        pytest.param(tenant(errors=[GONE]), Status.PARTIAL, 4, id="something-is-named"),
        pytest.param(tenant(fatal=Exit.FAILED), Status.FAILED, 1, id="failed"),
        pytest.param(tenant(fatal=Exit.AUTH, errors=[GONE]), Status.FAILED, 3, id="refused"),
    ],
)
def test_f3_a_tenant_is_complete_only_without_errors(report, status, code):
    """All that could be read and something named is partial; an early end is failed, with its own exit code."""
    assert (report.status, report.exit) == (status, code)


def test_exit_codes_are_those_of_the_contract():
    """Scripts rely on the numbers."""
    assert {code.name: int(code) for code in Exit} == {
        "COMPLETE": 0,
        "FAILED": 1,
        "USAGE": 2,
        "AUTH": 3,
        "PARTIAL": 4,
        "SIGINT": 130,
        "SIGTERM": 143,
    }


def test_of_several_tenants_the_most_severe_exit_wins():
    """3 over 1 over 4 over 0, in any order; a stop or a wrong configuration over all of them."""
    ranked = [Exit.SIGTERM, Exit.SIGINT, Exit.USAGE, Exit.AUTH, Exit.FAILED, Exit.PARTIAL, Exit.COMPLETE]
    for worse, better in itertools.combinations(ranked, 2):
        assert most_severe([worse, better]) == most_severe([better, worse, better]) == worse
    assert most_severe([]) == Exit.COMPLETE


@pytest.mark.parametrize(
    ("tenants", "status", "code"),
    [
        ([], "complete", 0),
        ([tenant(), tenant("b")], "complete", 0),
        ([tenant(), tenant("b", errors=[GONE])], "partial", 4),
        ([tenant(errors=[GONE]), tenant("b", fatal=Exit.FAILED)], "failed", 1),
        ([tenant(fatal=Exit.AUTH), tenant("b", fatal=Exit.FAILED)], "failed", 3),
    ],
)
def test_a_run_is_as_bad_as_its_worst_tenant(tenants, status, code):
    """One status and one exit for all."""
    run = RunReport(tenants=tenants)
    assert (run.status, run.exit) == (status, code)


def test_the_json_has_every_key_of_the_contract():
    """Names, nesting and types as outside programs read them."""
    report = tenant(run_id="r", requests=3, retries=1, duration_s=1.23456, row_cap=500, errors=[GONE])
    report.of("transactions").added += 2
    said = json.loads(json.dumps(RunReport(tenants=[report]).to_json()))
    assert (said["status"], list(said["tenants"])) == ("partial", ["acme"])
    acme = said["tenants"]["acme"]
    wanted = {"status", "run_id", "requests", "retries", "duration_s", "resources", "row_cap", "errors"}
    assert wanted <= set(acme)
    assert (acme["status"], acme["duration_s"], acme["row_cap"]) == ("partial", 1.235, 500)
    counts = {"requests", "windows", "splits", "read", "added", "modified", "removed", "unchanged", "quarantined"}
    assert acme["resources"] == {"transactions": dict.fromkeys(counts, 0) | {"added": 2}}
    assert acme["errors"] == [
        {
            "code": "gone",
            "resource": "transactions",
            "parent_id": "a1",
            "from_date": "",
            "to_date": "",
            "message": "no such account",
        }
    ]


def test_a_report_of_nothing_is_json_too():
    """The row cap is null until it is known."""
    acme = json.loads(json.dumps(tenant(drift=Counter(mood=2)).to_json()))
    assert (acme["row_cap"], acme["resources"], acme["errors"], acme["drift"]) == (None, {}, [], {"mood": 2})


def test_counts_are_kept_by_resource_and_summed_over_all():
    """Asked for twice, it is the same count."""
    report = tenant()
    report.of("accounts").read += 2
    report.of("accounts").read += 1
    report.of("transactions").read += 4
    assert report.of("accounts") == Counts(read=3)
    assert report.total("read") == 7


def test_an_error_becomes_a_problem_with_what_it_knows():
    """Its own code and attributes, where nobody says better."""
    error = ParentGoneError("no such account", resource="transactions", parent_id="a1")
    assert problem(error) == GONE
    named = problem(error, code="x", resource="accounts", parent_id="l1", from_date=on(0), to_date=on(9))
    assert named == Problem(
        code="x",
        message="no such account",
        resource="accounts",
        parent_id="l1",
        from_date="2024-01-01",
        to_date="2024-01-10",
    )


def test_an_error_of_any_kind_becomes_a_problem():
    """One of ours has a code; any other is just an error."""
    assert problem(AuthError("refused")).code == "auth"
    assert problem(ValueError("bad")) == Problem(code="error", message="bad")


@pytest.mark.parametrize(
    ("shown", "text"),
    [
        (Problem(code="x", message="disk full"), "disk full"),
        (GONE, "transactions a1: no such account"),
        (
            Problem(
                code="x",
                message="m",
                resource="transactions",
                parent_id="a",
                from_date="2024-01-01",
                to_date="2024-01-02",
            ),
            "transactions a, 2024-01-01 to 2024-01-02: m",
        ),
    ],
)
def test_a_problem_says_what_and_where(shown, text):
    """As a line of text."""
    assert str(shown) == text
