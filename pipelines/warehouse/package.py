"""A package as dlt loads it: the rows of each table, merged on their keys, and the state that commits with them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

import dlt
import pyarrow as pa
from dlt.common.data_types import TDataType
from dlt.common.schema.typing import TColumnSchema
from dlt.extract import DltResource

from schemas.table import fact, key_of, name_of

from .store import DATASET

GONE = "deleted_by_aleta"  # marks the rows that a merge deletes; no analyst sees it

State: TypeAlias = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Rows for one table.

    Args:
        schema: the table; its key decides what a row replaces.
        data: with exactly the columns of *schema*, and `GONE` where *deletes*.
        deletes: rows with `GONE` set are deleted by key.
    """

    schema: pa.Schema
    data: pa.Table
    deletes: bool = False


def with_mark(schema: pa.Schema) -> pa.Schema:
    """The columns of rows of the table *schema* that may be marked as `GONE`."""
    return schema.remove_metadata().append(pa.field(GONE, pa.bool_()))


def joined_tables(package: Iterable[Rows]) -> list[Rows]:
    """The rows of each table together, without empty tables."""
    tables: dict[str, list[Rows]] = defaultdict(list)
    for rows in package:
        if rows.data.num_rows:
            tables[name_of(rows.schema)].append(rows)
    return [replace(parts[0], data=pa.concat_tables([rows.data for rows in parts])) for parts in tables.values()]


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
