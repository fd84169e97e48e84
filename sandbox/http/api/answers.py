"""Responses of the computed resources: checks dates, levels and inclusions, applies the cap, shuffles the order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from ...state.computed.holdings import LEVELS
from ...state.computed.resource import Dates, Item, Resource, Selection
from ...state.computed.resources import LONG_AGO, RENAMED, RESOURCES, document
from ...state.store import shown
from ...world.jsontext import Document, Json, dump, inner
from ..wire import RefusalError, data
from .query import Ask, day, known, span

INCLUDABLE = ("instrument", "instruments", "asset", "assets")  # the vendor's pages use four spellings


def computed(resource: Resource) -> Callable[[Ask], bytes]:
    """The rows of *resource* below the owner in the path."""

    def answer(ask: Ask) -> bytes:
        known(ask.store, resource.owner, ask.id)
        items = list(resource.rows(ask.store, _selection(ask, resource)))
        if resource.single:
            return _single(ask, items)
        if resource.limited and ask.settings.limited_series:
            items = ask.store.cut(items, ask.settings, owner=ask.id)
        elif cap := ask.settings.list_caps.get(resource.name):
            items = ask.store.cut(items, ask.settings, list_cap=cap)
        ask.store.shuffler.shuffle(items)
        return _listed(ask, items, included=_included(ask, items) if _includes(ask, resource) else None)

    return answer


def limits_status(ask: Ask) -> bytes:
    """The status of every limit of a client on one day."""
    known(ask.store, "clients", ask.id)
    first = day(ask.query, "date")
    limits = ask.store.listed("limits", ask.id)
    rows = RESOURCES["limit_status"].rows
    items = [item for limit in limits for item in rows(ask.store, Selection(owner=limit.id, first=first, last=first))]
    return _listed(ask, items)


def _selection(ask: Ask, resource: Resource) -> Selection:
    match resource.dates:
        case Dates.SPAN:
            first, last = span(ask, limited=ask.settings.limited_series)
        case Dates.OPTIONAL if ask.settings.overlooks_dates:
            first, last = LONG_AGO, ask.store.today
        case Dates.OPTIONAL:
            first, last = span(ask, limited=ask.settings.limited_series, default=(LONG_AGO, ask.store.today))
        case Dates.DAY:
            first = last = day(ask.query, "date")
        case Dates.NONE:
            first, last = LONG_AGO, ask.store.today
    return Selection(owner=ask.id, first=first, last=last, expand=_levels(ask) if resource.expands else ())


def _levels(ask: Ask) -> tuple[str, ...]:
    """The levels of `expand`, in the order of `LEVELS`.

    Raises:
        RefusalError: 400: an unknown level.
    """
    names = {level: _spellings(level, ask.settings.names) for level in LEVELS}
    requested = [level for level in ask.query.get("expand", "").split(",") if level]
    if unknown := [level for level in requested if not any(level in spellings for spellings in names.values())]:
        raise RefusalError(400, "invalid_parameter", f"expand: {unknown[0]!r} is no level")
    return tuple(level for level, spellings in names.items() if spellings & set(requested))


def _spellings(level: str, names: str) -> set[str]:
    older = RENAMED.get(level, level)
    return {"instrument": {level}, "asset": {older}, "mixed": {level, older}}[names]


def _includes(ask: Ask, resource: Resource) -> bool:
    """Whether the response includes instruments.

    Raises:
        RefusalError: 400: something else is requested.
    """
    requested = [level for level in ask.query.get("include", "").split(",") if level]
    if unknown := [level for level in requested if level not in INCLUDABLE]:
        raise RefusalError(400, "invalid_parameter", f"include: {unknown[0]!r} cannot be included")
    return bool(requested) and resource.owner == "reporting_entities"


def _included(ask: Ask, items: list[Item]) -> list[Document]:
    """Each instrument that a row refers to, once."""
    links = (item.relations.get("instrument") for item in items)
    idents = dict.fromkeys(str(inner(link, "data")["id"]) for link in links if isinstance(link, dict))
    return [shown(ask.store, ask.store.entities[ident], ask.settings) for ident in idents]


def _listed(ask: Ask, items: list[Item], *, included: list[Document] | None = None) -> bytes:
    body = data(dump(entry).encode() for entry in _documents(ask, items))
    if included is None:
        return body
    resources: Json = list(included)
    return body[:-1] + b',"included":' + dump(resources).encode() + b"}"


def _single(ask: Ask, items: list[Item]) -> bytes:
    if not items:
        raise RefusalError(404, "not_found", "Nothing is computed for that day")
    return dump({"data": next(_documents(ask, items))}).encode()


def _documents(ask: Ask, items: list[Item]) -> Iterator[Document]:
    """The JSON:API objects; rows without a stable id get a new one in every response."""
    for item in items:
        ident = item.id or f"{ask.store.shuffler.getrandbits(96):024x}"
        yield document(replace(item, id=ident), ask.settings)
