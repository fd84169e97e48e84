"""A small office in memory, and a walk through it."""

from __future__ import annotations

import threading

from sources.aleta.catalogue.catalogue import CATALOGUE
from sources.aleta.reading.objects.walk import walk
from sources.aleta.reading.reader import Reader
from tests.apis import FakeApi, thing
from tests.fakes import FakeClock
from tests.truth import CRAWL

ALL = tuple(CATALOGUE[name] for name in CRAWL)
CLIENTS, ENTITIES, ACCOUNTS = "/v2/clients", "/v2/clients/{}/legal-entities", "/v2/legal-entities/{}/accounts"
DEPOSITORIES, ACCOUNT = "/v2/legal-entities/{}/depositories", "/v2/accounts/{}"
VIEWS, VIEW, PART = "/v2/clients/{}/reporting-entities", "/v2/reporting-entities/{}", "/v2/portfolios/{}"


def world() -> FakeApi:
    """Two clients; c1 with two legal entities and a reporting entity of two portfolios."""
    return FakeApi(
        says={
            CLIENTS: [thing("c1"), thing("c2")],
            ENTITIES.format("c1"): [thing("l1"), thing("l2")],
            ACCOUNTS.format("l1"): [thing("a1", depositories=["d1"]), thing("a2")],
            ACCOUNTS.format("l2"): [thing("a3")],
            DEPOSITORIES.format("l1"): [thing("d1")],
            VIEWS.format("c1"): [thing("r1"), thing("r2")],
            VIEW.format("r1"): thing("r1", portfolios=["f1", "f2", "f1"]),
            VIEW.format("r2"): thing("r2", portfolios=[]),
            PART.format("f1"): thing("f1", accounts=["a1"]),
            PART.format("f2"): thing("f2"),
        }
    )


def crawl(api: FakeApi, *names: str, workers: int = 4, stop: threading.Event | None = None, census=None):
    endpoints, reader = [CATALOGUE[name] for name in names] or ALL, Reader(api, FakeClock())
    return list(walk(endpoints, reader, workers=workers, stop=stop or threading.Event(), census=census))


def problems(found) -> dict[tuple[str, str], list[str]]:
    return {
        (listed.endpoint.name, listed.parent_id): [str(p) for p in listed.problems]
        for listed in found
        if listed.problems
    }
