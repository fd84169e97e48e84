"""The sources of the dbt project: every table and column with its description, keys and freshness, as YAML. Pure.

`make docs` writes it to dbt/models/sources.yml. YAML takes JSON strings, so that no text needs escaping of its own.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence

import pyarrow as pa

from .table import fact, key_of, name_of, sql_type
from .tables import TABLES

_HEAD = """\
# Written by `make docs` from schemas/. Where the tables are is said by the variables in dbt_project.yml.
version: 2

sources:
  - name: aleta
    description: The tables of aleta-sync, as docs/tables.md has them
    database: "{{ var('aleta_database') }}"
    schema: "{{ var('aleta_schema') }}"
    config:
      # A table that did not change is as fresh as the last run that found it so.
      loaded_at_query: >-
        select max(ended_at) from {{ var('aleta_database') }}.{{ var('aleta_schema') }}.sync_runs
        where status = 'complete'
      freshness:
        warn_after: {count: 26, period: hour}
        error_after: {count: 50, period: hour}
    tables:
"""


def text(tables: Sequence[pa.Schema] = TABLES) -> str:
    """The file that describes *tables*."""
    return _HEAD + "".join(f"{line}\n" for schema in tables for line in _table(schema))


def _table(schema: pa.Schema) -> Iterator[str]:
    yield f"      - name: {name_of(schema)}"
    yield f"        description: {json.dumps(fact(schema, 'description'), ensure_ascii=False)}"
    yield "        columns:"
    for field in schema:
        yield from _column(field, key=key_of(schema))


def _column(field: pa.Field, *, key: tuple[str, ...]) -> Iterator[str]:
    unit = fact(field, "unit")
    described = f"{fact(field, 'description')} [{unit}]" if unit else fact(field, "description")
    yield f"          - name: {field.name}"
    yield f"            description: {json.dumps(described, ensure_ascii=False)}"
    yield f"            data_type: {sql_type(field)}"
    if key == (field.name,):
        yield "            data_tests: [unique, not_null]"


if __name__ == "__main__":
    sys.stdout.write(text())
