"""Rows that change while a run reads."""

from __future__ import annotations

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
