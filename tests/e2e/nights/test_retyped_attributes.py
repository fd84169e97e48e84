"""Known attributes of another type than their column (rule D9)."""

from __future__ import annotations

import json

from tests.e2e.nights.second import fullest, rows_of


def test_known_attributes_of_another_type_are_drift_d9(start_synced):
    """D9: the amount is text, the comment an object: named as drift, kept in `extra` as they came."""
    program = start_synced(reverify_days=0)
    [row_id] = program.box.mutate("acme", "retype")["edited"]

    ended = program.sync()

    drift = ended.tenant()["drift"]
    assert (drift["transactions.accountAmount"], drift["transactions.comment"]) == (1, 1)
    names = {name for resource, name in program.rows("SELECT resource, name FROM aleta.sync_drift")}
    assert {"accountAmount", "comment"} <= names
    assert program.differences() == []
    [(extra,)] = program.rows(f"SELECT extra FROM aleta.transactions WHERE id = '{row_id}'")
    assert json.loads(extra)["accountAmount"] == "1,234.50"


def test_dates_that_are_instants_are_drift_d9(start_synced):
    """D9: a date column that stays empty for that is named."""
    program = start_synced(reverify_days=0)
    program.box.mutate("acme", "dateless", value="instant")

    ended = program.sync()

    assert ended.tenant()["drift"].keys() >= {"transactions.tradeDate", "transactions.valueDate"}


def test_a_column_that_empties_is_warned_of_d9(start_synced):
    """D9: no row that is read has an amount that is a number any more; one account's rows alone empty no column."""
    program = start_synced(reverify_days=0)
    account = fullest(program)
    for row_id in rows_of(program, account):
        program.box.mutate("acme", "retype", id=row_id, name="accountAmount")
    assert program.sync().tenant()["warnings"] == []

    program.box.mutate("acme", "retype", count=len(program.box.truth("acme").transactions), name="accountAmount")
    ended = program.sync()

    [warning] = ended.tenant()["warnings"]
    assert warning.startswith("transactions.account_amount is empty in all rows that were read: its ")
    assert warning.endswith('values are of another type or too large, and kept in `extra` as "accountAmount"')
    assert program.differences() == []
