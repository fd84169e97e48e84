"""Sabotage of the checker: each difference in any table is told."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import duckdb
import pytest

from tests import beyond
from tests.e2e.everything.world import ONE

SABOTAGE = {
    "a-digit": (
        "UPDATE holdings SET market_value = market_value + 0.000000000001 {one}",
        "holdings .* market_value is",
    ),
    "a-row-lost": ("DELETE FROM performance {one}", "performance: .* is missing"),
    "a-row-too-many": (
        "INSERT INTO prices SELECT * REPLACE ('x' AS id) FROM prices {one}",
        r"prices: \('x',\) is left",
    ),
    "a-row-twice": ("INSERT INTO interest_rates FROM interest_rates {one}", "interest_rates: .* is there 2 times"),
    "an-object-that-nobody-met": (
        "INSERT INTO instrument_classes SELECT * REPLACE ('x' AS id) FROM instrument_classes {one}",
        r"instrument_classes: \('x',\) is left over",
    ),
    "an-object-called-gone": ("UPDATE webhook_keys SET removed_at = now() {one}", "webhook_keys: .* is missing"),
    "a-node-of-a-tree-lost": ("DELETE FROM limit_conditions {one}", "limit_conditions: .* is missing"),
    "a-member-of-a-value": ("UPDATE limits SET kind = 'x' {one}", "limits .* kind is 'x'"),
    "a-zero-inside-a-value": (
        r"""UPDATE private_market_performance SET cashflow = regexp_replace(cashflow::VARCHAR, '\.', '.0')::JSON
            WHERE row_key = (SELECT min(row_key) FROM aleta.private_market_performance WHERE cashflow LIKE '%.%')""",
        "private_market_performance .* cashflow is",
    ),
    "a-type-at-the-other-end": ("UPDATE instrument_holdings SET instrument_type = 'x' {one}", "instrument_type is 'x'"),
    "extra-lost": (
        """UPDATE holdings__portfolios SET extra = NULL
            WHERE row_key = (SELECT min(row_key) FROM aleta.holdings__portfolios WHERE extra IS NOT NULL)""",
        "holdings__portfolios .* extra is None",
    ),
    "extra-made-up": ("""UPDATE index_factors SET extra = '{{"a":1}}' {one}""", "index_factors .* extra is"),
    "extra-with-less-digits": (
        """UPDATE holdings__depositories SET extra = replace(extra::VARCHAR, '"1E-13"', '"0"')::JSON
            WHERE row_key = (SELECT min(row_key) FROM aleta.holdings__depositories WHERE extra LIKE '%1E-13%')""",
        "holdings__depositories .* extra is",
    ),
    "what-is-left-out-on-purpose": (
        """UPDATE performance__portfolios SET extra = '{{"accumulatedTwr":0}}'
            WHERE row_key = (SELECT min(row_key) FROM aleta.performance__portfolios WHERE extra IS NULL)""",
        "performance__portfolios .* extra is",
    ),
    "a-natural-key-misspelt": ("UPDATE performance__instruments SET row_key = 'x' {one}", "row_key is 'x'"),
    "an-instant-lost": ("UPDATE net_asset_values SET first_seen_at = NULL {one}", "first_seen_at is null"),
    "a-table-lost": ("DROP TABLE commitments", "commitments: there is no such table"),
    "a-table-too-many": ("CREATE TABLE notes AS SELECT 1 AS id", "notes: nobody compares this table"),
}


@pytest.fixture(scope="module")
def told(first, tmp_path_factory) -> list[str]:
    """What is said of a copy in which everything of SABOTAGE was done."""
    copy = shutil.copy(first.program.warehouse(), tmp_path_factory.mktemp("spoilt") / "spoilt.duckdb")
    with duckdb.connect(f"{copy}") as connection:
        connection.execute("USE aleta")
        for sql, _ in SABOTAGE.values():
            table = next(word for word in sql.split() if word.islower())
            connection.execute(sql.format(one=ONE.format(table=table)))
    return beyond.differences(Path(copy), first.program.box.truth("acme"))


@pytest.mark.parametrize("damage", SABOTAGE)
def test_each_kind_of_difference_is_told(told, damage):
    """Sabotage: the checker of this file says it, once."""
    assert len([line for line in told if re.search(SABOTAGE[damage][1], line)]) == 1


def test_nothing_else_is_told(told):
    """Sabotage: as many lines as damages."""
    assert len(told) == len(SABOTAGE), "\n".join(told)
