"""A package: the rows of each table, merged on their keys, and the state that commits with them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TypeAlias

import pyarrow as pa

from schemas.table import name_of

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
