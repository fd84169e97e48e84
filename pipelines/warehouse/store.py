"""What is committed, as comparisons read it: relations of DuckDB, wherever the rows are kept."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol, TypeAlias

import duckdb
import pyarrow as pa

from schemas.table import fact, key_of, name_of, sql_type

from .duckdb import ids

DATASET = "aleta"


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """Some rows of a table: those that meet each of the two conditions that are given.

    Args:
        column, values: that column holds one of the values.
        days, first, last: the latest day of those columns lies from *first* to *last*.
        outside: instead, any of those days is missing, or lies before *first* or after *last*.
    """

    column: str = ""
    values: Collection[str] = ()
    days: Sequence[str] = ()
    first: date = date.min
    last: date = date.max
    outside: bool = False


class Store(Protocol):
    """The committed rows. Good until what gave it is closed; not for two threads at once."""

    @property
    def sql(self) -> duckdb.DuckDBPyConnection:
        """Where the relations are."""

    @property
    def local(self) -> bool:
        """Whether all rows are at hand, so that to read whole rows costs hardly more than to read their hashes."""

    def rows(self, schema: pa.Schema, columns: Sequence[str] = (), slices: Iterable[Slice] = ()) -> str:
        """The name of a relation with at least the rows that are in any of *slices* (all, when none is given).

        With at least *columns* (all, when none is given); what the table has not yet is null. Empty, when there is no
        table yet. JSON may come as JSON or as text. Where all rows are at hand, nobody looks at *slices*.
        """

    def holdable(self, batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
        """*batch*, part of the table *schema*, as it can be held here: compared and written like that (rule F9)."""

    def among(self, schema: pa.Schema, keys: str) -> str:
        """Of *keys*, a query for one column of keys: a query for those that the table may have."""

    def columns(self, schema: pa.Schema) -> Collection[str]:
        """The columns that its table has there; none, when there is no table yet."""

    def count(self, schema: pa.Schema, columns: Sequence[str], values: Collection[str]) -> Mapping[str, int]:
        """For each of *values* that any of *columns* names, the rows that do."""

    def distinct(self, schema: pa.Schema, column: str, *, shown: bool = False) -> set[str]:
        """The values of one column of text, null left out; *shown*: of rows that were not removed."""

    def repeated(self, schema: pa.Schema) -> int:
        """Keys that more than one row has."""


class DuckDbStore:
    """A DuckDB database attached to *sql* as `store`: nothing is copied."""

    local = True

    def __init__(self, sql: duckdb.DuckDBPyConnection) -> None:
        self._sql = sql

    @property
    def sql(self) -> duckdb.DuckDBPyConnection:
        return self._sql

    def rows(self, schema: pa.Schema, columns: Sequence[str] = (), slices: Iterable[Slice] = ()) -> str:  # noqa: ARG002
        there = set(self.columns(schema))
        if there.issuperset(schema.names):
            return _place(schema)
        view = f"lacking_{name_of(schema)}"
        wanted = ", ".join(field.name if field.name in there else f"{null(field)} AS {field.name}" for field in schema)
        source = f"FROM {_place(schema)}" if there else "WHERE false"
        self._sql.execute(f"CREATE OR REPLACE TEMP VIEW {view} AS SELECT {wanted} {source}")
        return view

    def holdable(self, batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:  # noqa: ARG002
        return batch

    def among(self, schema: pa.Schema, keys: str) -> str:  # noqa: ARG002
        return keys

    def count(self, schema: pa.Schema, columns: Sequence[str], values: Collection[str]) -> Mapping[str, int]:
        found: dict[str, int] = {}
        if self.columns(schema):
            for sql in count_sql(_place(schema), columns, len(values)):
                add_up(found, self._sql.execute(sql.replace("%s", "?"), list(values)).fetchall())
        return found

    def distinct(self, schema: pa.Schema, column: str, *, shown: bool = False) -> set[str]:
        if column not in self.columns(schema):
            return set()
        return {row[0] for row in self._sql.execute(distinct_sql(_place(schema), column, shown=shown)).fetchall()}

    def repeated(self, schema: pa.Schema) -> int:
        if not self.columns(schema):
            return 0
        return int(self._sql.execute(repeated_sql(_place(schema), key_of(schema))).fetchall()[0][0])

    def columns(self, schema: pa.Schema) -> Collection[str]:
        found = self._sql.execute(
            "SELECT column_name FROM duckdb_columns() "
            "WHERE database_name = 'store' AND schema_name = ? AND table_name = ?",
            [DATASET, name_of(schema)],
        )
        return {row[0] for row in found.fetchall()}


COLUMNS = """
    SELECT table_name, column_name FROM duckdb_columns() WHERE database_name = 'store' AND schema_name = ?"""

Columns: TypeAlias = dict[str, frozenset[str]]


class OpenStore(DuckDbStore):
    """A database file kept open: the hashes of a table's ids stay in memory once they were asked for.

    Args:
        known: the columns of each table, once somebody asked; whoever changes a table empties it.
    """

    def __init__(self, sql: duckdb.DuckDBPyConnection, known: Columns) -> None:
        super().__init__(sql)
        self._known = known

    def columns(self, schema: pa.Schema) -> Collection[str]:
        if not self._known:
            found: dict[str, list[str]] = {}
            for table, column in self._sql.execute(COLUMNS, [DATASET]).fetchall():
                found.setdefault(table, []).append(column)
            self._known.update({table: frozenset(columns) for table, columns in found.items()})
        return self._known.get(name_of(schema), frozenset())

    def among(self, schema: pa.Schema, keys: str) -> str:
        name, (key, *more) = name_of(schema), key_of(schema)
        if more or not self.columns(schema):
            return keys
        if (name,) not in self._sql.execute(ids.TABLES).fetchall():
            self._sql.execute(ids.keep(name, key, _place(schema)))
        return ids.among(name, key, f"({keys})")


def count_sql(table: str, columns: Sequence[str], count: int) -> Iterable[str]:
    """SQL for any database, with *count* values: for each of them the rows that name it, in one statement a column."""
    for place, column in enumerate(columns):
        once = "".join(f" AND ({other} IS NULL OR {other} <> {column})" for other in columns[:place])
        marks = ", ".join(["%s"] * count)
        yield f"SELECT {column}, count(*) FROM {table} WHERE {column} IN ({marks}){once} GROUP BY {column}"


def distinct_sql(table: str, column: str, *, shown: bool) -> str:
    """SQL for any database: the values of a column, each once."""
    return (
        f"SELECT DISTINCT {column} FROM {table} WHERE {column} IS NOT NULL{' AND removed_at IS NULL' if shown else ''}"
    )


def repeated_sql(table: str, key: Sequence[str]) -> str:
    """SQL for any database: how many keys more than one row has."""
    columns = ", ".join(key)
    groups = f"SELECT {columns} FROM {table} GROUP BY {columns} HAVING count(*) > 1"
    return f"SELECT count(*) FROM ({groups}) repeated"


def add_up(found: dict[str, int], rows: Iterable[tuple[str, int]]) -> None:
    for value, count in rows:
        found[value] = found.get(value, 0) + int(count)


def plain_type(field: pa.Field) -> str:
    """The type of a column on its way between DuckDB and dlt: JSON travels as text."""
    return "VARCHAR" if fact(field, "json") else sql_type(field)


def null(field: pa.Field) -> str:
    return f"NULL::{plain_type(field)}"


def _place(schema: pa.Schema) -> str:
    return f"store.{DATASET}.{name_of(schema)}"
