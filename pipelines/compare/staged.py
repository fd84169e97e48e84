"""Queries on the temporary tables of a comparison."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import duckdb

from ..warehouse.store import Slice


def once_per_owner(table: str, owners: Sequence[str]) -> str:
    """SQL for the rows of *table*, once for each parent they name, as `owner`.

    A join on that is fast; one on several columns is not.
    """
    owner = f"unnest([{', '.join(owners)}])" if len(owners) > 1 else owners[0]
    return f"(SELECT *, {owner} AS owner FROM {table})"


def slices_of_keys(sql: duckdb.DuckDBPyConnection, key: str, table: str) -> Iterator[Slice]:
    """The rows of a warehouse table whose keys are in *table*; the keys are read when the store asks for them."""
    yield Slice(column=key, values=[row[0] for row in sql.table(table).select(key).fetchall()])
