"""Rows of the warehouse that an answer should have shown, and did not (rules D3, D6, D7): SQL over staged tables."""

from __future__ import annotations

from collections.abc import Sequence

from schemas.table import key_of
from sources.aleta.catalogue.endpoint import Endpoint

from .staged import once_per_owner

BACKFILLED_AHEAD_DAYS = 366
"""Rows whose days all lie so little beyond a night's windows may be there by a backfill: no night judges them."""


def missed_rows(endpoint: Endpoint, *, elsewhere: str) -> str:
    """SQL for the rows of `known` that `proven` days should have shown, one for each parent that misses it.

    D3: both dates proven, in no answer of the package, in none that an earlier package of this run brought.
    D7: where the whole history is read, also what no window reaches: dates that are missing, or lie outside.
    Of an fx-spot, both accounts may miss it. What is asked for whole has no dates.

    Args:
        elsewhere: a further condition, that no parent lists it that is not read; or empty.
    """
    key, dates = key_of(endpoint.schema)[0], endpoint.dates.columns if endpoint.dates else ()
    days = [f"k.{column}" for column in dates]
    first, last = (f"{side}({', '.join(days)})" for side in ("least", "greatest"))
    here, window = "true", "NULL::DATE AS first_day, NULL::DATE AS last_day"
    if days:
        here, window = f"({_unseen(days, first, last)})", f"min({first}) AS first_day, max({last}) AS last_day"
    late = f"bool_or({first} BETWEEN p.since AND p.through)" if days else "true"
    return (
        f"SELECT k.{key}, p.parent_id, {late} AS late, bool_or(p.settles) AS settled, {window} "
        f"FROM {once_per_owner('known', endpoint.owners)} k JOIN proven p ON k.owner = p.parent_id AND {here} "
        f"WHERE k.{key} NOT IN (SELECT {key} FROM fresh) "
        f"AND k.{key} NOT IN (SELECT id FROM seen_before){elsewhere} GROUP BY 1, 2"
    )


def _unseen(days: Sequence[str], first: str, last: str) -> str:
    """The condition that a row of such *days*, from *first* to *last*, should have been shown."""
    missing = " OR ".join(f"{day} IS NULL" for day in days)
    inside = f"NOT ({missing}) AND {first} >= p.first AND {last} <= p.last AND {last} >= p.new_from"
    ahead = f"{first} > p.last AND {last} <= p.last + {BACKFILLED_AHEAD_DAYS}"
    unreached = f"p.ended AND ({missing} OR {first} < p.first OR ({last} > p.last AND NOT ({ahead})))"
    partly = " OR ".join(f"{day} BETWEEN p.new_from AND p.last" for day in days)
    odd = f"NOT p.settles AND ({missing} OR {first} < p.reach_first OR {last} > p.reach_last) AND ({partly})"
    return f"({inside}) OR ({unreached}) OR ({odd})"
