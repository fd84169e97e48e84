"""What lists count as gone, and what answers by its id later in the run (L2); through a real DuckDB."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType

import pytest

from pipelines.compare.rows.findings import Run
from pipelines.ledger.ledger import Ledger
from pipelines.ledger.readings import Horizon
from pipelines.report.report import TenantReport
from pipelines.run.loading.packages import Loader
from pipelines.warehouse.package import Rows
from sources.aleta.catalogue.catalogue import CATALOGUE
from sources.aleta.jsonapi.answer import parser
from sources.aleta.reading.objects.walk import Listed
from tests.stores import Store, at, memory_store
from tests.unit.pipelines.run.reading.runs import settings

TREE = [CATALOGUE[name] for name in ("clients", "legal_entities", "accounts")]


@dataclass
class Kept:
    """A warehouse in memory."""

    store: Store
    misfits = MappingProxyType({})
    place = "memory"

    @contextmanager
    def open(self) -> Iterator[Store]:
        yield self.store

    def write(self, package: list[Rows], _: object) -> None:
        for rows in package:
            self.store.merge(rows)


def listed(resource: str, parent_id: str, *ids: str, gone: tuple[str, ...] = (), by_id: bool = False) -> Listed:
    endpoint = CATALOGUE[resource]
    read = parser(endpoint, parent_id=parent_id, now=lambda: at(0))
    things = [{"type": "x", "id": own_id, "attributes": {"name": own_id}} for own_id in ids]
    answers = [read(json.dumps({"data": things}).encode())] if ids or not by_id else []
    return Listed(endpoint=endpoint, parent_id=parent_id, answers=answers, gone=gone, by_id=by_id)


def night(store: Store, day: int, *walks: list[Listed]) -> TenantReport:
    """A run that walks so often before it ends; its report."""
    report = TenantReport(tenant="acme", run_id=f"r{day}")
    run = Run(run_id=report.run_id, now=at(day), max_removed_share=0.5)
    loader = Loader(
        Kept(store),
        Ledger(),
        run=run,
        horizon=Horizon.of(settings(), now=at(day)),
        report=report,
        kind="sync",
        committed=lambda _: None,
    )
    for walk in walks:
        by_name = {endpoint.name: [one for one in walk if one.endpoint is endpoint] for endpoint in TREE}
        loader.load_objects(by_name, TREE)
    loader.end(lambda: "complete", at(day))
    return report


@pytest.fixture
def store() -> Iterator[Store]:
    """Two clients, of which the second has a legal entity with two accounts."""
    with memory_store() as empty:
        clients, entities = listed("clients", "", "c1", "c2"), listed("legal_entities", "c2", "l")
        night(empty, 1, [clients, entities, listed("accounts", "l", "a", "b")])
        yield empty


def removed(store: Store, resource: str) -> set[str]:
    return {own_id for own_id, row in store.read(CATALOGUE[resource].schema).items() if row["removed_at"]}


def counted(report: TenantReport, resource: str) -> tuple[int, int, int]:
    counts = report.of(resource)
    return counts.added, counts.modified, counts.removed


C2_GONE = [listed("clients", "", "c1"), listed("clients", "", gone=("c2",), by_id=True)]


def test_l2_what_answers_by_its_id_is_not_removed_with_what_it_hung_below(store):
    """Its client is gone, and rows name it: asked for last, it is there."""
    report = night(
        store, 2, C2_GONE, [listed("legal_entities", "c2", "l", by_id=True), listed("accounts", "l", "a", "b")]
    )

    assert (removed(store, "clients"), removed(store, "legal_entities"), removed(store, "accounts")) == (
        {"c2"},
        set(),
        set(),
    )
    assert [counted(report, name) for name in ("clients", "legal_entities", "accounts")] == [
        (0, 0, 1),
        (0, 0, 0),
        (0, 0, 0),
    ]


def test_what_is_gone_by_its_parent_and_by_its_id_is_counted_once(store):
    report = night(store, 2, C2_GONE, [listed("accounts", "l", "a", gone=("b",), by_id=True)])

    assert removed(store, "accounts") == {"b"}
    assert counted(report, "accounts") == (0, 0, 1)


def test_the_next_night_tells_of_nothing(store):
    later = [listed("legal_entities", "c2", "l", by_id=True), listed("accounts", "l", "a", "b")]
    night(store, 2, C2_GONE, later)

    report = night(store, 3, [listed("clients", "", "c1"), *later])

    assert [counted(report, name) for name in ("clients", "legal_entities", "accounts")] == [(0, 0, 0)] * 3
