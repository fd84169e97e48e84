"""Rows as Arrow: numbered, each key once, some of them, and columns that were not given. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from sources.aleta.planning.windows import Window


def last_of_each(rows: pa.Table, key: str) -> pa.Table:
    """D5: of rows with one key, the one that came last."""
    last = numbered(rows.select([key])).group_by(key).aggregate([("place", "max")])
    return rows if last.num_rows == rows.num_rows else rows.take(last["place_max"].sort())


def numbered(rows: pa.Table) -> pa.Table:
    return rows.append_column("place", pa.arange(0, rows.num_rows))


def at_places(rows: pa.Table, places: pa.ChunkedArray) -> pa.Table:
    """*rows* at *places*, which are in order; not copied, where that is all of them."""
    return rows if len(places) == rows.num_rows else rows.take(places)


def reaches_beyond(rows: pa.RecordBatch, dates: Sequence[str], window: Window) -> pa.BooleanArray:
    """For each row, whether other days than those of *window* may list it: a date of it lies there, or is missing."""
    days = [rows[name] for name in dates]
    first, last = (pa.scalar(day, pa.date32()) for day in (window.first, window.last))
    earliest, latest = (pick(*days, skip_nulls=False) for pick in (pc.min_element_wise, pc.max_element_wise))
    return pc.fill_null(pc.or_(pc.less(earliest, first), pc.greater(latest, last)), fill_value=True)


def filled(given: pa.ChunkedArray | pa.Scalar | None, kind: pa.DataType, rows: int) -> pa.ChunkedArray | pa.Array:
    """A column as it was given, the same value in each row, or null."""
    if given is None:
        return pa.nulls(rows, kind)
    return pa.repeat(given.cast(kind), rows) if isinstance(given, pa.Scalar) else given.cast(kind)
