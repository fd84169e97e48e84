"""One id that two accounts list with two contents (rule D8), and rows that two accounts list as they should (D5)."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta

import pytest

from sandbox.world.rows import Row
from tests.e2e.nights.second import asked, counted
from tests.e2e.program import Ended, Program


@pytest.fixture
def narrow(start_synced: Callable[..., Program]) -> Program:
    """Its nights read few days, and whole histories in their turn only."""
    return start_synced(look_back_days=2, reverify_days=10_000)


def old_row(program: Program, *, days_ago: int = 60) -> Row:
    """One that one account lists."""
    limit = program.box._start_day.toordinal() - days_ago
    ledgers = program.box._stores["acme"].ledgers
    return next(
        row
        for account in sorted(ledgers)
        for row in ledgers[account].rows
        if row.trade == row.value < limit and len(row.accounts) == 1 and b"counterparty" not in row.body
    )


def doubled(program: Program) -> tuple[str, date, str, str]:
    """A row that two accounts list from now on, with two amounts: its id, its day, who had it and who has it too."""
    row, ledgers = old_row(program), program.box._stores["acme"].ledgers
    program.box.mutate("acme", "double", id=row.id)
    [other] = [name for name in ledgers if name not in row.accounts and row.id in {r.id for r in ledgers[name].rows}]
    return row.id, date.fromordinal(row.trade), row.accounts[0], other


def backfill(program: Program, account: str, day: date) -> Ended:
    days = ["--from", f"{day - timedelta(days=1)}", "--to", f"{day + timedelta(days=1)}"]
    return program.run("backfill", *days, "--account", account, "--json")


def named(ended: Ended) -> list[str]:
    """The problems that name a conflict."""
    return [json.dumps(error) for error in ended.errors() if error["code"] == "conflict"]


def amount(program: Program, row_id: str) -> object:
    [found] = program.column(f"SELECT account_amount FROM aleta.transactions WHERE id = '{row_id}'")
    return found


def shown_by(program: Program, account: str, row_id: str) -> object:
    row = next(row for row in program.box._stores["acme"].ledgers[account].rows if row.id == row_id)
    return json.loads(row.body, parse_float=str)["attributes"]["accountAmount"]


def test_one_id_with_two_contents_is_a_named_conflict_d8(start_synced):
    """D8: two accounts list one id with two amounts: the run is partial, names it, and keeps one of the two."""
    program = start_synced(reverify_days=0)
    [row_id] = program.box.mutate("acme", "double")["doubled"]

    ended = program.sync(expect=4)

    [error] = named(ended)
    assert row_id in error
    assert len(program.rows(f"SELECT id FROM aleta.transactions WHERE id = '{row_id}'")) == 1


def test_a_conflict_that_ends_is_no_problem_any_more_d8(start_synced):
    """D8: one of the two is deleted: what is left is what the API shows."""
    program = start_synced(reverify_days=0)
    [row_id] = program.box.mutate("acme", "double")["doubled"]
    program.sync(expect=4)
    program.box.mutate("acme", "delete", id=row_id)

    program.sync()

    assert program.differences() == []


def test_a_backfill_of_one_account_asks_the_one_that_had_the_row_d8(narrow):
    """D8: its row takes the place of one that another account lists still: that is said, not passed over."""
    row_id, day, _, other = doubled(narrow)

    ended = backfill(narrow, other, day)

    assert ended.exit == 4, ended.out
    [error] = named(ended)
    assert row_id in error


def test_a_conflict_is_named_every_night_until_it_ends_d8(narrow):
    """D8: its days are not among those that a night reads; both accounts are asked for them, with a request each."""
    row_id, day, account, other = doubled(narrow)
    narrow.box.reset_requests()
    quiet = narrow.sync().tenant()["requests"]
    backfill(narrow, other, day)

    for _ in range(2):
        narrow.box.reset_requests()
        ended = narrow.sync(expect=4)
        assert row_id in named(ended)[0]
        assert ended.tenant()["requests"] == quiet + 2
        assert {q["accountId"] for q in asked(narrow) if q["fromDate"] == q["toDate"] == f"{day}"} == {account, other}


@pytest.mark.parametrize("left", ["who-had-it", "who-has-it-too"])
def test_what_is_left_of_a_conflict_is_loaded_the_same_night_d8(narrow, left):
    """D8: one of the two deletes the row, far behind the look-back: the night is complete, and has the other's."""
    row_id, day, account, other = doubled(narrow)
    backfill(narrow, other, day)
    stays, goes = (account, other) if left == "who-had-it" else (other, account)
    store = narrow.box._stores["acme"]
    gone = next(row for row in store.ledgers[goes].rows if row.id == row_id)
    store.ledgers[goes].remove(gone)

    narrow.sync()

    assert f"{amount(narrow, row_id)}".rstrip("0") == f"{shown_by(narrow, stays, row_id)}".rstrip("0")
    assert narrow.differences() == []
    assert narrow.sync().errors() == []


def test_a_row_that_moved_is_no_conflict_d8(narrow):
    """D8: the account that had it is asked, in the same run, and has it no more."""
    moved = old_row(narrow)
    target = narrow.box.mutate("acme", "move", id=moved.id)["accounts"][1]
    before = amount(narrow, moved.id)

    ended = backfill(narrow, target, date.fromordinal(moved.trade))

    assert ended.exit == 0, ended.out
    assert counted(ended)["modified"] == 1
    assert amount(narrow, moved.id) == before


def test_both_accounts_list_an_fx_spot_and_that_is_no_conflict_d5(start_synced):
    """D5: the same content twice is one row; a backfill of either account asks nobody else."""
    program = start_synced(look_back_days=2, reverify_days=10_000)
    query = "SELECT inflow_account_id, trade_date FROM aleta.transactions WHERE inflow_account_id IS NOT NULL LIMIT 1"
    [(account, day)] = program.rows(query)
    program.box.reset_requests()

    ended = backfill(program, account, day)

    assert ended.exit == 0, ended.out
    of_days = [q for q in asked(program) if q["fromDate"] != "1970-01-01"]  # the largest answer may be a cap's proof
    assert {q["accountId"] for q in of_days} == {account}


def test_verify_names_a_conflict_and_calls_nothing_equal_d8(start_synced):
    """D8: whichever of the two contents the warehouse has, the other is not there."""
    program = start_synced()
    row_id, _, _, _ = doubled(program)

    ended = program.run("verify", "--all", "--json")

    found = ended.tenant()
    assert ended.exit == 1, ended.out
    assert [error["code"] for error in found["errors"]] == ["conflict"]
    assert found["status"] == "different"
    assert row_id in {difference["id"] for difference in found["differences"]}
    assert "reads failed" not in found["statement"]
