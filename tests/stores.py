"""A warehouse in memory, as `Warehouse.open` hands it out, that keeps what a package says as dlt's merge would."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime

import duckdb
import pyarrow as pa

from pipelines.warehouse.package import GONE, Rows
from pipelines.warehouse.store import DuckDbStore
from schemas.table import fact, key_of, name_of

EPOCH = date(2024, 1, 1)


class Store(DuckDbStore):
    """An attached, empty `store`, and what a package does to it."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        super().__init__(connection)
        self.sql.execute("SET TimeZone = 'UTC'; SET preserve_insertion_order = false")
        self.sql.execute("ATTACH ':memory:' AS store; CREATE SCHEMA store.aleta")

    def create(self, schema: pa.Schema) -> None:
        columns = ", ".join(f"{field.name} {sql_type(field)}" for field in schema)
        self.sql.execute(f"CREATE TABLE IF NOT EXISTS store.aleta.{name_of(schema)} ({columns})")

    def merge(self, rows: Rows) -> None:
        """Replace by key; delete what is marked."""
        self.create(rows.schema)
        name, key = f"store.aleta.{name_of(rows.schema)}", ", ".join(key_of(rows.schema))
        self.sql.register("merged", rows.data)
        self.sql.execute(f"DELETE FROM {name} WHERE ({key}) IN (SELECT ({key}) FROM merged)")
        kept = f"WHERE NOT {GONE}" if rows.deletes else ""
        self.sql.execute(f"INSERT INTO {name} SELECT {', '.join(rows.schema.names)} FROM merged {kept}")
        self.sql.unregister("merged")

    def put(self, schema: pa.Schema, rows: Sequence[Mapping[str, object]]) -> None:
        """Add *rows*; a column that a row leaves out is null."""
        full = [{name: row.get(name) for name in schema.names} for row in rows]
        self.merge(Rows(schema=schema, data=pa.Table.from_pylist(full, schema=schema.remove_metadata())))

    def read(self, schema: pa.Schema) -> dict[str, dict[str, object]]:
        """Every row, by its key joined with a blank."""
        table = self.sql.sql(f"SELECT * FROM store.aleta.{name_of(schema)}").to_arrow_table()
        return {" ".join(str(row[part]) for part in key_of(schema)): row for row in table.to_pylist()}


def sql_type(field: pa.Field) -> str:
    """The type that dlt gives a column in DuckDB."""
    if fact(field, "json"):
        return "JSON"
    if pa.types.is_timestamp(field.type):
        return "TIMESTAMPTZ"
    known = {pa.string(): "VARCHAR", pa.date32(): "DATE", pa.bool_(): "BOOLEAN", pa.int64(): "BIGINT"}
    return known.get(field.type, "DECIMAL(38,12)")


@contextmanager
def memory_store() -> Iterator[Store]:
    with duckdb.connect(":memory:") as connection:
        yield Store(connection)


def at(day: int, hour: int = 2) -> datetime:
    """An instant *day* days after the tests' first day."""
    return datetime.combine(date.fromordinal(EPOCH.toordinal() + day), datetime.min.time(), UTC).replace(hour=hour)


def on(day: int) -> date:
    """The date *day* days after the tests' first day."""
    return date.fromordinal(EPOCH.toordinal() + day)
