"""When rows that a run removes were first seen and last changed: a later package of it may show them again."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import pyarrow as pa

from schemas.table import key_of
from sources.aleta.catalogue.endpoint import Endpoint

from ...warehouse.store import Store
from ...warehouse.warehouse import table_of
from .staged import slices_of_keys

STAMPS = ("first_seen_at", "changed_at", "row_hash")


def stamps_of_gone(store: Store, endpoint: Endpoint) -> pa.Table:
    """Those of the rows in `gone`, with the hash of the content that they stand for."""
    key = key_of(endpoint.schema)[0]
    there = store.rows(endpoint.schema, [key, *STAMPS], slices_of_keys(store.sql, key, "gone"))
    return table_of(
        store.sql, f"SELECT {key}, {', '.join(STAMPS)} FROM {there} WHERE {key} IN (SELECT {key} FROM gone)"
    )


def stamped(sql: duckdb.DuckDBPyConnection, key: str, stamps: Sequence[pa.Table]) -> str:
    """SQL for what earlier packages of the run removed, each row as the run began."""
    if not stamps:
        return f"(SELECT {key}, {', '.join(STAMPS)} FROM known WHERE false)"
    sql.register("stamps", pa.concat_tables(stamps))
    return f"(SELECT DISTINCT ON ({key}) * FROM stamps ORDER BY {key}, changed_at)"
