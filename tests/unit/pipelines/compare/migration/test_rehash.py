"""Rows whose hash an older version computed: real dlt, real DuckDB."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa
import pytest

import pipelines.compare.migration.rehash as rehashing
from pipelines.compare.migration.rehash import rehash
from pipelines.compare.row_hash import VERSION
from pipelines.compare.rows.differences import differences
from pipelines.ledger.ledger import Ledger
from pipelines.warehouse.package import Rows
from pipelines.warehouse.warehouse import Warehouse
from schemas.tables import TABLES
from schemas.transactions import TRANSACTIONS
from sources.aleta.catalogue.catalogue import CATALOGUE
from tests.unit.pipelines.compare.stored import FIRST_RUN, RUN, batch, proof, row

pytestmark = pytest.mark.slow

CONTENT = batch(*(row(f"{number}", extra=f'{{"note":{number}}}', comment="é") for number in range(5)))


def compared(warehouse: Warehouse, run):
    with warehouse.open() as store:
        return differences(
            store, CATALOGUE["transactions"], [CONTENT], [proof()], asked=[("A", None)], seen_before=(), run=run
        )


@pytest.fixture(params=["", "h2:"], ids=["first", "second"])
def older(request, tmp_path) -> Warehouse:
    """A warehouse with hashes as an older version had them."""
    made = Warehouse("acme", tmp_path)
    rows = compared(made, FIRST_RUN).rows.data
    hashes = pa.array([f"{request.param}{number:032x}" for number in range(rows.num_rows)])
    rows = rows.set_column(rows.column_names.index("row_hash"), "row_hash", hashes)
    made.write([Rows(schema=TRANSACTIONS, data=rows, deletes=True)], Ledger().to_state())
    return made


def test_a_change_in_how_the_hash_is_computed_is_no_change_of_a_row(older, monkeypatch):
    """Rows are hashed again in packages, whole; then nothing differs, and the next run does not look."""
    monkeypatch.setattr(rehashing, "ROWS", 2)
    ledger = Ledger.from_state(older.state())
    assert rehash(older, ledger, [TRANSACTIONS]) == {"transactions": 5}
    assert compared(older, RUN).counts == {"added": 0, "modified": 0, "unchanged": 5, "removed": 0}
    with older.open() as store:
        kept = store.sql.execute(f"SELECT first_seen_at, extra::VARCHAR FROM {store.rows(TRANSACTIONS)}").fetchall()
    assert {at for at, _ in kept} == {FIRST_RUN.now}
    assert {text for _, text in kept} == {f'{{"note":{number}}}' for number in range(5)}
    assert rehash(older, ledger, [TRANSACTIONS]) == {}
    assert Ledger.from_state(ledger.to_state()).hash_version == VERSION


def test_without_that_every_row_would_look_modified(older):
    """Planted bug: hashes of two versions compared with each other."""
    assert compared(older, RUN).counts["modified"] == 5


def test_a_verification_before_that_compares_the_content(older):
    """It changes nothing, so it takes an older hash for what the content hashes to now."""
    assert compared(older, replace(RUN, distrusts=True)).counts["unchanged"] == 5


class Watched(Warehouse):
    looks = 0

    def open(self):
        self.looks += 1
        return super().open()


def test_without_a_table_there_is_nothing_to_hash(tmp_path):
    """A first sync; it looks once for all tables, for each look costs as much as reading a page of rows."""
    ledger, warehouse = Ledger(), Watched("acme", tmp_path)
    assert rehash(warehouse, ledger, TABLES) == {}
    assert ledger.hash_version == VERSION
    assert warehouse.looks == 1
