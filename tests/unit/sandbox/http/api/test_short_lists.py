"""Lists that are capped, and parents that do not name all of their members."""

from __future__ import annotations

import json
from datetime import date

import pytest

from sandbox import Sandbox, SandboxSettings
from sandbox.http.api.routes import serve
from sandbox.settings import changed
from sandbox.state.store import Store
from sandbox.world.world import build

WORLD = SandboxSettings(accounts=12, rows=0, years=1, computed_days=1, today=date(2026, 3, 2))


@pytest.fixture
def store() -> Store:
    return Store(build(WORLD, tenant="acme", today=date(2026, 3, 2)), seed="1:acme")


def listed(store: Store, path: str, **settings: object) -> list[dict]:
    return json.loads(serve(store, changed(WORLD, settings), path=f"/api/v2{path}", query={}).body)["data"]


def accounts_of(store: Store, **settings: object) -> list[str]:
    """What the fullest legal entity lists."""
    owner = max(store.every("legal_entities"), key=lambda entity: len(store.listed("accounts", entity.id)))
    return [row["id"] for row in listed(store, f"/legal-entities/{owner.id}/accounts", **settings)]


def test_a_list_is_truncated_silently_at_its_cap(store):
    """Of every list, or of the accounts alone; the first rows, or any."""
    whole = set(accounts_of(store))

    first = accounts_of(store, list_cap=3, keep="first")
    drawn = {frozenset(accounts_of(store, list_caps={"accounts": 3})) for _ in range(20)}

    assert len(whole) > len(first) == 3
    assert set(first) == set(accounts_of(store, list_cap=3, keep="first"))
    assert len(drawn) > 1
    assert len(accounts_of(store, list_caps={"depositories": 3})) == len(whole)


@pytest.mark.parametrize(
    ("said", "named"),
    [
        pytest.param("full", lambda whole: {"data": whole}, id="full"),
        pytest.param("cut", lambda whole: {"data": whole[:1]}, id="cut"),
        pytest.param("empty", lambda _: {"data": []}, id="empty"),
    ],
)
def test_a_parent_names_as_many_members_as_it_is_told_to(store, said, named):
    """The lists themselves stay whole, and so does the truth."""
    whole = listed(store, "/clients")[0]["relationships"]["legalEntities"]["data"]
    before = store.objects()

    settings = {"relationships": said, "relationships_cut": 1}
    [client] = listed(store, "/clients", **settings)

    assert client["relationships"]["legalEntities"] == named(whole)
    assert len(listed(store, f"/clients/{client['id']}/legal-entities", **settings)) == len(whole) > 1
    assert store.objects() == before


def test_a_parent_that_only_links_to_its_members_has_no_data(store):
    """JSON:API allows it: `links` alone."""
    [client] = listed(store, "/clients", relationships="links")

    assert client["relationships"]["legalEntities"].keys() == {"links"}


def test_a_planned_mutation_happens_before_the_request_that_it_waits_for():
    """Between two lists of one crawl an account can move from the second to the first, and be in neither."""
    with Sandbox(WORLD) as box:
        before = box.truth("acme").accounts
        moved = min(before)
        box.schedule("acme", "move_account", before="/accounts", skip=1, id=moved)
        [planned] = box._agenda
        happened = [box._happens(planned, f"/api/v2/legal-entities/{owner}/accounts?") for owner in "xy"]
        after = box.truth("acme").accounts

    assert happened == [False, True]
    assert {account for account in before if before[account] != after[account]} == {moved}
