"""Answers as the tables that the dlt source hands on: when they came, and what dlt must know of them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

import pyarrow as pa

from schemas.table import FIRST_SEEN, REMOVED, fact, instant, key_of

ROWS = 5_000  # of small answers, handed on together
OURS = {FIRST_SEEN.name, REMOVED.name}
FETCHED = instant("fetched_at", "When the answer came that last showed this row")


def with_fetch_time(batch: pa.RecordBatch, schema: pa.Schema, at: datetime) -> pa.Table:
    """With `fetched_at`, and keys that are never null, as dlt makes them."""
    key = key_of(schema)
    fields = [field.with_nullable(field.name not in key) for field in schema.remove_metadata()]
    data = pa.Table.from_batches([batch]).select(schema.names).cast(pa.schema(fields))
    return data.append_column(FETCHED.remove_metadata(), pa.array([at] * batch.num_rows, FETCHED.type))


def pieces(tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """Small ones together; none without rows."""
    waiting: list[pa.Table] = []
    for table in tables:
        waiting.append(table)
        if sum(piece.num_rows for piece in waiting) >= ROWS:
            yield pa.concat_tables(waiting)
            waiting = []
    if any(table.num_rows for table in waiting):
        yield pa.concat_tables(waiting)


def ends(link: pa.Schema) -> pa.Schema:
    """The part of a link table, or of the nodes of a tree, that the API fills."""
    return pa.schema([field for field in link if field.name not in OURS], link.metadata)


def hints(schema: pa.Schema) -> dict[str, dict[str, object]]:
    """What the schema knows and Arrow does not say: descriptions, and which text is JSON."""
    columns: dict[str, dict[str, object]] = {}
    for field in schema:
        columns[field.name] = {"name": field.name, "description": fact(field, "description")}
        if fact(field, "json"):
            columns[field.name]["data_type"] = "json"
    return columns


LATEST: dict[str, dict[str, object]] = {
    "fetched_at": {"name": "fetched_at", "description": fact(FETCHED, "description"), "dedup_sort": "desc"}
}
