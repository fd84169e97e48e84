"""Rows whose hash is of an older version: hashed again from their content, once, before anything is compared.

A change in how the hash is computed is no change of a row: it is not in the feed, and no count tells of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pyarrow as pa

from schemas.table import ROW_HASH, answered, key_of, name_of

from ...ledger.ledger import Ledger
from ...warehouse.package import GONE, Rows, with_mark
from ...warehouse.store import Store, plain_type
from ...warehouse.warehouse import Warehouse, table_of
from ..row_content import stage_contents
from ..row_hash import OLDER, VERSION, row_hash

ROWS = 50_000  # of one package (rule C5)
REMOTE_ROWS = 10 * ROWS  # for each package a table that is elsewhere is brought here anew


def rehash(warehouse: Warehouse, ledger: Ledger, tables: Sequence[pa.Schema]) -> Mapping[str, int]:
    """Bring the hashes of *tables* up to this version, a package at a time; how many of each table were older.

    The next run continues where a killed one stopped: what is done is not older any more.
    """
    done: dict[str, int] = {}
    if ledger.hash_version == VERSION:
        return done
    for schema in _hashed(warehouse, tables):
        for rows in _packages(warehouse, schema):
            done[name_of(schema)] = done.get(name_of(schema), 0) + rows.data.num_rows
            warehouse.write([rows], ledger.to_state())
    ledger.hash_version = VERSION
    return done


def _hashed(warehouse: Warehouse, tables: Sequence[pa.Schema]) -> Sequence[pa.Schema]:
    """Those of *tables* that are there with hashes: before a first load none is."""
    with warehouse.open() as store:
        return [schema for schema in tables if ROW_HASH.name in schema.names and ROW_HASH.name in store.columns(schema)]


def _packages(warehouse: Warehouse, schema: pa.Schema) -> Iterator[Rows]:
    while True:
        with warehouse.open() as store:
            data = table_of(store.sql, _rehashed(store, schema, rows=REMOTE_ROWS if warehouse.remote else ROWS))
        if not data.num_rows:
            return
        target = with_mark(schema)
        yield Rows(schema=schema, data=data.cast(target), deletes=True)


def _rehashed(store: Store, schema: pa.Schema, *, rows: int) -> str:
    """Up to *rows* rows with an older hash, whole, with the hash of this version."""
    columns = ", ".join(f"{field.name}::{plain_type(field)} AS {field.name}" for field in schema)
    store.sql.execute(
        f"CREATE OR REPLACE TEMP TABLE older AS SELECT {columns} FROM {store.rows(schema)} "
        f"WHERE {OLDER} ORDER BY {', '.join(key_of(schema))} LIMIT {rows}"
    )
    hashed = {ROW_HASH.name: row_hash(answered(schema), stage_contents(store.sql, "older", answered(schema)))}
    wanted = ", ".join(f"{hashed.get(name, name)} AS {name}" for name in schema.names)
    return f"SELECT {wanted}, false AS {GONE} FROM older"
