"""One id that stands for two contents (rule D8): found in SQL over the temporary tables of a comparison.

`given` has the rows of all answers, each with the number of its answer, and whose rows of which days were asked for.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import duckdb
import pyarrow as pa

from schemas.table import ROW_KEY, answered, key_of
from sources.aleta.catalogue.endpoint import Endpoint
from sources.aleta.planning.windows import Window, hulls

from ...warehouse.store import Slice, Store
from ..row_content import stage_contents
from ..row_hash import row_hash
from .findings import AskedFor, Conflict, Run
from .staged import once_per_owner


def register_given(
    sql: duckdb.DuckDBPyConnection, incoming: pa.Table, batches: Sequence[pa.RecordBatch], asked: Sequence[AskedFor]
) -> None:
    """Make `given` of *incoming*, the rows of *batches* in their order, each the answer to one of *asked*."""
    told: dict[str, tuple[pa.DataType, list[object]]] = {
        "answer": (pa.int64(), [*range(len(batches))]),
        "asked": (pa.string(), [parent for parent, _ in asked]),
        "asked_first": (pa.date32(), [days and days.first for _, days in asked]),
        "asked_last": (pa.date32(), [days and days.last for _, days in asked]),
    }
    for name, (kind, values) in told.items():
        pairs = zip(values, batches, strict=True)
        chunks = [pa.repeat(pa.scalar(value, kind), batch.num_rows) for value, batch in pairs]
        incoming = incoming.append_column(name, pa.chunked_array(chunks, kind))
    sql.register("given", incoming)


def within_package(sql: duckdb.DuckDBPyConnection, endpoint: Endpoint) -> list[Conflict]:
    """Ids with two contents within one answer or in those of two parents; in two answers of one, it was edited."""
    key, columns = key_of(endpoint.schema)[0], answered(endpoint.schema)
    contents = stage_contents(sql, "given", columns)
    doubled = (
        f"SELECT {key} FROM given WHERE {key} IN (SELECT {key} FROM given GROUP BY 1 HAVING count(*) > 1) GROUP BY 1 "
        f"HAVING count(DISTINCT {row_hash(columns, contents)}) > 1 "
        "AND (count(DISTINCT asked) > 1 OR count(DISTINCT answer) < count(*))"
    )
    return _conflicts(sql, f"SELECT {key}, asked, {_given_days(endpoint)}, false FROM given WHERE {key} IN ({doubled})")


def displaced(sql: duckdb.DuckDBPyConnection, endpoint: Endpoint, run: Run) -> list[Conflict]:
    """Ids of rows that would take the place of what another parent had, which this package did not ask.

    The row may have moved; or the other parent lists it still, with another content. Whoever is read whole, in the same
    package for all the days of what it had, and does not show it, has it no more. Where *run* reads some clients only,
    what names a parent of another one still was edited, for all that it can know: who reads both tells.
    """
    key = key_of(endpoint.schema)[0]
    if key == ROW_KEY.name:  # the natural key is the content that tells rows apart
        return []
    changed = f"(SELECT k.* FROM known k JOIN fresh f USING ({key}) WHERE k.row_hash <> f.row_hash)"
    stored = (
        f"SELECT {key}, owner, {_days(endpoint, 'k')} FROM {once_per_owner(changed, endpoint.owners)} k "
        f"WHERE owner IS NOT NULL AND NOT EXISTS (FROM given g WHERE g.{key} = k.{key} AND g.asked = k.owner)"
    )
    if run.clients:
        named = once_per_owner("fresh", endpoint.owners)
        stored += f" AND NOT EXISTS (FROM {named} f WHERE f.{key} = k.{key} AND f.owner = k.owner)"
    unasked = (
        f"SELECT * FROM ({stored}) s WHERE NOT EXISTS (FROM proven p WHERE p.parent_id = s.owner "
        "AND NOT p.partial AND p.new_first <= s.first_day AND s.last_day <= p.new_last)"
    )
    return _conflicts(
        sql,
        f"WITH unasked AS ({unasked}) SELECT *, true FROM unasked UNION ALL "
        f"SELECT {key}, asked, {_given_days(endpoint)}, false FROM given WHERE {key} IN (SELECT {key} FROM unasked)",
    )


def stored_days(store: Store, endpoint: Endpoint, ids: Collection[str]) -> Mapping[str, Mapping[str, Window | None]]:
    """Of the rows with these *ids* that the warehouse has: whose they are, and the days of each."""
    key = key_of(endpoint.schema)[0]
    columns = [key, *endpoint.owners, *(endpoint.dates.columns if endpoint.dates else ())]
    rows = store.rows(endpoint.schema, columns, [Slice(column=key, values=[*ids])])
    owned = once_per_owner(f"(SELECT * FROM {rows} WHERE list_contains($1, {key}))", endpoint.owners)
    found = store.sql.execute(
        f"SELECT {key}, owner, {_days(endpoint, 'k')} FROM {owned} k WHERE owner IS NOT NULL", [[*ids]]
    )
    days: dict[str, dict[str, Window | None]] = {}
    for own_id, parent, first, last in found.fetchall():
        days.setdefault(own_id, {})[parent] = Window(first, last) if first and last else None
    return days


def _conflicts(sql: duckdb.DuckDBPyConnection, rows: str) -> list[Conflict]:
    """From rows of key, parent, first and last day, and whether that parent was not asked."""
    found: dict[str, dict[str, Window | None]] = {}
    unasked: dict[str, set[str]] = {}
    for own_id, parent, first, last, was_not_asked in sql.execute(f"{rows} ORDER BY ALL").fetchall():
        days = Window(first, last) if first and last else None
        found[own_id] = hulls(found.get(own_id, {}), {parent: days})
        unasked.setdefault(own_id, set()).update([parent] if was_not_asked else ())
    return [
        Conflict(id=own_id, parents=parents, unasked=frozenset(unasked[own_id])) for own_id, parents in found.items()
    ]


def _given_days(endpoint: Endpoint) -> str:
    """SQL for the first and the last day of a row of `given`; where one of its days is missing, of its answer."""
    return _days(endpoint, "given", otherwise=("asked_first", "asked_last"))


def _days(endpoint: Endpoint, table: str, *, otherwise: tuple[str, str] = ("NULL", "NULL")) -> str:
    """SQL for the first and the last day of a row; *otherwise*, where one of its days is missing."""
    dates = [f"{table}.{column}" for column in endpoint.dates.columns] if endpoint.dates else []
    if not dates:
        return "NULL::DATE AS first_day, NULL::DATE AS last_day"
    known = " AND ".join(f"{day} IS NOT NULL" for day in dates)
    first, last = f"least({', '.join(dates)})", f"greatest({', '.join(dates)})"
    ends = {"first_day": (first, otherwise[0]), "last_day": (last, otherwise[1])}
    return ", ".join(f"CASE WHEN {known} THEN {day} ELSE {other} END AS {name}" for name, (day, other) in ends.items())
