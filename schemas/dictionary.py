"""The data dictionary: every table and column, in Markdown. Pure.

`make docs` writes it to docs/tables.md.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence

import pyarrow as pa

from .table import fact, key_of, left_out, name_of, natural_key_of, sql_type
from .tables import TABLES
from .views.view import View
from .views.views import VIEWS

_INTRODUCTION = """\
# The data dictionary

Every table of the dataset `aleta`, in the DuckDB file and in Parquet. The same descriptions and units are SQL comments
in the DuckDB file (`duckdb_tables()`, `duckdb_columns()`). This page is written by `make docs` from `schemas/`.

- A table that nothing was read into yet exists and is empty.
- "From the API" says which part of a JSON:API resource fills a column, in every spelling that is understood; a column
  without it is filled by aleta-sync.
- Values that no column has are in `extra`, under the API's own names.
- A table with `row_key` has a natural key of which some columns may be null: `row_key` is its values in one text. Join
  on the columns of the natural key.
- JSON columns hold values as the API returned them, to the last digit. DuckDB reads numbers in JSON as doubles: if
  digits matter, use the DECIMAL columns beside them.
"""


def text(tables: Sequence[pa.Schema], views: Sequence[View] = VIEWS) -> str:
    """The dictionary of *tables*, in their order: a list of all and of *views*, then each table with its columns."""
    lists = [*_index(tables), *_views(views)]
    return "\n".join([_INTRODUCTION, *lists, *(line for schema in tables for line in _table(schema))])


def _index(tables: Iterable[pa.Schema]) -> Iterator[str]:
    yield from ("| table | what it holds |", "| --- | --- |")
    for schema in tables:
        yield row(f"[`{name_of(schema)}`](#{name_of(schema)})", fact(schema, "description").split(". Natural key: ")[0])
    yield ""


def _views(views: Iterable[View]) -> Iterator[str]:
    yield from ("Only in the DuckDB file, over these tables ([views.md](views.md)):", "")
    yield from ("| view | what a row is |", "| --- | --- |")
    for view in views:
        yield row(f"[`{view.name}`](views.md#{view.name})", view.description)
    yield ""


def _table(schema: pa.Schema) -> Iterator[str]:
    yield from (f"## {name_of(schema)}", "", f"{fact(schema, 'description')}.", "", f"Key: {_names(key_of(schema))}.")
    if natural_key_of(schema) != key_of(schema):
        yield f"It stands for the natural key {_names(natural_key_of(schema))}."
    if left_out(schema):
        yield f"Deliberately not stored: {_names(sorted(left_out(schema)))}."
    yield from ("", "| column | type | unit | from the API | what it is |", "| --- | --- | --- | --- | --- |")
    yield from (_column(field) for field in schema)
    yield ""


def _column(field: pa.Field) -> str:
    source = ", ".join(f"`{path}`" for path in fact(field, "api").split())
    return row(f"`{field.name}`", sql_type(field), fact(field, "unit"), source, fact(field, "description"))


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def row(*cells: str) -> str:
    """One row of a Markdown table."""
    return f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |"


if __name__ == "__main__":
    sys.stdout.write(text(TABLES))
