"""The acceptance of the first load: 200 accounts, an unknown cap, and faults.

The suite loads as many rows as take more than one package, `make oracle` 200,000.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest

from pipelines.run.loading.packages import PACKAGE_ROWS
from sandbox.world.jsontext import exact
from tests import truth

pytestmark = pytest.mark.long

ROWS = int(os.environ.get("SCALE_ROWS", "100000"))
PLAIN = """
    SELECT id, type, account_id, instrument_id, instrument_type, trade_date, value_date,
        account_amount, gross_amount, unit_price, units, comment, extra::VARCHAR
    FROM aleta.transactions"""


def shown(objects: dict[str, str]) -> Iterator[tuple]:
    """Plain transactions as the warehouse should hold them, from their JSON text; every digit is kept."""
    for text in objects.values():
        row = json.loads(text, parse_float=Decimal, parse_int=Decimal)
        said, links = row["attributes"], row["relationships"]
        instrument = (links.get("instrument") or links["asset"])["data"]
        numbers = [said.get(name) for name in ("accountAmount", "grossAmount", "unitPrice", "units")]
        yield (
            *(row["id"], row["type"], links["account"]["data"]["id"], instrument["id"], instrument["type"]),
            *(date.fromisoformat(said[name]) for name in ("tradeDate", "valueDate")),
            *numbers,
            *(said.get("comment"), None),
        )


def stored_rows(warehouse: Path) -> Iterator[tuple]:
    with duckdb.connect(f"{warehouse}", read_only=True) as connection:
        connection.execute(PLAIN)
        while rows := connection.fetchmany(20_000):
            yield from rows


@pytest.mark.timeout(300)
def test_two_hundred_accounts_are_exact_under_faults(start):
    """Two answers in a hundred are faulty, a cap is nowhere stated: `complete`, equal in every row and digit."""
    assert ROWS > PACKAGE_ROWS
    program = start(accounts=200, rows=ROWS, plain=True, years=6, row_cap=ROWS * 3 // 200, fault_share=0.02)

    ended = program.sync(timeout_s=240)

    objects = program.box.objects("acme")
    expected, found = set(shown(objects.pop("transactions"))), list(stored_rows(program.warehouse()))
    people = SimpleNamespace(
        **{name: {ident: exact(text) for ident, text in of.items()} for name, of in objects.items()}
    )
    assert ended.report["status"] == "complete"
    assert len(found) == len(expected) == ROWS
    assert set(found) == expected
    assert truth.differences(program.warehouse(), people, tables=truth.OBJECTS) == []
    assert len(people.accounts) == 200
    assert ended.counts()["added"] == ROWS
    assert ended.tenant()["retries"] > 0
