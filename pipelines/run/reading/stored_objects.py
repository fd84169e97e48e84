"""Which objects the warehouse names: those that rows name, and those that lists showed last."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta

from schemas.table import key_of
from sources.aleta.catalogue.catalogue import CATALOGUE
from sources.aleta.catalogue.endpoint import Endpoint
from sources.aleta.reading.objects.below import members_below

from ...warehouse.store import Slice, Store
from .known import Known

NO_PARENT = "''"
ASK_REMOVED_AGAIN = timedelta(days=7)
"""Every night for so long: where a list is cut, nothing else would show that an object is there after all (L2)."""


def stored_objects(
    store: Store, endpoints: Sequence[Endpoint], *, now: datetime, clients: Collection[str] = ()
) -> Known:
    """For each of *endpoints* that has no list, the ids that rows name; of the others, what the API showed last.

    Args:
        now: when the run began, which asks again for what was removed lately.
        clients: only what hangs below these, and what their rows name; empty: all.
    """
    found = Known()
    for endpoint in endpoints:
        if endpoint.named_in:
            named = [store.distinct(CATALOGUE[table].schema, column) for table, column in endpoint.places]
            found.named[endpoint.name] = set[str]().union(*named)
            shown, found.removed[endpoint.name] = _shown_and_removed(store, endpoint, now - ASK_REMOVED_AGAIN)
            found.shown[endpoint.name] = set(shown)
        elif endpoint.crawled and store.columns(endpoint.schema):
            shown, found.removed[endpoint.name] = _shown_and_removed(store, endpoint, now - ASK_REMOVED_AGAIN)
            found.members[endpoint.name] = shown
        elif endpoint.none_is_404 and endpoint.dates and endpoint.by_day and store.columns(endpoint.schema):
            found.last_days[endpoint.name] = _last_days(store, endpoint, *endpoint.dates.columns)
    if clients:
        _narrow(found, store, endpoints, clients)
    return found


def _shown_and_removed(store: Store, endpoint: Endpoint, since: datetime) -> tuple[dict[str, str], dict[str, str]]:
    """What is there, and what was removed *since* then."""
    objects = _objects(store, endpoint)
    return (
        _members(store, f"{objects} WHERE removed_at IS NULL"),
        _members(store, f"{objects} WHERE removed_at > TIMESTAMPTZ '{since}'"),
    )


def _members(store: Store, objects: str) -> dict[str, str]:
    """Each object's id, and that of its parent."""
    return dict(store.sql.execute(objects).fetchall())


def _objects(store: Store, endpoint: Endpoint) -> str:
    key, parent = key_of(endpoint.schema)[0], endpoint.parent_column or NO_PARENT
    rows = store.rows(endpoint.schema, [key, *filter(None, [endpoint.parent_column]), "removed_at"])
    return f"SELECT {key}, {parent} FROM {rows}"


def _last_days(store: Store, endpoint: Endpoint, day: str) -> dict[str, date]:
    """Of each parent with rows the last day that has one."""
    rows = store.rows(endpoint.schema, [endpoint.parent_column, day])
    last = f"SELECT {endpoint.parent_column}, max({day}) FROM {rows} WHERE {day} IS NOT NULL GROUP BY 1"
    return dict(store.sql.execute(last).fetchall())


def _narrow(found: Known, store: Store, endpoints: Sequence[Endpoint], clients: Collection[str]) -> None:
    """Leave in *found* what hangs below *clients*; the rows of what was removed name what they named."""
    crawled = [endpoint for endpoint in endpoints if endpoint.crawled and store.columns(endpoint.schema)]
    ever = {endpoint.name: _members(store, _objects(store, endpoint)) for endpoint in crawled}
    below = members_below(endpoints, ever, clients)
    for name, members in found.members.items():
        inside = below.get(name, set())
        found.outside[name] = members.keys() - inside
        found.members[name] = {own_id: parent for own_id, parent in members.items() if own_id in inside}
    for endpoint in endpoints:
        if endpoint.named_in:
            named = [_named_by(store, CATALOGUE[table], column, below) for table, column in endpoint.places]
            below[endpoint.name] = found.named[endpoint.name] = set[str]().union(*named)
            found.shown[endpoint.name] &= below[endpoint.name]
    for name, removed in found.removed.items():
        found.removed[name] = {own_id: parent for own_id, parent in removed.items() if own_id in below.get(name, ())}


def _named_by(store: Store, endpoint: Endpoint, column: str, below: dict[str, set[str]]) -> set[str]:
    """The ids in *column* of the rows that hang below the chosen clients."""
    owners = endpoint.owners if endpoint.parent else key_of(endpoint.schema)
    ids = sorted(below.get(endpoint.parent or endpoint.name, ()))
    if not ids or column not in store.columns(endpoint.schema):
        return set()
    slices = [Slice(column=owner, values=ids) for owner in owners]
    rows = store.rows(endpoint.schema, [column, *owners], slices)
    owned = " OR ".join(f"{owner} IN (SELECT unnest($1))" for owner in owners)
    sql = f"SELECT DISTINCT {column} FROM {rows} WHERE {column} IS NOT NULL AND ({owned})"
    return {row[0] for row in store.sql.execute(sql, [ids]).fetchall()}
