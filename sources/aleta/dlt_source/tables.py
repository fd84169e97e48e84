"""Answers as the Arrow tables that the dlt source yields, and the hints that dlt needs for them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

import pyarrow as pa

from schemas.table import FIRST_SEEN, REMOVED, fact, instant, key_of

BATCH_ROWS = 5_000  # small answers are concatenated to so many rows
WAREHOUSE_ONLY = {FIRST_SEEN.name, REMOVED.name}
FETCHED = instant("fetched_at", "When the answer came that last showed this row")


def with_fetch_time(batch: pa.RecordBatch, schema: pa.Schema, at: datetime) -> pa.Table:
    """*batch* with `fetched_at`, and with key columns that are not nullable, as dlt declares them."""
    key = key_of(schema)
    fields = [field.with_nullable(field.name not in key) for field in schema.remove_metadata()]
    data = pa.Table.from_batches([batch]).select(schema.names).cast(pa.schema(fields))
    return data.append_column(FETCHED.remove_metadata(), pa.array([at] * batch.num_rows, FETCHED.type))


def in_batches(tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """*tables*, small ones concatenated; none without rows."""
    waiting: list[pa.Table] = []
    rows = 0
    for table in filter(len, tables):
        waiting.append(table)
        rows += len(table)
        if rows >= BATCH_ROWS:
            yield pa.concat_tables(waiting)
            waiting, rows = [], 0
    if waiting:
        yield pa.concat_tables(waiting)


def with_digits(rows: pa.Table) -> pa.Table:
    """*rows* with decimals as text, digit by digit: for a destination that has no decimals."""
    for at, field in enumerate(rows.schema):
        if pa.types.is_decimal(field.type):
            digits = [None if value is None else format(value, "f") for value in rows[at].to_pylist()]
            rows = rows.set_column(
                at, pa.field(field.name, pa.string(), field.nullable), [pa.array(digits, pa.string())]
            )
    return rows


def api_columns(link: pa.Schema) -> pa.Schema:
    """The columns of a link table or a table of tree nodes that the API fills."""
    return pa.schema([field for field in link if field.name not in WAREHOUSE_ONLY], link.metadata)


def hints(schema: pa.Schema) -> dict[str, dict[str, object]]:
    """Column hints that Arrow types do not carry: descriptions, and which text is JSON."""
    columns: dict[str, dict[str, object]] = {}
    for field in schema:
        columns[field.name] = {"name": field.name, "description": fact(field, "description")}
        if fact(field, "json"):
            columns[field.name]["data_type"] = "json"
    return columns


LATEST: dict[str, dict[str, object]] = {
    "fetched_at": {"name": "fetched_at", "description": fact(FETCHED, "description"), "dedup_sort": "desc"}
}
