"""A package as dlt extracts it: a source, with a resource for the rows of each table."""

from __future__ import annotations

from collections.abc import Iterator

import dlt
import pyarrow as pa
from dlt.common.data_types import TDataType
from dlt.common.schema.typing import TColumnSchema
from dlt.extract import DltResource

from schemas.table import fact, key_of, name_of

from ..package import GONE, Rows, State
from ..store import DATASET


def source(package: list[Rows], state: State, *, json: TDataType) -> dlt.sources.DltSource:
    """Takes the rows out of *package*: dlt's objects and the frames around them live on in cycles for a while."""
    waiting = [(rows.schema, [rows.data], rows.deletes) for rows in package]
    package.clear()
    resources = [_resource(schema, data, state, deletes=deletes, json=json) for schema, data, deletes in waiting]

    @dlt.source(name=DATASET, max_table_nesting=0)
    def aleta() -> list[DltResource]:
        return resources

    return aleta()


def _resource(
    schema: pa.Schema, waiting: list[pa.Table], state: State, *, deletes: bool, json: TDataType
) -> DltResource:
    """One table's rows, taken out of *waiting* when dlt asks for them."""

    def data() -> Iterator[pa.Table]:
        dlt.current.source_state().update(state)
        yield _keyed(waiting.pop(), schema)

    key = key_of(schema)
    hints: dict[str, TColumnSchema] = {
        field.name: {"name": field.name, "data_type": json} for field in schema if fact(field, "json")
    }
    if len(key) == 1:
        hints[key[0]] = {"name": key[0], "unique": True}  # an index, where a database makes one
    if deletes:
        hints[GONE] = {"name": GONE, "data_type": "bool", "hard_delete": True}
    return dlt.resource(
        data,
        name=name_of(schema),
        primary_key=list(key),
        write_disposition={"disposition": "merge", "strategy": "delete-insert"},
        columns=hints,
    )


def _keyed(rows: pa.Table, schema: pa.Schema) -> pa.Table:
    """The rows, with a schema that says what dlt makes of a key: it is never null."""
    key = key_of(schema)
    return rows.cast(pa.schema([field.with_nullable(field.name not in key) for field in rows.schema]))
