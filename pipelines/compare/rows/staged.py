"""The temporary tables of a comparison, and queries on them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

import duckdb
import pyarrow as pa

from sources.aleta.catalogue.endpoint import Endpoint

from ...warehouse.store import Slice
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


def slices_of_proven(endpoint: Endpoint, proven: Sequence[Proven]) -> Iterator[Slice]:
    """What may be missed: rows of the parents whose latest day lies in what is proven, or out of reach (D7)."""
    days = endpoint.dates.columns if endpoint.dates else ()
    near = _by_days((parent.new.first, parent.span.last, parent) for parent in proven)
    ended = _by_days((parent.span.first, parent.span.last, parent) for parent in proven if parent.ended)
    odd = _by_days((date.min, parent.reach.last, parent) for parent in proven if parent.reach and not parent.settles)
    beyond = [(ended, True), (odd, True)] if days else []
    for groups, outside in [(near, False), *beyond]:
        for (first, last), ids in groups.items():
            for column in endpoint.owners:
                yield Slice(column=column, values=ids, days=days, first=first, last=last, outside=outside)


def _by_days(parents: Iterable[tuple[date, date, Proven]]) -> Mapping[tuple[date, date], list[str]]:
    """The ids of *parents*, by the days that are given with each."""
    groups: dict[tuple[date, date], list[str]] = {}
    for first, last, parent in parents:
        groups.setdefault((first, last), []).append(parent.parent_id)
    return groups


def in_days(dates: Sequence[str], proven: Sequence[Proven]) -> str:
    """The same of a column of parents, as a further condition; empty for what is read whole: it has no dates."""
    if not dates:
        return ""
    day = min(parent.new.first for parent in proven)
    beyond = ""
    if first := max((parent.span.first for parent in proven if parent.ended), default=None):
        missing = " OR ".join(f"{column} IS NULL" for column in dates)
        beyond = f" OR {missing} OR least({', '.join(dates)}) < DATE '{first}'"
    return f" AND (greatest({', '.join(dates)}) >= DATE '{day}'{beyond})"


def table_of_proven(proven: Sequence[Proven]) -> pa.Table:
    """The temporary table `proven`: a row a parent and days that are new."""
    return pa.table(
        {
            "parent_id": pa.array([parent.parent_id for parent in proven], pa.string()),
            "first": pa.array([parent.span.first for parent in proven], pa.date32()),
            "last": pa.array([parent.span.last for parent in proven], pa.date32()),
            "new_first": pa.array([parent.new.first for parent in proven], pa.date32()),
            "new_last": pa.array([parent.new.last for parent in proven], pa.date32()),
            "since": pa.array([parent.covered and parent.covered.first for parent in proven], pa.date32()),
            "through": pa.array([parent.covered and parent.covered.last for parent in proven], pa.date32()),
            "first_load": pa.array([parent.first_load for parent in proven], pa.bool_()),
            "reach_first": pa.array([parent.reach and parent.reach.first for parent in proven], pa.date32()),
            "reach_last": pa.array([parent.reach and parent.reach.last for parent in proven], pa.date32()),
            "settles": pa.array([parent.settles for parent in proven], pa.bool_()),
            "partial": pa.array([parent.partial for parent in proven], pa.bool_()),
            "settles_inside": pa.array([parent.settles_inside for parent in proven], pa.bool_()),
            "ended": pa.array([parent.ended for parent in proven], pa.bool_()),
            "lost": pa.array([parent.lost for parent in proven], pa.int64()),
            "had": pa.array([parent.had for parent in proven], pa.int64()),
            "came": pa.array([parent.came for parent in proven], pa.int64()),
        }
    )
