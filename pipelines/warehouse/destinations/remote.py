"""The committed rows of a destination with an SQL client: what is asked for is brought into DuckDB, piece by piece.

SQL is plain enough for any database: `IN`, `AND`, `OR`, comparisons.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date

import duckdb
import pyarrow as pa
from dlt.common.destination.exceptions import DestinationUndefinedEntity

from schemas.table import fact, key_of, name_of

from ..store import DATASET, Slice, add_up, count_sql, distinct_sql, plain_type, repeated_sql
from .connection import Client
from .dialect import Dialect
from .nul import without_nul

VALUES = 2_000  # in one statement: some databases take few
BATCH = 10_000  # rows on their way at once


class RemoteStore:
    """Rows of *client*'s dataset, brought into *sql*.

    Args:
        sql: an in-memory DuckDB of its own.
        client: open.
        dialect: how to speak to it.
        misfits: counts the values that are held differently from what they are, by `table.column`.
    """

    local = False

    def __init__(
        self, sql: duckdb.DuckDBPyConnection, client: Client, *, dialect: Dialect, misfits: Counter[str]
    ) -> None:
        self._misfits = misfits
        self._sql = sql
        self._client = client
        self._dialect = dialect
        self._numbers = itertools.count()
        self._whole: dict[str, str] = {}
        self._known: dict[str, frozenset[str]] = {}
        sql.execute(f"ATTACH ':memory:' AS store; CREATE SCHEMA store.{DATASET}")

    @property
    def sql(self) -> duckdb.DuckDBPyConnection:
        return self._sql

    def rows(self, schema: pa.Schema, columns: Sequence[str] = (), slices: Iterable[Slice] = ()) -> str:
        names = tuple(dict.fromkeys([*key_of(schema), *columns])) if columns else tuple(schema.names)
        wanted = pa.schema([schema.field(name) for name in names], schema.metadata)
        if pieces := [*slices]:
            return self._bring(wanted, pieces)
        asked = f"{name_of(schema)} {names}"
        if asked not in self._whole:
            self._whole[asked] = self._bring(wanted, [Slice()])
        return self._whole[asked]

    def holdable(self, batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
        found: Counter[str] = Counter()
        held = without_nul(batch, schema, found)
        self._misfits.update({f"{name_of(schema)}.{column}": count for column, count in found.items()})
        return held

    def among(self, schema: pa.Schema, keys: str) -> str:  # noqa: ARG002
        return keys

    def count(self, schema: pa.Schema, columns: Sequence[str], values: Collection[str]) -> Mapping[str, int]:
        found: dict[str, int] = {}
        quoted = [self._quoted(column) for column in columns]
        for part in _parts(values) if self.columns(schema) else ():
            for sql in count_sql(self._place(schema), quoted, len(part)):
                add_up(found, ((value, count) for value, count in self._client.execute_sql(sql, *part) or ()))
        return found

    def distinct(self, schema: pa.Schema, column: str, *, shown: bool = False) -> set[str]:
        if column not in self.columns(schema):
            return set()
        sql = distinct_sql(self._place(schema), self._quoted(column), shown=shown)
        return {row[0] for row in self._client.execute_sql(sql) or ()}

    def repeated(self, schema: pa.Schema) -> int:
        if not self.columns(schema):
            return 0
        sql = repeated_sql(self._place(schema), [self._quoted(column) for column in key_of(schema)])
        return int((self._client.execute_sql(sql) or [(0,)])[0][0])

    def _bring(self, schema: pa.Schema, slices: Sequence[Slice]) -> str:
        """A table of its own with the rows of *slices*; those by key last, so that none is fetched twice."""
        table = f"store.{DATASET}.{name_of(schema)}_{next(self._numbers)}"
        self._sql.execute(
            f"CREATE TABLE {table} ({', '.join(f'{field.name} {plain_type(field)}' for field in schema)})"
        )
        key = key_of(schema)
        if self.columns(schema):
            self._fill(table, schema, [piece for piece in slices if (piece.column,) != key])
            self._fill(table, schema, [self._new(table, piece) for piece in slices if (piece.column,) == key])
        self._sql.execute(f"CREATE VIEW {table}_once AS SELECT DISTINCT ON ({', '.join(key)}) * FROM {table}")
        return f"{table}_once"

    def _new(self, table: str, by_key: Slice) -> Slice:
        present = {row[0] for row in self._sql.execute(f"SELECT {by_key.column} FROM {table}").fetchall()}
        return replace(by_key, values=[value for value in by_key.values if value not in present])

    def _fill(self, table: str, schema: pa.Schema, slices: Sequence[Slice]) -> None:
        there = [field for field in schema if field.name in self.columns(schema)]
        read = f"SELECT {', '.join(map(self._read, there))} FROM {self._place(schema)}"
        for pieces in _statements(slices):
            conditions = [self._condition(piece) for piece in pieces]
            where = " OR ".join(f"({sql})" for sql, _ in conditions)
            values = [self._dialect.bind(value) for _, given in conditions for value in given]
            with self._client.execute_query(f"{read} WHERE {where}", *values) as found:
                while rows := found.fetchmany(BATCH):
                    self._sql.register("brought", self._arrow(rows, there))
                    names = ", ".join(field.name for field in there)
                    self._sql.execute(f"INSERT INTO {table} ({names}) SELECT {names} FROM brought")
                    self._sql.unregister("brought")

    def _condition(self, piece: Slice) -> tuple[str, list[object]]:
        terms, values = ["1 = 1"], list[object]()
        if piece.column:
            terms.append(f"{self._quoted(piece.column)} IN ({', '.join(['%s'] * len(piece.values))})")
            values += piece.values
        days = [self._quoted(day) for day in piece.days]
        if piece.outside:
            beyond = " OR ".join(f"{day} IS NULL OR {day} < %s OR {day} > %s" for day in days)
            return " AND ".join([*terms, f"({beyond})"]), [*values, *([piece.first, piece.last] * len(days))]
        if days and piece.first > date.min:
            terms.append(f"({' OR '.join(f'{day} >= %s' for day in days)})")
            values += [piece.first] * len(days)
        if days and piece.last < date.max:
            terms += [f"({day} IS NULL OR {day} <= %s)" for day in days]
            values += [piece.last] * len(days)
        return " AND ".join(terms), values

    def columns(self, schema: pa.Schema) -> frozenset[str]:
        name = name_of(schema)
        if name not in self._known:
            try:
                with self._client.execute_query(f"SELECT * FROM {self._place(schema)} WHERE 1 = 0") as found:
                    self._known[name] = frozenset(column.lower() for column in found.columns_schema)
            except DestinationUndefinedEntity:
                self._known[name] = frozenset()
        return self._known[name]

    def _place(self, schema: pa.Schema) -> str:
        return self._client.make_qualified_table_name(name_of(schema))

    def _quoted(self, column: str) -> str:
        return self._client.escape_column_name(column)

    def _read(self, field: pa.Field) -> str:
        """JSON as the text it is: a driver would make floats of its numbers."""
        column = self._quoted(field.name)
        return f"CAST({column} AS VARCHAR)" if self._dialect.has_json and fact(field, "json") else column

    def _arrow(self, rows: Sequence[Sequence[object]], fields: Sequence[pa.Field]) -> pa.Table:
        columns = [
            self._dialect.array(column, field) for column, field in zip(zip(*rows, strict=True), fields, strict=True)
        ]
        return pa.Table.from_arrays(columns, names=[field.name for field in fields])


def _statements(slices: Iterable[Slice]) -> Iterator[list[Slice]]:
    """Cut slices into pieces and pack as many into a statement as it takes values."""
    pieces: list[Slice] = []
    for wanted in slices:
        for part in _parts(wanted.values) if wanted.column else [()]:
            if sum(len(piece.values) for piece in pieces) + len(part) > VALUES:
                yield pieces
                pieces = []
            pieces.append(replace(wanted, values=part))
    if pieces:
        yield pieces


def _parts(values: Collection[str]) -> Iterator[Sequence[str]]:
    waiting = iter(dict.fromkeys(values))
    while part := tuple(itertools.islice(waiting, VALUES)):
        yield part
