"""Every night after the first: only what may have changed is asked for, and all that changed comes in."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import duckdb
import pytest

from tests import truth
from tests.e2e.conftest import EVERYTHING, SMALL
from tests.e2e.program import Program

NOT_BOOKS = (
    *("clients", "legal_entities", "accounts", "depositories", "accounts__depositories"),
    *("reporting_entities", "portfolios", "portfolios__accounts", "portfolios__depositories"),
    *("users", "users__read_access_to_reporting_entities", "transactions", "transaction_changes", "sync_marks"),
)


def asked(program: Program, account: str = "") -> list[dict[str, str]]:
    """The queries for transactions, of one account or of all."""
    return [
        one.query
        for one in program.box.requests
        if one.path == "/api/v2/transactions" and account in ("", one.query["accountId"])
    ]


def content(program: Program) -> dict[str, list[tuple]]:
    """Every row of every table but those that grow with each run."""
    with duckdb.connect(f"{program.warehouse()}", read_only=True) as copy:
        return {name: sorted(copy.execute(f"FROM aleta.{name}").fetchall(), key=repr) for name in NOT_BOOKS}


def rows_of(program: Program, account: str) -> dict[str, dict]:
    """The rows that only *account* lists."""
    return {
        ident: row
        for ident, row in program.box.truth("acme").transactions.items()
        if ((row["relationships"].get("account") or {}).get("data") or {}).get("id") == account
    }


def fullest(program: Program) -> str:
    """The account with the most rows of its own."""
    return max(program.box.truth("acme").accounts, key=lambda one: (len(rows_of(program, one)), one))


def touched(before: dict, after: dict) -> dict[str, set[str]]:
    """The ids that were added, modified and removed."""
    both = before.keys() & after.keys()
    return {
        "added": after.keys() - before.keys(),
        "modified": {one for one in both if before[one] != after[one]},
        "removed": before.keys() - after.keys(),
    }


def feed(program: Program) -> dict[str, set[str]]:
    """`transaction_changes` in the same form."""
    found = program.rows("SELECT op, id FROM aleta.transaction_changes")
    return {op: {ident for said, ident in found if said == op} for op in ("added", "modified", "removed")}


def counted(ended, resource: str = "transactions") -> dict[str, int]:
    return {name: ended.counts(resource)[name] for name in ("added", "modified", "removed")}


# -- what is asked


def test_a_second_sync_reads_from_look_back_to_look_ahead_only(synced):
    """D1: 30 days before the mark to 31 days after today, one request an account."""
    [(through,)] = synced.rows("SELECT DISTINCT through_date FROM aleta.sync_marks")

    synced.sync()

    accounts = synced.box.truth("acme").accounts
    first = through - timedelta(days=29)
    last = synced.column("SELECT max(started_at)::DATE + 31 FROM aleta.sync_runs")[0]
    nightly = [one for one in asked(synced) if (one["fromDate"], one["toDate"]) == (f"{first}", f"{last}")]
    assert sorted(one["accountId"] for one in nightly) == sorted(accounts)
    assert len(asked(synced)) - len(nightly) <= 1  # the largest answer of all, to prove that the cap still stands


def test_a_night_without_changes_costs_the_crawl_and_one_request_an_account(synced):
    """The nightly budget: accounts + crawl, and at most one request more to prove the cap."""
    crawl = 1 + sum(
        weight * len(getattr(synced.box.truth("acme"), name))
        for name, weight in {"clients": 3, "legal_entities": 2, "reporting_entities": 1, "portfolios": 1}.items()
    )

    ended = synced.sync()

    lowest = crawl + len(synced.box.truth("acme").accounts)
    assert lowest <= ended.tenant()["requests"] <= lowest + 1
    assert ended.tenant()["requests"] == len([one for one in synced.box.requests if one.path.startswith("/api/")])


def test_a_night_without_changes_loads_no_row_d2(synced):
    """D2: nothing is written but receipts and the run itself."""
    synced.sync()  # of now: half a day may have gone by since the first one
    before = content(synced)

    ended = synced.sync()

    assert [name for name, rows in content(synced).items() if rows != before[name]] == []
    assert {name: sum(counted(ended, name).values()) for name in ended.tenant()["resources"]} == dict.fromkeys(
        ended.tenant()["resources"], 0
    )
    assert synced.column("SELECT status FROM aleta.sync_runs") == ["complete"] * 3


def test_each_account_s_whole_history_is_read_again_in_time_d1(start_synced):
    """D1: with `reverify_days` 0 all of it every night, and so changes of any age come in."""
    program = start_synced(reverify_days=0)
    program.box.mutate_night("acme", 3, late=0.05, edited=0.05, deleted=0.02)

    program.sync()

    assert {one["fromDate"] for one in asked(program)} >= {"1970-01-01"}
    assert program.differences() == []


# -- rows that changed


def test_late_edited_and_deleted_rows_come_in_and_are_in_the_feed(synced):
    """After the second sync the warehouse equals the API; counts and `transaction_changes` name what changed."""
    before = synced.box.truth("acme").transactions
    synced.box.mutate_night("acme", 1, late=0.03, edited=0.02, deleted=0.01, within_days=25)
    changed = touched(before, synced.box.truth("acme").transactions)
    assert all(changed.values())

    ended = synced.sync()

    assert synced.differences() == []
    assert feed(synced) == changed
    assert counted(ended) == {op: len(ids) for op, ids in changed.items()}
    assert ended.counts()["unchanged"] > 0


def test_the_feed_shows_a_row_before_and_after(synced):
    """`before` is what the warehouse held, `after` what the API shows now, both with every digit."""
    account = fullest(synced)
    recent = next(one for one, row in rows_of(synced, account).items() if row["attributes"]["tradeDate"] >= "2000")
    synced.configure(look_back_days=EVERYTHING)
    [(held,)] = synced.rows(f"SELECT account_amount::VARCHAR FROM aleta.transactions WHERE id = '{recent}'")
    synced.box.mutate("acme", "delete", id=recent)
    [late] = synced.box.mutate("acme", "late", account=account, within_days=20)["added"]

    ended = synced.sync()

    found = synced.rows(
        "SELECT op, id, run_id, before->>'account_amount', after->>'id', before IS NULL, after IS NULL "
        "FROM aleta.transaction_changes WHERE op <> 'modified' ORDER BY op"
    )
    run_id = ended.tenant()["run_id"]
    assert found == [
        ("added", late, run_id, None, late, True, False),
        ("removed", recent, run_id, held, None, False, True),
    ]


def test_a_row_is_late_when_its_day_was_already_covered(synced):
    """`late` tells a correction of the past from what is simply new."""
    [(through,)] = synced.rows("SELECT DISTINCT through_date FROM aleta.sync_marks")
    account = fullest(synced)
    [old] = synced.box.mutate("acme", "late", account=account, date=f"{through - timedelta(days=5)}")["added"]
    [new] = synced.box.mutate("acme", "late", account=account, date=f"{SMALL['today'] + timedelta(days=2)}")["added"]

    synced.sync()

    assert dict(synced.rows("SELECT id, late FROM aleta.transaction_changes")) == {old: True, new: False}


def test_a_window_that_became_empty_removes_its_rows_d4(synced):
    """D4: an answer with no rows is an answer."""
    account = fullest(synced)
    recent = synced.box.mutate("acme", "late", account=account, within_days=20, count=3)["added"]
    synced.sync()
    here = f"{SMALL['today'] - timedelta(days=35)}"
    for ident, row in rows_of(synced, account).items():
        if max(row["attributes"]["tradeDate"], row["attributes"]["valueDate"]) >= here:
            synced.box.mutate("acme", "delete", id=ident)

    ended = synced.sync()

    assert synced.differences() == []
    assert ended.counts()["removed"] >= len(recent)


@pytest.mark.parametrize(
    ("kind", "ops"),
    [
        pytest.param("move", {"modified": 1}, id="a-row-moves-to-another-account-d5"),
        pytest.param("replace", {"added": 1, "removed": 1}, id="a-row-is-corrected-under-a-new-id"),
        pytest.param("unlink_transfer", {"modified": 1, "removed": 1}, id="one-side-of-a-transfer-is-deleted"),
    ],
)
def test_a_change_that_touches_more_than_one_row_comes_in_whole(start_synced, kind, ops):
    """D5 and X3: what moved, was replaced or lost its counterpart is seen for what it is."""
    program = start_synced(look_back_days=EVERYTHING)
    before = program.box.truth("acme").transactions
    like = [one for one in before.values() if "counterparty-transaction" not in one["relationships"]]
    chosen = (
        {}
        if kind == "unlink_transfer"
        else {"id": next(one["id"] for one in like if "account" in one["relationships"])}
    )
    program.box.mutate("acme", kind, **chosen)

    ended = program.sync()

    assert program.differences() == []
    assert counted(ended) == dict.fromkeys(("added", "modified", "removed"), 0) | ops
    assert feed(program) == touched(before, program.box.truth("acme").transactions)


# -- too much gone at once


def test_an_account_that_lost_most_of_its_rows_at_once_is_quarantined_d3(start_synced):
    """D3: exit 4, the rows stay, the receipt says why, the mark is not verified anew; the others are exact."""
    program = start_synced(look_back_days=EVERYTHING)
    account = fullest(program)
    kept = program.box.truth("acme").transactions
    program.box.mutate("acme", "empty_account", account=account)
    gone = len(kept) - len(program.box.truth("acme").transactions)

    ended = program.sync(expect=4)

    [error] = ended.errors()
    assert (error["code"], error["resource"], error["parent_id"]) == ("removals", "transactions", account)
    assert ended.report["status"] == ended.tenant()["status"] == "partial"
    assert (ended.counts()["removed"], ended.counts()["quarantined"]) == (0, 1)
    assert program.column("SELECT count(*) FROM aleta.transactions") == [len(kept)]
    assert gone > 0
    [reason] = program.column(
        "SELECT reason FROM aleta.sync_windows WHERE run_id = "
        f"'{ended.tenant()['run_id']}' AND parent_id = '{account}' AND status = 'quarantined'"
    )
    assert "max_removed_share" in reason


def test_a_raised_max_removed_share_lets_the_removals_through(start_synced):
    """What the message advises works: the rows go, and the run is complete."""
    program = start_synced(look_back_days=EVERYTHING)
    program.box.mutate("acme", "empty_account", account=fullest(program))
    program.sync(expect=4)
    program.configure(look_back_days=EVERYTHING, max_removed_share=1.0)

    program.sync()

    assert program.differences() == []


# -- objects that come and go


def test_the_rows_of_an_account_that_is_gone_stay_and_it_says_since_when_d3(synced):
    """D3: an account that is listed no longer removes nothing; it gets `removed_at`. When it is back, that is null."""
    account = fullest(synced)
    before = synced.box.truth("acme")
    seen = synced.rows(f"SELECT first_seen_at FROM aleta.accounts WHERE id = '{account}'")
    synced.box.mutate("acme", "account_gone", account=account)
    now = synced.box.truth("acme")

    ended = synced.sync()

    kept = replace(now, transactions={**before.transactions, **now.transactions})
    assert truth.differences(synced.warehouse(), kept) == []
    assert len(kept.transactions) > len(now.transactions)
    assert ended.counts("accounts")["removed"] == 1
    assert synced.column("SELECT id FROM aleta.accounts WHERE removed_at IS NOT NULL") == [account]

    synced.box.mutate("acme", "account_back", account=account)
    synced.sync()

    assert synced.differences() == []
    assert synced.rows(f"SELECT first_seen_at FROM aleta.accounts WHERE id = '{account}'") == seen
    assert feed(synced) == {"added": set(), "modified": set(), "removed": set()}


@pytest.mark.parametrize(
    ("kind", "tables"),
    [
        pytest.param("new_account", ("accounts",), id="account"),
        pytest.param("new_legal_entity", ("legal_entities", "accounts"), id="legal-entity"),
        pytest.param("new_client", ("clients", "legal_entities", "accounts"), id="client"),
    ],
)
def test_what_is_new_is_read_from_history_start_m3(synced, kind, tables):
    """M3: the others' marks do not shorten a new account's history; a first load is not in the feed."""
    made = synced.box.mutate("acme", kind)

    ended = synced.sync()

    [account] = made["accounts"]
    assert synced.differences() == []
    assert min(one["fromDate"] for one in asked(synced, account)) == "1970-01-01"
    assert [ended.counts(table)["added"] for table in tables] == [1] * len(tables)
    assert ended.counts()["added"] == len(made["added"])
    assert feed(synced)["added"] == set()


def test_a_client_that_is_gone_takes_what_is_below_it_along_but_no_row(start):
    """Everything below it gets `removed_at`; its transactions stay."""
    program = start(accounts=24)
    program.sync()
    before = program.box.truth("acme")
    [client] = program.box.mutate("acme", "client_gone", id=min(before.clients))["clients"]
    now = program.box.truth("acme")

    program.sync()

    kept = replace(now, transactions={**before.transactions, **now.transactions})
    assert truth.differences(program.warehouse(), kept) == []
    assert set(program.column("SELECT id FROM aleta.accounts WHERE removed_at IS NOT NULL")) == (
        before.accounts.keys() - now.accounts.keys()
    )
    assert client in program.column("SELECT id FROM aleta.clients WHERE removed_at IS NOT NULL")


def test_an_object_that_was_renamed_is_loaded_again_alone(synced):
    """Of all the objects of a table, one is modified; it keeps the instant it was first seen."""
    tables = ("clients", "legal_entities", "accounts", "depositories", "reporting_entities", "portfolios", "users")
    seen = {table: synced.rows(f"SELECT id, first_seen_at FROM aleta.{table} ORDER BY id") for table in tables}
    for table in tables:
        synced.box.mutate("acme", "rename", collection=table)

    ended = synced.sync()

    assert synced.differences() == []
    assert [counted(ended, table) for table in tables] == [{"added": 0, "modified": 1, "removed": 0}] * len(tables)
    assert {table: synced.rows(f"SELECT id, first_seen_at FROM aleta.{table} ORDER BY id") for table in tables} == seen


def test_night_after_night_stays_exact(synced):
    """Nights of changes, one after the other, one with a new account: exact after each. (`test_nights` plays more.)"""
    for night in range(2):
        synced.box.mutate_night("acme", night, late=0.02, edited=0.02, deleted=0.01, within_days=25)
        if night % 2:
            synced.box.mutate("acme", "new_account")

        synced.sync()

        assert synced.differences() == []
    assert synced.column("SELECT count(*) FROM aleta.sync_runs") == [3]
    assert date.fromisoformat("1970-01-01") in synced.column("SELECT from_date FROM aleta.sync_marks")
