"""What answers showed of days that nobody read: whether the warehouse has those rows just so (rule W7)."""

from __future__ import annotations

from collections.abc import Collection

import pyarrow as pa
import pyarrow.compute as pc

from schemas.table import answered, key_of
from sources.aleta.catalogue.endpoint import Endpoint
from sources.aleta.planning.windows import Window

from ...warehouse.store import Store
from ...warehouse.warehouse import table_of
from .arrow_rows import last_of_each
from .differences import differences
from .findings import Run, Sighting
from .unchanged import MOST_ROWS, holds_all, values_sql


def is_news(
    store: Store, endpoint: Endpoint, sighting: Sighting, run: Run, *, reach: Window, but_for: Collection[str]
) -> bool:
    """Whether it showed a row that the warehouse has otherwise, or of another parent, or that it should have.

    Args:
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
    return is_old or _any_inside(differing, endpoint, reach)


def _any_inside(rows: pa.Table, endpoint: Endpoint, reach: Window) -> bool:
    """Whether one of *rows* is listed in a window of *reach*: a date of it lies there, or it has none."""
    days = [rows[name] for name in (endpoint.dates.columns if endpoint.dates else ())]
    if not days or pc.max_element_wise(*days).null_count:
        return bool(rows.num_rows)
    first, last = (pa.scalar(day, pa.date32()) for day in (reach.first, reach.last))
    inside = [pc.and_(pc.greater_equal(day, first), pc.less_equal(day, last)) for day in days]
    return any(pc.any(each, min_count=0).as_py() for each in inside)


def _has_all(store: Store, endpoint: Endpoint, sighting: Sighting, rows: pa.Table) -> bool:
    """Whether the warehouse has all *rows*, value for value, among those of their parent on such days."""
    owned = " OR ".join(f"{owner} = $parent" for owner in endpoint.owners)
    near = ""
    if endpoint.dates and endpoint.dates.columns:
        days = ", ".join(endpoint.dates.columns)
        near = f" AND coalesce(greatest({days}) >= $first AND least({days}) <= $last, true)"
    there = {"parent": sighting.parent_id, "first": sighting.window.first, "last": sighting.window.last}
    values, place = values_sql(endpoint), store.rows(endpoint.schema)
    sql = f"SELECT {values} FROM {place} WHERE ({owned}){near} LIMIT {2 * MOST_ROWS}"
    stored = table_of(store.sql, sql, there if near else {"parent": sighting.parent_id})
    key = key_of(endpoint.schema)[0]
    return holds_all(stored, rows, key=key, may_have=stored[key].combine_chunks())
