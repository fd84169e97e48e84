"""The oracle that every test here relies on: whatever is wrong with a warehouse, it sees it."""

from __future__ import annotations

import duckdb
import pytest

ROWS, LINKS = "aleta.transactions", "aleta.accounts__depositories"
ONE = f"WHERE id = (SELECT id FROM {ROWS} WHERE account_id IS NOT NULL ORDER BY id LIMIT 1)"
SABOTAGE = {
    "a-row-missing": f"DELETE FROM {ROWS} {ONE}",
    "a-row-left-over": f"INSERT INTO {ROWS} SELECT * REPLACE ('ghost' AS id) FROM {ROWS} {ONE}",
    "a-row-twice": f"INSERT INTO {ROWS} SELECT * FROM {ROWS} {ONE}",
    "a-digit": f"UPDATE {ROWS} SET account_amount = account_amount + 0.000000000001 {ONE}",
    "a-day": f"UPDATE {ROWS} SET value_date = value_date + 1 {ONE}",
    "a-null": f"UPDATE {ROWS} SET type = NULL {ONE}",
    "an-account": f"UPDATE {ROWS} SET account_id = 'another' {ONE}",
    "extra-lost": f"UPDATE {ROWS} SET extra = NULL WHERE extra IS NOT NULL",
    "extra-invented": f"UPDATE {ROWS} SET extra = '{{\"a\": 1}}' {ONE}",
    "an-object-missing": "DELETE FROM aleta.users WHERE id = (SELECT min(id) FROM aleta.users)",
    "an-object-marked-removed": "UPDATE aleta.accounts SET removed_at = now()",
    "a-name": "UPDATE aleta.clients SET name = name || ' '",
    "a-link-missing": "DELETE FROM aleta.portfolios__accounts",
    "a-link-left-over": f"INSERT INTO {LINKS} SELECT * REPLACE ('ghost' AS account_id) FROM {LINKS} LIMIT 1",
}


@pytest.mark.parametrize("sql", [pytest.param(sql, id=name) for name, sql in SABOTAGE.items()])
def test_the_oracle_sees_a_warehouse_that_is_wrong(synced, sql):
    """A single wrong row, digit, date, link or mark is a difference."""
    assert synced.differences() == []
    synced.warehouse().chmod(0o600)
    with duckdb.connect(f"{synced.warehouse()}") as connection:
        connection.execute(sql)

    assert synced.differences() != []
