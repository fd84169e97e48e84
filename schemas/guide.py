"""The guide to the views, in Markdown: the columns of each view, and an example with its result.

`make docs` writes it to docs/views.md. The results are computed from the rows in `example`, in an in-memory DuckDB.
"""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence

import duckdb

from .dictionary import row
from .table import name_of, sql_type
from .tables import TABLES
from .views.example import ROWS, Row
from .views.view import View
from .views.views import VIEWS

_WIDE = 120
_INTRODUCTION = """\
# The views

Queries that an analyst would write first, kept in the DuckDB file `data/TENANT/warehouse.duckdb` beside the tables
(docs/tables.md), in the same schema: `FROM aleta.cash_balances`. A warehouse in PostgreSQL has them in each tenant's
schema (docs/destinations.md); Parquet and Delta copies and other destinations have none. The queries are in `schemas/`,
and in the file itself: `SELECT view_name, sql FROM duckdb_views() WHERE NOT internal`.

- A view is computed when it is read, so it is never older than the tables.
- Descriptions and units are SQL comments (`duckdb_views()`, `duckdb_columns()`, `duckdb_functions()`).
- Amounts are sums of DECIMAL(38,12), exact to the last digit. Currencies are never added up: every amount stands beside
  its `ccy_code`, and a query that adds up should group by it.
- A view over tables that were not read (`resources` leaves some out) exists and is empty.

The results below are those of a small family that was made up for this page. It is written by `make docs`.
"""


def text(views: Sequence[View] = VIEWS) -> str:
    """The page: a list of all views, then each with its columns and its example."""
    with opened(ROWS, views) as warehouse:
        return "\n".join([_INTRODUCTION, *_index(views), *(line for view in views for line in _view(warehouse, view))])


def opened(rows: Mapping[str, Iterable[Row]], views: Iterable[View] = VIEWS) -> duckdb.DuckDBPyConnection:
    """A warehouse in memory that holds *rows* (by table) in the tables of the schemas, and *views* over them."""
    connection = duckdb.connect(":memory:")
    connection.execute("SET TimeZone = 'UTC'; CREATE SCHEMA aleta")
    for schema in TABLES:
        columns = ", ".join(f'"{field.name}" {sql_type(field)}' for field in schema)
        connection.execute(f"CREATE TABLE aleta.{name_of(schema)} ({columns})")
    for view in views:
        for statement in view.statements():
            connection.execute(statement)
    fill(connection, rows)
    return connection


def fill(warehouse: duckdb.DuckDBPyConnection, rows: Mapping[str, Iterable[Row]]) -> None:
    """Insert *rows* (by table); a column that a row leaves out is null."""
    for table, records in rows.items():
        for record in records:
            marks = ", ".join(["?"] * len(record))
            statement = f"INSERT INTO aleta.{table} ({', '.join(record)}) VALUES ({marks})"  # noqa: S608
            warehouse.execute(statement, list(record.values()))


def _index(views: Iterable[View]) -> Iterator[str]:
    yield from ("| view | what a row is |", "| --- | --- |")
    for view in views:
        yield row(f"[`{_called(view)}`](#{view.name})", view.description)
    yield ""


def _called(view: View) -> str:
    return f"{view.name}({view.takes})" if view.takes else view.name


def _view(warehouse: duckdb.DuckDBPyConnection, view: View) -> Iterator[str]:
    yield from (f"## {view.name}", "", f"{view.description}.", "")
    for note in view.notes:
        yield textwrap.fill(note, _WIDE, initial_indent="- ", subsequent_indent="  ")
    yield from ("", f"Reads {', '.join(f'`{name}`' for name in view.reads)}.", "")
    yield from ("| column | type | unit | what it is |", "| --- | --- | --- | --- |")
    types = dict(_described(warehouse, view))
    for column in view.columns:
        yield row(f"`{column.name}`", types[column.name], column.unit, column.description)
    yield from ("", f"**{view.question}**", "", "```sql", view.example, "```", "")
    yield from (*_result(warehouse, view.example), "")


def _described(warehouse: duckdb.DuckDBPyConnection, view: View) -> list[tuple[str, str]]:
    source = f"aleta.{view.name}(now())" if view.takes else f"aleta.{view.name}"
    return [(result[0], _short(result[1])) for result in warehouse.execute(f"DESCRIBE FROM {source}").fetchall()]


def _short(kind: str) -> str:
    return "TIMESTAMPTZ" if kind == "TIMESTAMP WITH TIME ZONE" else kind


def _result(warehouse: duckdb.DuckDBPyConnection, query: str) -> Iterator[str]:
    result = warehouse.execute(query)
    names = [column[0] for column in result.description or ()]
    yield from (row(*names), row(*["---"] * len(names)))
    for values in result.fetchall():
        yield row(*map(_shown, values))


def _shown(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(_shown, value))
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


if __name__ == "__main__":
    sys.stdout.write(text())
