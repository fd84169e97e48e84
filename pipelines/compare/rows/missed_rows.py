"""Rows of the warehouse that an answer should have shown, and did not (rules D3, D6, D7): SQL over staged tables."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from schemas.table import key_of
from sources.aleta.catalogue.endpoint import Endpoint
from sources.aleta.planning.windows import Window

from .findings import Missed, Unasked
from .staged import once_per_owner

A_FEW = 3  # removed rows of a parent
QUIET_DAYS = 31  # between the days of one row


def missed_rows(endpoint: Endpoint, *, elsewhere: str) -> str:
    """SQL for the rows of `known` that `proven` days should have shown, one for each parent that misses it.

    D3: both dates proven, in no answer of the package, in none that an earlier package of this run brought.
    D7: where the whole history is read, also what names no day that it did not ask for: some or all dates are missing.
    Of an fx-spot, both accounts may miss it. What is asked for whole has no dates.

    Args:
        elsewhere: a further condition, that no parent lists it that is not read; or empty.
    """
    key, dates = key_of(endpoint.schema)[0], endpoint.dates.columns if endpoint.dates else ()
    days = [f"k.{column}" for column in dates]
    first, last = (f"{side}({', '.join(days)})" for side in ("least", "greatest"))
    here, inside, window = "true", "true", "NULL::DATE AS first_day, NULL::DATE AS last_day"
    if days:
        here, inside = f"({_unseen(days, first, last)})", _inside(days, first, last)
        window = f"min({first}) AS first_day, max({last}) AS last_day"
    late = f"bool_or({first} BETWEEN p.since AND p.through)" if days else "true"
    return (
        f"SELECT k.{key}, p.parent_id, {late} AS late, "
        f"bool_or(p.settles OR (p.settles_inside AND {inside})) AS settled, {window}, bool_or({inside}) AS inside "
        f"FROM {once_per_owner('known', endpoint.owners)} k JOIN proven p ON k.owner = p.parent_id AND {here} "
        f"WHERE k.{key} NOT IN (SELECT {key} FROM fresh) "
        f"AND k.{key} NOT IN (SELECT id FROM seen_before){elsewhere} GROUP BY 1, 2"
    )


def removed_rows(sql: duckdb.DuckDBPyConnection, endpoint: Endpoint) -> list[Missed]:
    """Of what is `gone`, a few rows of each parent whose days can be asked for by themselves: the quietest (D6)."""
    if not (endpoint.dates and endpoint.dates.divisible and endpoint.dates.columns):
        return []
    key = key_of(endpoint.schema)[0]
    found = sql.execute(
        f"SELECT {key}, parent_id, first_day, last_day, late FROM missed WHERE settled AND {key} IN "
        f"(SELECT {key} FROM gone) AND last_day - first_day <= {QUIET_DAYS} QUALIFY row_number() OVER "
        f"(PARTITION BY parent_id ORDER BY last_day - first_day, {key}) <= {A_FEW} ORDER BY ALL"
    ).fetchall()
    return [
        Missed(id=own_id, parent_id=parent_id, window=Window(first, last), late=bool(late))
        for own_id, parent_id, first, last, late in found
    ]


def _unseen(days: Sequence[str], first: str, last: str) -> str:
    """The condition that a row of such *days*, from *first* to *last*, should have been shown."""
    missing = " OR ".join(f"{day} IS NULL" for day in days)
    unreached = f"p.ended AND ({missing}) AND NOT ({_beyond(days)})"
    partly = " OR ".join(f"{day} BETWEEN p.new_first AND p.new_last" for day in days)
    odd = f"NOT p.settles AND ({missing} OR {first} < p.reach_first OR {last} > p.reach_last) AND ({partly})"
    return f"({_inside(days, first, last)}) OR ({unreached}) OR ({odd})"


def _inside(days: Sequence[str], first: str, last: str) -> str:
    """The condition that all of its days were asked for."""
    known = " AND ".join(f"{day} IS NOT NULL" for day in days)
    new = f"{last} >= p.new_first AND {first} <= p.new_last"
    return f"{known} AND {first} >= p.first AND {last} <= p.last AND {new}"


def _beyond(days: Sequence[str]) -> str:
    """The condition that a row names a day that its parent was not asked for."""
    return " OR ".join(f"coalesce({day} NOT BETWEEN p.first AND p.last, false)" for day in days)


def unasked_rows(sql: duckdb.DuckDBPyConnection, endpoint: Endpoint, *, elsewhere: str) -> list[Unasked]:
    """The rows of `known` that a whole history did not show, and that name days out of its reach (D7).

    Nobody asked for those days, so the rows may be there; but of those that are `gone`.
    """
    if not endpoint.dates or not endpoint.dates.columns:
        return []
    key, days = key_of(endpoint.schema)[0], [f"k.{column}" for column in endpoint.dates.columns]
    late = f"coalesce(bool_or(least({', '.join(days)}) BETWEEN p.since AND p.through), false)"
    far = ", ".join(f"CASE WHEN {day} NOT BETWEEN p.first AND p.last THEN {day} END" for day in days)
    found = sql.execute(
        f"SELECT k.{key}, p.parent_id, {late}, flatten(list([{far}])) "
        f"FROM {once_per_owner('known', endpoint.owners)} k "
        f"JOIN proven p ON k.owner = p.parent_id AND p.ended AND ({_beyond(days)}) "
        f"WHERE k.{key} NOT IN (SELECT {key} FROM fresh UNION ALL SELECT {key} FROM gone) "
        f"AND k.{key} NOT IN (SELECT id FROM seen_before){elsewhere} GROUP BY 1, 2 ORDER BY 1, 2"
    ).fetchall()
    return [
        Unasked(id=own_id, parent_id=parent_id, late=late, days=frozenset(filter(None, days)))
        for own_id, parent_id, late, days in found
    ]
