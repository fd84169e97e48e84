"""A feed that an older version began, with a key of four columns: real dlt, real DuckDB."""

from __future__ import annotations

import pyarrow as pa
import pytest

from pipelines.compare.rows.differences import differences
from pipelines.ledger.ledger import Ledger
from pipelines.warehouse.package import Rows
from pipelines.warehouse.warehouse import Warehouse
from schemas.transactions import TRANSACTION_CHANGES
from sources.aleta.catalogue.catalogue import CATALOGUE
from tests.unit.pipelines.compare.stored import FIRST_RUN, NOW, RUN, batch, proof, row

pytestmark = pytest.mark.slow

OLDER = TRANSACTION_CHANGES.with_metadata((TRANSACTION_CHANGES.metadata or {}) | {b"key": b"run_id id op changed_at"})


def test_what_a_run_changes_twice_is_told_once_there_too(tmp_path):
    """The new key replaces the older one, also in dlt's schema; what was told before stays."""
    made, state = Warehouse("acme", tmp_path), Ledger().to_state()
    told = [{"run_id": "older", "id": "1", "op": op, "changed_at": NOW, "late": False} for op in ("removed", "added")]
    feed = pa.Table.from_pylist(told, schema=TRANSACTION_CHANGES.remove_metadata())
    with made.open() as store:
        first = differences(
            store, CATALOGUE["transactions"], [batch(row("1"))], [], asked=[("A", None)], seen_before=(), run=FIRST_RUN
        )
    made.write([first.rows, Rows(schema=OLDER, data=feed)], state)
    for answer in ([], [batch(row("1", "B", comment="moved"))]):
        with made.open() as store:
            found = differences(
                store,
                CATALOGUE["transactions"],
                answer,
                [proof("A")],
                asked=[("B", None)] * len(answer),
                seen_before=(),
                run=RUN,
            )
        made.write([found.rows, found.changes], state)
    with made.open() as store:
        said = store.sql.execute(f"SELECT run_id, op FROM {store.rows(TRANSACTION_CHANGES)} ORDER BY ALL").fetchall()
    assert said == [("older", "added"), ("older", "removed"), (RUN.run_id, "modified")]
