"""The API's paths, one row each; a new resource is a new row, here or in `resources`. Only HTTP, no data."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias
from urllib.parse import urlencode

from ...settings import SandboxSettings
from ...state.computed.resources import RESOURCES
from ...state.store import Store, shown, weakened
from ...state.tenant import Filter
from ...world.jsontext import dump
from ..wire import RefusalError, Reply, data
from .answers import computed, limits_status
from .query import Ask, Query, known, span

Answer: TypeAlias = Callable[[Ask], bytes]


@dataclass(frozen=True, slots=True)
class Route:
    """One path.

    Args:
        contested: the vendor's pages disagree about its prefix.
        plain: plain JSON, not JSON:API.
    """

    path: str
    answer: Answer
    contested: bool = False
    plain: bool = False


def list_of(collection: str) -> Answer:
    """Lists every object of *collection*."""
    return lambda ask: _objects(ask, collection, None)


def children_of(parent: str, collection: str) -> Answer:
    """Lists the objects of *collection* whose parent is the *parent* in the path."""

    def answer(ask: Ask) -> bytes:
        known(ask.store, parent, ask.id)
        return _objects(ask, collection, ask.id)

    return answer


def by_id(collection: str) -> Answer:
    """Returns the object of *collection* with the id in the path."""

    def answer(ask: Ask) -> bytes:
        known(ask.store, collection, ask.id)
        entity = ask.store.entities[ask.id]
        return dump({"data": weakened(shown(ask.store, entity, ask.settings), collection, ask.settings)}).encode()

    return answer


def transactions(ask: Ask) -> bytes:
    """The transactions of one account in a span of days."""
    account, days = ask.query.get("accountId", ""), span(ask)
    if not account:
        raise RefusalError(400, "missing_parameter", "accountId is required")
    known(ask.store, "accounts", account)
    if account in ask.store.forbidden:
        raise RefusalError(403, "account_forbidden", "This account is not yours to read")
    found = ask.store.select(account, days, settings=ask.settings, like=_like(ask.query))
    return _page(ask, sorted(row.body for row in found)) if ask.settings.page_rows else data(row.body for row in found)


def _page(ask: Ask, rows: list[bytes]) -> bytes:
    """The page of *rows* that the query names, and a link to the next."""
    size, number = ask.settings.page_rows, int(ask.query.get("page", "1"))
    following = {**ask.query, "page": str(number + 1)}
    link = f"/api/v2/transactions?{urlencode(following)}" if number * size < len(rows) else None
    links = json.dumps({"next": link}).encode()
    return data(rows[(number - 1) * size : number * size])[:-1] + b',"links":' + links + b"}"


def webhook_keys(ask: Ask) -> bytes:
    """The JWK set of webhook signatures, active and retired keys in random order."""
    keys = ask.store.keys()
    ask.store.shuffler.shuffle(keys)
    return json.dumps({"keys": keys}).encode()


ROUTES: tuple[Route, ...] = (
    Route("/v2/clients", list_of("clients")),
    Route("/v2/clients/{id}", by_id("clients")),
    Route("/v2/clients/{id}/legal-entities", children_of("clients", "legal_entities")),
    Route("/v2/clients/{id}/reporting-entities", children_of("clients", "reporting_entities")),
    Route("/v2/clients/{id}/users", children_of("clients", "users")),
    Route("/v2/legal-entities/{id}/accounts", children_of("legal_entities", "accounts")),
    Route("/v2/legal-entities/{id}/depositories", children_of("legal_entities", "depositories")),
    Route("/v2/reporting-entities/{id}", by_id("reporting_entities")),
    Route("/v2/portfolios/{id}", by_id("portfolios")),
    Route("/v2/transactions", transactions),
    Route("/v2/legal-entities/{id}", by_id("legal_entities")),
    Route("/v2/accounts/{id}", by_id("accounts")),
    Route("/v2/depositories/{id}", by_id("depositories")),
    Route("/v2/users/{id}", by_id("users")),
    Route("/v2/users/{id}/invites", children_of("users", "invites")),
    Route("/v2/clients/{id}/limits", children_of("clients", "limits")),
    Route("/v2/clients/{id}/limits-status", limits_status),
    Route("/v2/limits/{id}", by_id("limits")),
    Route(
        "/v2/legal-entities/{id}/custodian-authorities",
        children_of("legal_entities", "custodian_authorities"),
        contested=True,
    ),
    Route("/v2/custodian-authorities/{id}", by_id("custodian_authorities"), contested=True),
    Route(
        "/v2/custodian-authorities/{id}/files",
        children_of("custodian_authorities", "custodian_authority_files"),
        contested=True,
    ),
    Route("/v3/custodian-auth-flows", list_of("custodian_auth_flows"), contested=True),
    Route("/v3/custodian-auth-flows/{id}", by_id("custodian_auth_flows"), contested=True),
    Route("/v3/instruments/{id}", by_id("instruments")),
    Route("/v3/instruments/{id}/commitments", children_of("instruments", "commitments")),
    Route("/v2/instrument-classes/{id}", by_id("instrument_classes"), contested=True),
    Route("/v2/instrument-classes-detailed/{id}", by_id("instrument_classes_detailed"), contested=True),
    Route("/v2/webhooks/keys", webhook_keys, plain=True),
    *(Route(row.path, computed(row), contested=row.contested) for row in RESOURCES.values()),
)
NARROWING = {"depositoryId": b"depository", "instrumentId": b"instrument|asset"}


def addresses(route: Route, *, prefix: str, names: str) -> set[str]:
    """Where *route* is served under the settings *prefix* and *names*; of 2025 instruments are `assets`, and on v2."""
    path = route.path
    if route.contested and prefix != "documented":
        path = re.sub("^/v[23]/", f"/{prefix}/", path)
    older = re.sub("^/v3/instrument(s|-holdings)/", r"/v2/asset\1/", path)
    return {"instrument": {path}, "asset": {older}, "mixed": {path, older}}[names]


@cache
def patterns(prefix: str, names: str) -> tuple[tuple[re.Pattern[str], Route], ...]:
    """Every address as a pattern, in the order of `ROUTES`."""
    found = [(path, route) for route in ROUTES for path in sorted(addresses(route, prefix=prefix, names=names))]
    return tuple((re.compile(re.sub(r"\{id\}", "(?P<id>[^/]+)", f"/api{path}")), route) for path, route in found)


def serve(store: Store, settings: SandboxSettings, *, path: str, query: Query) -> Reply:
    """A 200; the server sets its media type unless it is plain JSON.

    Raises:
        RefusalError: 400, 403, 404 or 422.
    """
    for pattern, route in patterns(settings.prefix, settings.names):
        if found := pattern.fullmatch(path):
            ident = found.groupdict().get("id", "")
            body = route.answer(Ask(store=store, settings=settings, id=ident, query=query))
            return Reply(body=body, headers={"Content-Type": "application/json"} if route.plain else {})
    raise RefusalError(404, "not_found", "No such path; it may live on the other version")


def _objects(ask: Ask, collection: str, parent_id: str | None) -> bytes:
    cap = ask.settings.list_caps.get(collection, ask.settings.list_cap)
    found = ask.store.cut(ask.store.listed(collection, parent_id), ask.settings, list_cap=cap)
    ask.store.shuffler.shuffle(found)
    listed = (shown(ask.store, entity, ask.settings, in_list=True) for entity in found)
    return data(dump(weakened(document, collection, ask.settings)).encode() for document in listed)


def _like(query: Query) -> Filter:
    """The filter of `depositoryId` and `instrumentId`; None if neither is given."""
    linkages = [_linkage(link, query[name]) for name, link in NARROWING.items() if name in query]
    return (lambda body: all(linkage.search(body) for linkage in linkages)) if linkages else None


def _linkage(link: bytes, ident: str) -> re.Pattern[bytes]:
    return re.compile(rb'"(?:%s)":\{"data":\{"type":"[^"]*","id":"%s"' % (link, re.escape(ident.encode())))
