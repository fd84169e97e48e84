"""The API's paths: one row each; a new resource is a new row. HTTP shape only."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from .jsontext import dump
from .settings import SandboxSettings
from .store import Filter, Store
from .wire import RefusalError, data
from .world import COLLECTIONS

Query: TypeAlias = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One request for a resource: where, the id in the path (empty: none), the query."""

    store: Store
    settings: SandboxSettings
    id: str
    query: Query


Answer: TypeAlias = Callable[[Ask], bytes]


@dataclass(frozen=True, slots=True)
class Route:
    path: str
    answer: Answer


def top(collection: str) -> Answer:
    """Every object of *collection*, flat."""
    return lambda ask: _objects(ask, collection, None)


def below(parent: str, collection: str) -> Answer:
    """The objects of *collection* right below the *parent* in the path."""

    def answer(ask: Ask) -> bytes:
        _known(ask.store, parent, ask.id)
        return _objects(ask, collection, ask.id)

    return answer


def one(collection: str) -> Answer:
    """The object in the path itself."""

    def answer(ask: Ask) -> bytes:
        _known(ask.store, collection, ask.id)
        return b'{"data":' + dump(ask.store.render(ask.store.entities[ask.id])).encode() + b"}"

    return answer


def transactions(ask: Ask) -> bytes:
    """The rows that one account lists in a span of days."""
    account, span = ask.query.get("accountId", ""), _span(ask)
    if not account:
        raise RefusalError(400, "missing_parameter", "accountId is required")
    _known(ask.store, "accounts", account)
    if account in ask.store.forbidden:
        raise RefusalError(403, "account_forbidden", "This account is not yours to read")
    return data(row.body for row in ask.store.select(account, span, settings=ask.settings, like=_like(ask.query)))


ROUTES = (
    Route("/v2/clients", top("clients")),
    Route("/v2/clients/{id}", one("clients")),
    Route("/v2/clients/{id}/legal-entities", below("clients", "legal_entities")),
    Route("/v2/clients/{id}/reporting-entities", below("clients", "reporting_entities")),
    Route("/v2/clients/{id}/users", below("clients", "users")),
    Route("/v2/legal-entities/{id}/accounts", below("legal_entities", "accounts")),
    Route("/v2/legal-entities/{id}/depositories", below("legal_entities", "depositories")),
    Route("/v2/reporting-entities/{id}", one("reporting_entities")),
    Route("/v2/portfolios/{id}", one("portfolios")),
    Route("/v2/transactions", transactions),
)
NARROWING = {"depositoryId": b"depository", "instrumentId": b"instrument|asset"}
PATTERNS = tuple((re.compile(re.sub(r"\{id\}", "(?P<id>[^/]+)", f"/api{route.path}")), route) for route in ROUTES)


def serve(store: Store, settings: SandboxSettings, *, path: str, query: Query) -> bytes:
    """The body of a 200.

    Raises:
        RefusalError: 400, 403, 404 or 422.
    """
    for pattern, route in PATTERNS:
        if found := pattern.fullmatch(path):
            ident = found.groupdict().get("id", "")
            return route.answer(Ask(store=store, settings=settings, id=ident, query=query))
    raise RefusalError(404, "not_found", "No such path; it may live on the other version")


def _objects(ask: Ask, collection: str, parent_id: str | None) -> bytes:
    found = ask.store.listed(collection, parent_id)
    ask.store.shuffler.shuffle(found)
    return data(dump(ask.store.render(entity, in_list=True)).encode() for entity in found)


def _known(store: Store, collection: str, ident: str) -> None:
    if not store.shown(ident, collection):
        kind = COLLECTIONS[collection].type
        raise RefusalError(404, f"{kind.replace('-', '_')}_not_found", f"No {kind} matched the supplied id.")


def _span(ask: Ask) -> tuple[int, int]:
    first, last = (_day(ask.query, name) for name in ("fromDate", "toDate"))
    if first > last:
        raise RefusalError(400, "invalid_parameter", "fromDate lies after toDate")
    if 0 < ask.settings.max_window_days <= last - first:
        raise RefusalError(422, "window_too_wide", f"At most {ask.settings.max_window_days} days at a time")
    return first, last


def _day(query: Query, name: str) -> int:
    if name not in query:
        raise RefusalError(400, "missing_parameter", f"{name} is required")
    try:
        return date.fromisoformat(query[name]).toordinal()
    except ValueError:
        raise RefusalError(400, "invalid_parameter", f"{name} is no ISO date") from None


def _like(query: Query) -> Filter:
    """Which rows pass `depositoryId` and `instrumentId`; None: neither is given."""
    linkages = [_linkage(link, query[name]) for name, link in NARROWING.items() if name in query]
    return (lambda body: all(linkage.search(body) for linkage in linkages)) if linkages else None


def _linkage(link: bytes, ident: str) -> re.Pattern[bytes]:
    return re.compile(rb'"(?:%s)":\{"data":\{"type":"[^"]*","id":"%s"' % (link, re.escape(ident.encode())))
