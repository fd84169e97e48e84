"""The temporary tables of a comparison, and queries on them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import duckdb
import pyarrow as pa

from ..warehouse.store import Slice
from .findings import Proven


def once_per_owner(table: str, owners: Sequence[str]) -> str:
    """SQL for the rows of *table*, once for each parent they name, as `owner`.

    A join on that is fast; one on several columns is not.
    """
    owner = f"unnest([{', '.join(owners)}])" if len(owners) > 1 else owners[0]
    return f"(SELECT *, {owner} AS owner FROM {table})"


def slices_of_keys(sql: duckdb.DuckDBPyConnection, key: str, table: str, *, column: str = "") -> Iterator[Slice]:
    """The rows of a warehouse table whose keys are in *table*; the keys are read when the store asks for them.

    Args:
        column: what *key* is called in the warehouse, where it is called otherwise.
    """
    yield Slice(column=column or key, values=[row[0] for row in sql.table(table).select(key).fetchall()])


def table_of_proven(proven: Sequence[Proven]) -> pa.Table:
    """The temporary table `proven`: a row a parent and span."""
    return pa.table(
        {
            "parent_id": pa.array([parent.parent_id for parent in proven], pa.string()),
            "first": pa.array([parent.span.first for parent in proven], pa.date32()),
            "last": pa.array([parent.span.last for parent in proven], pa.date32()),
            "new_from": pa.array([parent.new_from for parent in proven], pa.date32()),
            "since": pa.array([parent.covered and parent.covered.first for parent in proven], pa.date32()),
            "through": pa.array([parent.covered and parent.covered.last for parent in proven], pa.date32()),
            "first_load": pa.array([parent.first_load for parent in proven], pa.bool_()),
            "reach_first": pa.array([parent.reach and parent.reach.first for parent in proven], pa.date32()),
            "reach_last": pa.array([parent.reach and parent.reach.last for parent in proven], pa.date32()),
            "settles": pa.array([parent.settles for parent in proven], pa.bool_()),
            "ended": pa.array([parent.ended for parent in proven], pa.bool_()),
        }
    )
