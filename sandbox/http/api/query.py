"""A request for a resource, and the checks of its parameters. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from ...settings import SandboxSettings
from ...state.store import Store
from ...world.world import COLLECTIONS
from ..wire import RefusalError

Query: TypeAlias = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One request for a resource: where, the id in the path (empty: none), the query."""

    store: Store
    settings: SandboxSettings
    id: str
    query: Query


def known(store: Store, collection: str, ident: str) -> None:
    """Refuse with 404 an id that is not shown in *collection*."""
    if not store.shown(ident, collection):
        kind = COLLECTIONS[collection].type
        raise RefusalError(404, f"{kind.replace('-', '_')}_not_found", f"No {kind} matched the supplied id.")


def span(ask: Ask, *, limited: bool = True, default: tuple[int, int] | None = None) -> tuple[int, int]:
    """`fromDate` and `toDate` as ordinals; *default* replaces missing ones; without it both are required.

    Raises:
        RefusalError: 400, or 422 when *limited* and too wide.
    """
    names = ("fromDate", "toDate")
    ends = default or (None, None)
    first, last = (day(ask.query, name, default=end) for name, end in zip(names, ends, strict=True))
    if first > last and all(name in ask.query for name in names):
        raise RefusalError(400, "invalid_parameter", "fromDate lies after toDate")
    whole = default is not None and not ask.query.keys() & set(names)  # a request for the whole series has no window
    if limited and not whole and 0 < ask.settings.max_window_days <= last - first:
        raise RefusalError(422, "window_too_wide", f"At most {ask.settings.max_window_days} days at a time")
    return first, last


def day(query: Query, name: str, *, default: int | None = None) -> int:
    """One date of the query as an ordinal.

    Raises:
        RefusalError: 400: it is missing and there is no *default*, or it is no ISO date.
    """
    if name not in query and default is not None:
        return default
    if name not in query:
        raise RefusalError(400, "missing_parameter", f"{name} is required")
    try:
        return date.fromisoformat(query[name]).toordinal()
    except ValueError:
        raise RefusalError(400, "invalid_parameter", f"{name} is no ISO date") from None
