"""What answers showed of days that nobody read: whether the warehouse has those rows just so (rule W7)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from schemas.table import answered, key_of
from sources.aleta.catalogue.endpoint import Endpoint
from sources.aleta.planning.windows import Window

from ...warehouse.store import Store
from ...warehouse.warehouse import table_of
from .arrow_rows import last_of_each, reaches_beyond
from .differences import differences
from .findings import Run
from .unchanged import MOST_ROWS, holds_all, values_sql


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """What an answer showed that is not loaded: it was asked for its size, or for some row that is missed (W7).

    Args:
        rows: the API's part of the schema.
    """

    parent_id: str
    window: Window
    rows: pa.RecordBatch


def sighting_of(
    endpoint: Endpoint, parent: str, window: Window, rows: pa.RecordBatch, *, read: Window | None
) -> Sighting:
    """Of the *rows* of an answer to *window*, those that name more than days of *read*: of these, windows are loaded.

    Nothing of what is asked for day by day or whole: a history of days would be a request for each of them, and what is
    whole shows all that there is.
    """
    columns = _dates(endpoint)
    if not columns:
        rows = rows.slice(0, 0)
    elif read:
        rows = rows.filter(reaches_beyond(rows, columns, read))
    return Sighting(parent_id=parent, window=window, rows=rows)


def is_news(
    store: Store, endpoint: Endpoint, sighting: Sighting, run: Run, *, reach: Window, but_for: Collection[str]
) -> bool:
    """Whether it showed a row that the warehouse has otherwise, or of another parent, or that it should have.

    Args:
        endpoint: one whose windows can be divided.
        reach: the whole history of the parent: rows of other days are in the warehouse only if a backfill read them.
        but_for: ids that say nothing here: they may stand for two contents (D8).
    """
    key, schema = key_of(endpoint.schema)[0], answered(endpoint.schema).remove_metadata()
    known = pc.is_in(sighting.rows[key], value_set=pa.array(sorted(but_for), pa.string()))
    rows = sighting.rows.filter(pc.invert(known))
    few = store.local and rows.num_rows <= MOST_ROWS
    if few and _has_all(store, endpoint, sighting, last_of_each(pa.Table.from_batches([rows.cast(schema)]), key)):
        return False
    asked = (sighting.parent_id, sighting.window)
    differing = differences(store, endpoint, [rows], [], asked=[asked], seen_before=(), run=run).rows.data
    is_old = pc.any(pc.less(differing["first_seen_at"], pa.scalar(run.now)), min_count=0).as_py()
    return is_old or _any_inside(differing, _dates(endpoint), reach)


def _dates(endpoint: Endpoint) -> Sequence[str]:
    return endpoint.dates.columns if endpoint.dates and endpoint.dates.divisible else ()


def _any_inside(rows: pa.Table, dates: Sequence[str], reach: Window) -> bool:
    """Whether one of *rows* is listed in a window of *reach*: a date of it lies there, or it has none."""
    days = [rows[name] for name in dates]
    if pc.max_element_wise(*days).null_count:
        return True
    first, last = (pa.scalar(day, pa.date32()) for day in (reach.first, reach.last))
    inside = [pc.and_(pc.greater_equal(day, first), pc.less_equal(day, last)) for day in days]
    return any(pc.any(each, min_count=0).as_py() for each in inside)


def _has_all(store: Store, endpoint: Endpoint, sighting: Sighting, rows: pa.Table) -> bool:
    """Whether the warehouse has all *rows*, value for value, among those of their parent on such days."""
    owned, days = " OR ".join(f"{owner} = $parent" for owner in endpoint.owners), ", ".join(_dates(endpoint))
    sql = (
        f"SELECT {values_sql(endpoint)} FROM {store.rows(endpoint.schema)} WHERE ({owned}) "
        f"AND coalesce(greatest({days}) >= $first AND least({days}) <= $last, true) LIMIT {2 * MOST_ROWS}"
    )
    there = {"parent": sighting.parent_id, "first": sighting.window.first, "last": sighting.window.last}
    stored, key = table_of(store.sql, sql, there), key_of(endpoint.schema)[0]
    return holds_all(stored, rows, key=key, may_have=stored[key].combine_chunks())
