"""Nights whose largest answer is a row or two."""

from __future__ import annotations


def test_a_row_that_came_late_and_is_deleted_leaves_no_day_in_doubt_w4(start):
    """W3, W4: what the first load showed still clears a single day."""
    program = start(accounts=4, rows=60)
    program.sync()
    ledgers = program.box._stores["acme"].ledgers
    account = sorted(own_id for own_id, ledger in ledgers.items() if len(ledger.rows) > 4)[1]
    [late] = program.box.mutate("acme", "late", account=account, within_days=20)["added"]
    program.sync()
    program.box.mutate("acme", "delete", id=late)

    night = program.sync()

    assert (night.counts()["removed"], night.counts()["quarantined"]) == (1, 0)
    assert program.differences() == []
