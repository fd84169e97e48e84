"""A day that holds more rows than an answer may: nothing can split it, so it is said, and not guessed (rule W4)."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace

import pytest

from tests import truth
from tests.e2e.program import Program


@pytest.fixture
def crowded(start) -> Program:
    return start(busy_day=True)


def busy_day(program: Program) -> tuple[str, str]:
    """The account and the day that hold more rows than the cap."""
    rows = program.box.truth("acme").transactions.values()
    [((account, day), _)] = Counter(
        (row["relationships"]["account"]["data"]["id"], row["attributes"]["tradeDate"])
        for row in rows
        if "account" in row["relationships"]
    ).most_common(1)
    return account, day


def without(program: Program, account: str, day: str):
    """The world without the rows that only *account* lists, on *day* only."""
    now = program.box.truth("acme")
    return replace(
        now,
        transactions={
            ident: row
            for ident, row in now.transactions.items()
            if (row["relationships"].get("account") or {}).get("data", {}).get("id") != account
            or row["attributes"]["tradeDate"] != day
        },
    )


def test_a_day_over_the_cap_is_quarantined_and_all_else_is_exact_w4_m1(crowded):
    """W4: exit 4, the error names account and day, the receipt says why; everything else is there.

    M1: no mark reaches over the gap, and others go on.
    """
    account, day = busy_day(crowded)

    ended = crowded.sync(expect=4)

    [error] = ended.errors()
    assert (error["code"], error["resource"], error["parent_id"]) == ("quarantined", "transactions", account)
    assert error["from_date"] == error["to_date"] == day
    assert ended.counts()["quarantined"] == 1
    [(parent, first, last, reason)] = crowded.rows(
        "SELECT parent_id, from_date, to_date, reason FROM aleta.sync_windows WHERE status = 'quarantined'"
    )
    assert (parent, f"{first}", f"{last}") == (account, day, day)
    assert "row_cap" in reason
    assert truth.differences(crowded.warehouse(), without(crowded, account, day)) == []
    marks = dict(crowded.rows("SELECT parent_id, through_date FROM aleta.sync_marks"))
    assert f"{marks.pop(account)}" < day
    assert len(marks) == len(crowded.box.truth("acme").accounts) - 1
    assert len(set(marks.values())) == 1
    assert f"{max(marks.values())}" > day


@pytest.mark.long
def test_status_lists_a_quarantined_day_until_it_was_read(crowded):
    """`status` shows the gap; once the server lets the day through, the next run clears it and is exact."""
    account, day = busy_day(crowded)
    crowded.sync(expect=4)
    crowded.sync(expect=4)

    [stuck] = json.loads(crowded.run("status", "--json").out)["tenants"]["acme"]["quarantined"]
    assert (stuck["resource"], stuck["parent_id"]) == ("transactions", account)
    assert (stuck["from_date"], stuck["to_date"]) == (day, day)

    crowded.box.set(row_cap=500)
    ended = crowded.sync()

    assert crowded.differences() == []
    assert ended.tenant()["row_cap"] is None
    assert json.loads(crowded.run("status", "--json").out)["tenants"]["acme"]["quarantined"] == []
    assert len(set(crowded.column("SELECT through_date FROM aleta.sync_marks"))) == 1


def test_a_cap_that_came_down_overnight_loses_no_row_w3(start_synced):
    """W3: what was learned yesterday is not believed of today."""
    program = start_synced(reverify_days=0)
    program.box.set(row_cap=20)
    program.box.mutate_night("acme", 9, late=0.05, edited=0.02, deleted=0.01)

    program.sync()

    assert program.differences() == []


@pytest.mark.long
def test_what_comes_to_an_account_with_such_a_day_is_in_the_feed(crowded):
    """Its history was read to its end, but for the day: it is not loaded for the first time every night."""
    account, _ = busy_day(crowded)
    crowded.sync(expect=4)
    before = set(crowded.box.truth("acme").transactions)
    crowded.box.mutate("acme", "late", account=account, count=2, within_days=3)
    new = set(crowded.box.truth("acme").transactions) - before

    crowded.sync(expect=4)

    assert sorted(crowded.rows("SELECT op, id FROM aleta.transaction_changes")) == [
        ("added", own) for own in sorted(new)
    ]
