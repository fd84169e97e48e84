"""Answers of the computed resources: dates, levels and inclusions checked, the cap applied, order lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from ..state.computed.holdings import LEVELS
from ..state.computed.resource import Dates, Item, Resource, Wanted
from ..state.computed.resources import LONG_AGO, RENAMED, RESOURCES, document
from ..state.store import shown
from ..world.jsontext import Document, Json, dump, inner
from .query import Ask, day, known, span
from .wire import RefusalError, data

INCLUDABLE = ("instrument", "instruments", "asset", "assets")  # the vendor's pages have four words for one thing


def computed(resource: Resource) -> Callable[[Ask], bytes]:
    """The rows of *resource* below the owner in the path."""

    def answer(ask: Ask) -> bytes:
        known(ask.store, resource.owner, ask.id)
        found = list(resource.rows(ask.store, _wanted(ask, resource)))
        if resource.single:
            return _one(ask, found)
        if resource.limited and ask.settings.limited_series:
            found = ask.store.cut(found, ask.settings)
        ask.store.shuffler.shuffle(found)
        return _listed(ask, found, included=_included(ask, found) if _includes(ask, resource) else None)

    return answer


def limits_status(ask: Ask) -> bytes:
    """How every limit of a client fares on one day."""
    known(ask.store, "clients", ask.id)
    first = day(ask.query, "date")
    limits = ask.store.listed("limits", ask.id)
    rows = RESOURCES["limit_status"].rows
    found = [item for limit in limits for item in rows(ask.store, Wanted(owner=limit.id, first=first, last=first))]
    return _listed(ask, found)


def _wanted(ask: Ask, resource: Resource) -> Wanted:
    match resource.dates:
        case Dates.SPAN:
            first, last = span(ask, limited=ask.settings.limited_series)
        case Dates.OPTIONAL:
            first, last = span(ask, limited=ask.settings.limited_series, default=(LONG_AGO, ask.store.today))
        case Dates.DAY:
            first = last = day(ask.query, "date")
        case Dates.NONE:
            first, last = LONG_AGO, ask.store.today
    return Wanted(owner=ask.id, first=first, last=last, expand=_levels(ask) if resource.expands else ())


def _levels(ask: Ask) -> tuple[str, ...]:
    """The levels of `expand`, in one order whatever the request's.

    Raises:
        RefusalError: 400: a word that is no level under the names in use.
    """
    names = {level: _words(level, ask.settings.names) for level in LEVELS}
    given = [word for word in ask.query.get("expand", "").split(",") if word]
    if unknown := [word for word in given if not any(word in words for words in names.values())]:
        raise RefusalError(400, "invalid_parameter", f"expand: {unknown[0]!r} is no level")
    return tuple(level for level, words in names.items() if words & set(given))


def _words(level: str, names: str) -> set[str]:
    older = RENAMED.get(level, level)
    return {"instrument": {level}, "asset": {older}, "mixed": {level, older}}[names]


def _includes(ask: Ask, resource: Resource) -> bool:
    """Whether instruments come along.

    Raises:
        RefusalError: 400: something else is to be included.
    """
    given = [word for word in ask.query.get("include", "").split(",") if word]
    if unknown := [word for word in given if word not in INCLUDABLE]:
        raise RefusalError(400, "invalid_parameter", f"include: {unknown[0]!r} cannot be included")
    return bool(given) and resource.owner == "reporting_entities"


def _included(ask: Ask, items: list[Item]) -> list[Document]:
    """Each instrument that some row names, once."""
    links = (item.relations.get("instrument") for item in items)
    idents = dict.fromkeys(str(inner(link, "data")["id"]) for link in links if isinstance(link, dict))
    return [shown(ask.store, ask.store.entities[ident], ask.settings) for ident in idents]


def _listed(ask: Ask, items: list[Item], *, included: list[Document] | None = None) -> bytes:
    body = data(dump(entry).encode() for entry in _documents(ask, items))
    if included is None:
        return body
    rest: Json = list(included)
    return body[:-1] + b',"included":' + dump(rest).encode() + b"}"


def _one(ask: Ask, items: list[Item]) -> bytes:
    if not items:
        raise RefusalError(404, "not_found", "Nothing is computed for that day")
    return dump({"data": next(_documents(ask, items))}).encode()


def _documents(ask: Ask, items: list[Item]) -> Iterator[Document]:
    """The objects; an id that means nothing is another one in every answer."""
    for item in items:
        ident = item.id or f"{ask.store.shuffler.getrandbits(96):024x}"
        yield document(replace(item, id=ident), ask.settings)
