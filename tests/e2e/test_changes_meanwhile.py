"""Rows that change while a run reads."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta


def test_a_row_that_moves_while_a_first_load_reads_is_there_w7(start):
    """W7: a cut answer showed it on days that were still to be read, and it went to days that had been."""
    program = start(accounts=1, rows=120, years=1, row_cap=25, keep="last", skew=0.5, aleta={"workers": 1})
    today = program.box._start_day
    dated = [(row["attributes"]["tradeDate"], own_id) for own_id, row in program.box.truth("acme").transactions.items()]
    _, own_id = max(row for row in dated if row[0] < f"{today - timedelta(days=45)}")
    moved = f"{today - timedelta(days=5)}"
    program.box.schedule("acme", "redate", before="/transactions", skip=3, id=own_id, date=moved)

    program.sync()

    assert program.box.truth("acme").transactions[own_id]["attributes"]["tradeDate"] == moved
    assert program.differences() == []


LATE = {"accounts": 3, "rows": 90, "years": 1, "row_cap": 1000, "aleta": {"workers": 1, "look_back_days": 200}}
"""Four rows come late to one account: its answer is put to the test, and changes meanwhile."""


def busiest(program) -> str:
    ledgers = Counter(row["relationships"]["account"]["data"]["id"] for row in ordinary(program))
    return ledgers.most_common(1)[0][0]


def ordinary(program):
    return [row for row in program.box.truth("acme").transactions.values() if "account" in row["relationships"]]


def test_what_is_read_once_more_for_a_test_is_counted_once(start):
    """W6: a fifth row comes between the answer and its test: the window is read again, when four rows are known."""
    program = start(**LATE)
    program.sync()
    account = busiest(program)
    program.box.mutate("acme", "late", account=account, within_days=20, count=4)
    program.box.schedule("acme", "late", before="/transactions", skip=3, account=account, within_days=20)

    night = program.sync()

    assert night.counts()["added"] == 5
    assert program.rows("SELECT op, count(*) FROM aleta.transaction_changes GROUP BY op") == [("added", 5)]
    assert program.differences() == []


def test_what_a_test_does_not_show_any_more_is_gone_the_same_night_d6(start):
    """D6: one of the four is deleted between the answer and its test, and the second answer counts."""
    program = start(**LATE)
    program.sync()
    added = program.box.mutate("acme", "late", account=busiest(program), within_days=20, count=4)["added"]
    program.box.schedule("acme", "delete", before="/transactions", skip=4, id=added[0])

    program.sync()

    assert added[0] not in program.box.truth("acme").transactions
    assert program.differences() == []
