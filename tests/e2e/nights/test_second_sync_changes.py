"""Every night after the first: rows that changed come in, and too much gone at once is not believed."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from tests.e2e.conftest import EVERYTHING, SMALL
from tests.e2e.nights.second import counted, feed, fullest, rows_of, touched


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
    recent = next(
        row_id for row_id, row in rows_of(synced, account).items() if row["attributes"]["tradeDate"] >= "2000"
    )
    synced.configure(look_back_days=EVERYTHING)
    [(stored,)] = synced.rows(f"SELECT account_amount::VARCHAR FROM aleta.transactions WHERE id = '{recent}'")
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
        ("removed", recent, run_id, stored, None, False, True),
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
    like = [row for row in before.values() if "counterparty-transaction" not in row["relationships"]]
    chosen = (
        {}
        if kind == "unlink_transfer"
        else {"id": next(row["id"] for row in like if "account" in row["relationships"])}
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
    assert program.rows(
        "SELECT DISTINCT from_date::VARCHAR, to_date::VARCHAR FROM aleta.sync_windows "
        f"WHERE parent_id = '{account}' AND status = 'quarantined'"
    ) == [(error["from_date"], error["to_date"])]
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
    program.rewrite("[tenants.acme]", "[tenants.acme]\nmax_removed_share = 0.4")
    program.box.mutate("acme", "empty_account", account=fullest(program))
    [error] = program.sync(expect=4).errors()
    variable, share = re.search(r"run once with (\w+)=(\d)$", error["message"]).groups()

    assert program.run("sync", **{variable: share}).exit == 0

    assert program.differences() == []
