"""What SQL databases do each in their own way: values on their way there and back, days, clocks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from dlt.destinations.sql_client import SqlClientBase


def as_it_is(value: object) -> object:
    """For a driver that takes days and instants."""
    return value


def as_arrow(values: Sequence[object], field: pa.Field) -> pa.Array:
    """For a driver that gives decimals, days and instants."""
    return pa.array(values, field.type)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """One kind of database, as far as the program itself speaks SQL to it.

    Args:
        name: for people.
        is_proven: the conformance suite runs on it (`tests/e2e/destinations/`).
        has_json: there is a type for JSON that keeps the text as it came; elsewhere JSON is text.
        day_after: SQL for the day after `{day}`; empty where nobody tried it: then no receipt is ever dropped (C7).
        now: SQL for the database's clock, whole seconds since 1970; empty where nobody tried it: then no lease is kept.
        bind: a value as the driver takes it.
        array: the values of one column, as the driver gives them, as Arrow.
        lay_out: makes what analysts find beside the rows, given an open client of the dataset; None: nothing is made.
    """

    name: str
    is_proven: bool = False
    has_json: bool = False
    day_after: str = ""
    now: str = ""
    bind: Callable[[object], object] = as_it_is
    array: Callable[[Sequence[object], pa.Field], pa.Array] = as_arrow
    lay_out: Callable[[SqlClientBase[Any]], None] | None = None


DUCKDB = Dialect(name="duckdb", is_proven=True, has_json=True, day_after="{day} + 1")
