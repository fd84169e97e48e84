"""What is published: the committed tables as an analyst sees them, views over them, and what tells a change of both.

A snapshot is read from a private store attached as `store`; nothing is written here.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import duckdb
import pyarrow as pa

from schemas.table import column_comment_of, comment_of, name_of, sql_type
from schemas.views.view import View, possible

from ..warehouse.package import GONE
from ..warehouse.store import DATASET
from .files import State, state_of_database

LAYOUT = 3  # of the copies: a higher number has every table written anew
DLT = "_dlt_"  # begins the names of dlt's own tables
NOBODY_DESCRIBED = "As the private warehouse has it: this version of aleta-sync does not know it"
PLAIN = re.compile(r"BOOLEAN|DATE|TIMESTAMP(TZ)?|BLOB|(SMALL|BIG)?INT(EGER)?|FLOAT|DOUBLE|DECIMAL\(\d+,\s?\d+\)")
Columns: TypeAlias = Mapping[str, str]  # name -> SQL type


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table as analysts see it.

    Args:
        sql: selects its rows and columns from the store.
        plain_sql: the same for formats without JSON: that is text, as is whatever else they do not have.
        comment: of the table.
        comments: of each column, by name.
        as_stored: the store's table has just these columns, types and order, but for the mark of deleted rows.
        form: equal as long as columns, types and comments are.
    """

    name: str
    sql: str
    plain_sql: str
    comment: str
    comments: Mapping[str, str]
    as_stored: bool
    form: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """All that a copy may hold.

    Args:
        store: the file it is read from.
        state: size and time of change of that file and its log: what is in them is the same as long as they are.
        views: for a copy that can run them; each comes after those it reads.
    """

    store: Path
    state: State
    tables: Sequence[Table]
    views: Sequence[View] = ()


def snapshot(
    connection: duckdb.DuckDBPyConnection, store: Path, schemas: Sequence[pa.Schema], views: Sequence[View] = ()
) -> Snapshot:
    """Of *store*, which is attached: each table of *schemas*, empty where it has none yet, and each that none knows.

    Of *views*, those that read what is known, and whose name no table has.
    """
    stored = _stored(connection)
    known = {name_of(schema): schema for schema in schemas}
    unknown = sorted(name for name in stored.keys() - known.keys() if not name.startswith(DLT))
    tables = [
        *(_known(schema, stored.get(name, {})) for name, schema in known.items()),
        *(_unknown(name, stored[name]) for name in unknown),
    ]
    free = [view for view in views if view.name not in {table.name for table in tables}]
    return Snapshot(store=store, state=state_of_database(store), tables=tables, views=possible(free, known))


def fingerprints(connection: duckdb.DuckDBPyConnection, tables: Sequence[Table]) -> Mapping[str, str]:
    """One a table, equal as long as rows, columns, types and comments are; the order of rows says nothing.

    Reads all rows, in one query: planning one a table would take as long as reading a small warehouse.
    """
    queries = [
        f"(SELECT {place} AS place, count(*), bit_xor(row), sum(row) "
        f"FROM (SELECT hash({', '.join(map(identifier, table.comments))}) AS row FROM ({table.sql})))"
        for place, table in enumerate(tables)
    ]
    found = connection.execute(f"{' UNION ALL '.join(queries)} ORDER BY place").fetchall() if queries else []
    return {table.name: digest(table.form, told[1:]) for table, told in zip(tables, found, strict=True)}


def identifier(name: str) -> str:
    """*name* as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def _stored(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[str, str]]:
    """The tables of the store, each with its columns."""
    found: dict[str, dict[str, str]] = {}
    rows = connection.execute(
        "SELECT table_name, column_name, data_type FROM duckdb_columns() "
        "WHERE database_name = 'store' AND schema_name = ? ORDER BY table_name, column_index",
        [DATASET],
    ).fetchall()
    for table, column, kind in rows:
        found.setdefault(table, {})[column] = "TIMESTAMPTZ" if kind == "TIMESTAMP WITH TIME ZONE" else kind
    return found


def _known(schema: pa.Schema, stored: Columns) -> Table:
    return _table(
        name_of(schema),
        stored,
        {field.name: sql_type(field) for field in schema},
        comment=comment_of(schema),
        comments={field.name: column_comment_of(field) for field in schema},
    )


def _unknown(name: str, stored: Columns) -> Table:
    columns = _without_mark(stored)
    comments = dict.fromkeys(columns, NOBODY_DESCRIBED)
    return _table(name, stored, columns, comment=NOBODY_DESCRIBED, comments=comments)


def _table(name: str, stored: Columns, columns: Columns, *, comment: str, comments: Mapping[str, str]) -> Table:
    sql = _select(name, stored, columns)
    return Table(
        name=name,
        sql=sql,
        plain_sql=_select(name, stored, {column: _plain(kind) for column, kind in columns.items()}),
        comment=comment,
        comments=comments,
        as_stored=[*_without_mark(stored).items()] == [*columns.items()],
        form=digest(sql, comment, sorted(comments.items())),
    )


def _plain(kind: str) -> str:
    """The type that Parquet and Delta have for a type of DuckDB."""
    return kind if PLAIN.fullmatch(kind) else "VARCHAR"


def _without_mark(stored: Columns) -> Columns:
    return {column: kind for column, kind in stored.items() if column != GONE}


def digest(*said: object) -> str:
    return hashlib.sha256(repr([LAYOUT, duckdb.__version__, *said]).encode()).hexdigest()


def _select(name: str, stored: Columns, columns: Columns) -> str:
    """Exactly *columns*, null where the store does not have one yet; no row that a merge marked as gone."""
    values = {column: identifier(column) if column in stored else "NULL" for column in columns}
    wanted = ", ".join(f"{values[column]}::{kind} AS {identifier(column)}" for column, kind in columns.items())
    if not stored:
        return f"SELECT {wanted} WHERE false"
    here = f" WHERE {GONE} IS NOT TRUE" if GONE in stored else ""
    return f"SELECT {wanted} FROM store.{DATASET}.{identifier(name)}{here}"
