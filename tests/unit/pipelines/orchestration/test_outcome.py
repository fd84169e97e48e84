"""What a run's exit and report say of it, and whether another try may help."""

from __future__ import annotations

import json

import pytest

from pipelines.orchestration.outcome import outcome_of
from pipelines.report.report import LASTING, Counts, Problem, TenantReport, problem
from sources.aleta.errors import MalformedError, UndecodableError

FORBIDDEN = Problem(code="forbidden", message="the API answered 403", resource="transactions", parent_id="a1")
DOWN = Problem(code="unavailable", message="the API answered 503", resource="transactions", parent_id="a2")


def report(*problems: Problem) -> bytes:
    """As `sync --json` prints it."""
    tenant = TenantReport(tenant="acme", run_id="r1", requests=7, errors=list(problems))
    tenant.resources = {"transactions": Counts(read=5, added=3), "accounts": Counts(read=2, removed=1)}
    return json.dumps({"status": tenant.status, "tenants": {"acme": tenant.to_json()}}).encode()


def test_a_complete_run_is_complete_and_has_its_counts():
    """The counts are sums over the tables."""
    outcome = outcome_of("acme", exit_code=0, report=report())

    assert (outcome.complete, outcome.committed, outcome.again, outcome.reason) == (True, True, False, "")
    assert (outcome.total("read"), outcome.total("added"), outcome.total("removed")) == (7, 3, 1)
    assert (outcome.run.run_id, outcome.run.requests) == ("r1", 7)


def test_a_partial_run_is_committed_and_not_complete():
    """It says what is missing, a line each."""
    outcome = outcome_of("acme", exit_code=4, report=report(FORBIDDEN, DOWN))

    assert (outcome.complete, outcome.committed) == (False, True)
    assert outcome.reason.startswith("exit 4: [forbidden] transactions of a1: the API answered 403.")
    assert outcome.reason.endswith("(1 more)")
    assert len(outcome.errors) == 2


@pytest.mark.parametrize("code", sorted(LASTING))
def test_what_another_try_meets_again_is_not_tried_again(code):
    """An account that is forbidden is so a minute later; with it, what may pass is tried again all the same."""
    lasting = Problem(code=code, message="")

    assert not outcome_of("acme", exit_code=4, report=report(lasting)).again
    assert outcome_of("acme", exit_code=4, report=report(lasting, DOWN)).again


@pytest.mark.parametrize(("error", "again"), [(UndecodableError("no text"), False), (MalformedError("cut"), True)])
def test_an_answer_with_a_name_that_is_no_text_is_so_a_minute_later(error, again):
    """Its code is that of answers which may pass."""
    assert outcome_of("acme", exit_code=4, report=report(problem(error))).again is again


@pytest.mark.parametrize(("code", "again"), [(1, True), (2, False), (3, False), (4, True), (143, True), (-9, True)])
def test_only_usage_and_authentication_are_hopeless(code, again):
    """Also where no report came; without one, nothing is taken for committed."""
    outcome = outcome_of("acme", exit_code=code, report=b"", logged=["acme: no room"])

    assert (outcome.again, outcome.complete, outcome.committed) == (again, False, False)
    assert outcome.reason == f"exit {code}: acme: no room"


@pytest.mark.parametrize(
    "garbage", [b"", b"{}", b"no JSON", b'{"tenants": {"other": {}}}', b'{"tenants": {"acme": 1}}']
)
def test_an_exit_of_0_without_a_report_is_a_failure(garbage):
    """F1's rule for our own program: what is not there proves nothing."""
    outcome = outcome_of("acme", exit_code=0, report=garbage)

    assert (outcome.complete, outcome.committed, outcome.exit) == (False, False, 1)


def test_an_exit_of_0_whose_report_is_partial_is_not_complete():
    """Both have to say it."""
    assert not outcome_of("acme", exit_code=0, report=report(DOWN)).complete


def test_words_from_outside_are_made_safe():
    """S2: they are shown in Dagster's pages and logs."""
    problem = Problem(code="refused", message="a \x1b[31mred\n word", resource="accounts", parent_id="a\u202e1")

    [line] = outcome_of("acme", exit_code=4, report=report(problem)).errors

    assert line.isprintable()
