"""Whatever goes wrong on the way: a run is exact, or it says `partial` and names what is missing (rules F)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sandbox import Truth
from sandbox.http.faults import TRANSIENT
from tests import truth
from tests.e2e.conftest import EVERYTHING
from tests.e2e.program import Program
from tests.lengths import long_but

ALWAYS = 10_000
OWNERS = ("account", "inflowAccount", "outflowAccount")


def accounts_of(row: dict) -> set[str]:
    """The accounts that list a transaction."""
    links = [(row["relationships"].get(name) or {}).get("data") for name in OWNERS]
    return {link["id"] for link in links if link}


def without(program: Program, account: str) -> Truth:
    """What can be known of the world without reading *account*."""
    now = program.box.truth("acme")
    return replace(
        now, transactions={row_id: row for row_id, row in now.transactions.items() if accounts_of(row) - {account}}
    )


def busiest(program: Program) -> str:
    """The account that most rows name, of those that only one account lists."""
    owners = [
        next(iter(owner))
        for row in program.box.truth("acme").transactions.values()
        if len(owner := accounts_of(row)) == 1
    ]
    return max(set(owners), key=lambda account: (owners.count(account), account))


# -- what passes


LISTS = ("/legal-entities", "/reporting-entities", "/users", "/accounts")
KINDS = list(TRANSIENT)
SOME_KINDS = [KINDS[first : first + len(LISTS)] for first in range(0, len(KINDS), len(LISTS))]
UNCOUNTED = {"slow", "401"}  # no retry: it comes late, or costs a token


@pytest.mark.parametrize(
    "kinds", long_but(SOME_KINDS[:1], [pytest.param(kinds, id="-".join(kinds)) for kinds in SOME_KINDS])
)
def test_passing_faults_cost_retries_and_nothing_else_f2(start, kinds):
    """F1 and F2: each fault, met in a list and in the rows of an account, is tried again; the run is exact."""
    program = start()
    for kind, path, account in zip(kinds, LISTS, sorted(program.box.truth("acme").accounts), strict=False):
        times = 1 if kind == "401" else 2  # a fresh token that is refused is no passing fault
        program.box.faults.script(kind, path_contains=path, times=times)
        program.box.faults.script(kind, path_contains=f"accountId={account}", times=times)

    ended = program.sync()

    assert program.differences() == []
    assert ended.errors() == []
    assert ended.tenant()["retries"] == 4 * len(set(kinds) - UNCOUNTED)


@pytest.mark.long
@pytest.mark.parametrize(("seed", "share"), [pytest.param(1, 0.02), pytest.param(2, 0.1)])
def test_faults_of_every_kind_at_once_leave_no_trace(start, seed, share):
    """One answer in ten faulty, in every way: complete and exact."""
    program = start(seed=seed, fault_share=share)

    program.sync()

    assert program.differences() == []


@pytest.mark.long
def test_a_night_full_of_faults_brings_the_changes_in_all_the_same(start_synced):
    """The same for what changed since."""
    program = start_synced()
    program.box.mutate_night("acme", 5, late=0.03, edited=0.03, deleted=0.02, within_days=25)
    program.box.set(fault_share=0.1)

    program.sync()

    assert program.differences() == []


# -- what stays


@pytest.mark.parametrize(
    ("kind", "code"),
    long_but(
        {"500", "401"},
        [
            pytest.param("500", "unavailable", id="500"),
            pytest.param("401", "refused", id="401"),
            pytest.param("200_no_data", "malformed", id="200-without-data"),
            pytest.param("403", "forbidden", id="403"),
            pytest.param("404", "gone", id="404"),
        ],
    ),
)
def test_one_account_failing_is_named_and_stops_no_other_f3(start, kind, code):
    """F1 to F3: exit 4, the error names the account; all else is exact, and the next run makes up for it."""
    program = start()
    account = busiest(program)
    program.box.faults.script(kind, path_contains=f"accountId={account}", times=ALWAYS)

    ended = program.sync(expect=4)

    [error] = ended.errors()
    assert (error["code"], error["resource"], error["parent_id"]) == (code, "transactions", account)
    assert ended.report["status"] == ended.tenant()["status"] == "partial"
    assert truth.differences(program.warehouse(), without(program, account)) == []
    assert account not in program.column("SELECT parent_id FROM aleta.sync_marks")

    program.box.faults.clear()
    program.sync()

    assert program.differences() == []


def test_a_forbidden_account_keeps_its_rows_d3(start_synced):
    """D3: what may not be read removes nothing, though it was deleted meanwhile; when it may, the rows go."""
    program = start_synced(look_back_days=EVERYTHING)
    account = busiest(program)
    kept = program.box.truth("acme").transactions
    row = next(
        row_id for row_id, said in kept.items() if accounts_of(said) == {account} and "account" in said["relationships"]
    )
    program.box.mutate("acme", "account_forbidden", account=account)
    program.box.mutate("acme", "delete", id=row)

    program.sync(expect=4)

    assert set(program.column("SELECT id FROM aleta.transactions")) == set(kept)

    program.box.mutate("acme", "account_back", account=account)
    program.sync()

    assert program.differences() == []


@pytest.mark.parametrize(
    ("path", "resource"),
    long_but(
        {"legal-entities", "accounts", "one-portfolio"},
        [
            pytest.param("/clients/{clients}/legal-entities", "legal_entities", id="legal-entities"),
            pytest.param("/legal-entities/{legal_entities}/accounts", "accounts", id="accounts"),
            pytest.param("/legal-entities/{legal_entities}/depositories", "depositories", id="depositories"),
            pytest.param("/clients/{clients}/reporting-entities", "reporting_entities", id="reporting-entities"),
            pytest.param(
                "/v2/reporting-entities/{reporting_entities}", "reporting_entities", id="one-reporting-entity"
            ),
            pytest.param("/portfolios/{portfolios}", "portfolios", id="one-portfolio"),
            pytest.param("/clients/{clients}/users", "users", id="users"),
        ],
    ),
)
def test_a_list_that_cannot_be_read_removes_no_object(synced, path, resource):
    """F3: exit 4, named; nothing on it and nothing below it counts as removed."""
    now = synced.box.truth("acme")
    ids = {name: min(getattr(now, name)) for name in ("clients", "legal_entities", "reporting_entities", "portfolios")}
    synced.box.faults.script("404", path_contains=path.format(**ids), times=ALWAYS)

    ended = synced.sync(expect=4)

    assert {(error["code"], error["resource"]) for error in ended.errors()} == {("gone", resource)}
    assert synced.differences() == []


@pytest.mark.long
def test_a_failing_list_of_legal_entities_is_partial_and_what_its_client_names_is_read_all_the_same(synced):
    """A list that answers 500 to the end is named; its members are named by the client, and asked for by id (L1)."""
    client = min(synced.box.truth("acme").clients)
    synced.box.mutate("acme", "new_legal_entity", id=client)
    synced.box.faults.script("500", path_contains=f"/clients/{client}/legal-entities", times=ALWAYS)

    ended = synced.sync(expect=4)

    [error] = ended.errors()
    assert (error["code"], error["resource"], error["parent_id"]) == ("unavailable", "legal_entities", client)
    assert synced.differences() == []

    synced.box.faults.clear()
    synced.sync()

    assert synced.differences() == []


@pytest.mark.long
def test_a_side_list_that_no_client_answers_costs_itself(start):
    """F3: nobody needs users: transactions are there, what was not asked for is told once, and nothing is removed."""
    program = start(aleta={"workers": 2}, accounts=250, rows=500)
    program.box.faults.script("500", path_contains="/users", times=ALWAYS)

    ended = program.sync(expect=4)

    now = program.box.truth("acme")
    assert len(now.clients) == 25
    assert {(error["code"], error["resource"]) for error in ended.errors()} == {("unavailable", "users")}
    assert [error["message"][:6] for error in ended.errors() if not error["parent_id"]] == ["users:"]
    assert truth.differences(program.warehouse(), replace(now, users={})) == []


@pytest.mark.long
def test_when_the_first_list_fails_the_run_fails_and_the_warehouse_stays(synced):
    """Without clients there is nothing to read: exit 1, and yesterday's state is still whole."""
    synced.box.faults.script("404", path_contains="/v2/clients", times=ALWAYS)

    ended = synced.sync(expect=1)

    assert ended.report["status"] == ended.tenant()["status"] == "failed"
    assert [error["resource"] for error in ended.errors()] == ["clients"]
    assert synced.differences() == []


@pytest.mark.parametrize("kind", long_but({"200_errors"}, ["200_errors", "cut_body"]))
def test_a_200_that_is_no_answer_is_never_taken_for_no_rows_f1(start_synced, kind):
    """F1: an account whose answers are all broken keeps its rows, and the run says so."""
    program = start_synced(look_back_days=EVERYTHING)
    account = busiest(program)
    program.box.faults.script(kind, path_contains=f"accountId={account}", times=ALWAYS)

    ended = program.sync(expect=4)

    assert [error["parent_id"] for error in ended.errors()] == [account]
    assert program.differences() == []
