"""What hangs below chosen clients; the crawl of these alone, with an Aleta in memory."""

from __future__ import annotations

import threading

from sources.aleta.catalogue.catalogue import CATALOGUE
from sources.aleta.errors import ForbiddenError, ParentGoneError
from sources.aleta.reading.objects.below import endpoints_below, members_below
from sources.aleta.reading.objects.members import Census
from sources.aleta.reading.objects.walk import ids_of, walk
from sources.aleta.reading.reader import Reader
from tests.apis import FakeApi, thing
from tests.fakes import FakeClock

NAMES = ("clients", "legal_entities", "accounts", "reporting_entities", "portfolios", "custodian_auth_flows")
ALL = tuple(CATALOGUE[name] for name in NAMES)
STORED = {
    "clients": {"c1": "", "c2": ""},
    "legal_entities": {"l1": "c1", "l2": "c2"},
    "accounts": {"a1": "l1", "a2": "l2", "a3": "l1"},
}


def world() -> FakeApi:
    """Two clients, one the other's child; the parent's portfolio holds an account of the child's."""
    return FakeApi(
        says={
            "/v2/clients": [thing("c1", children=["c2", "c9"]), thing("c2")],
            "/v2/clients/c1/legal-entities": [thing("l1")],
            "/v2/clients/c2/legal-entities": [thing("l2")],
            "/v2/legal-entities/l1/accounts": [thing("a1")],
            "/v2/legal-entities/l2/accounts": [thing("a2")],
            "/v2/clients/c1/reporting-entities": [thing("r1")],
            "/v2/reporting-entities/r1": thing("r1", portfolios=["f1"]),
            "/v2/portfolios/f1": thing("f1", accounts=["a1", "a2"]),
            "/v2/accounts/a3": ParentGoneError("404"),
        }
    )


def crawl(api: FakeApi, *clients: str, stored=STORED):
    inside = members_below(ALL, stored, clients)
    census = Census(
        stored={name: {i: p for i, p in own.items() if i in inside[name]} for name, own in stored.items()},
        outside={name: own.keys() - inside[name] for name, own in stored.items()},
        clients=clients,
    )
    found = list(walk(ALL, Reader(api, FakeClock()), workers=2, stop=threading.Event(), census=census))
    return found, census


def test_lists_that_hang_below_no_client_are_left_out():
    """And what rows name stays, with its series: rows of the client name it."""
    names = [endpoint.name for endpoint in endpoints_below(list(CATALOGUE.values()))]
    assert CATALOGUE.keys() - names == {"custodian_auth_flows", "webhook_keys"}


def test_members_are_followed_down_from_the_clients():
    """Whatever else is stored hangs elsewhere, or nowhere."""
    below = members_below(ALL, STORED | {"accounts": {"a1": "l1", "a9": None}}, ["c1", "nobody"])
    assert below == {
        "clients": {"c1"},
        "legal_entities": {"l1"},
        "accounts": {"a1"},
        "reporting_entities": set(),
        "portfolios": set(),
    }


def test_only_the_chosen_client_is_walked():
    """Not its child, which is a client of its own, nor the child's account that a portfolio names."""
    api = world()
    found, census = crawl(api, "c1")
    assert ids_of(found, "clients") == {"c1": ""}
    assert ids_of(found, "accounts") == {"a1": "l1"}
    assert not [path for path in api.asked if any(other in path for other in ("c2", "c9", "l2", "a2", "flows"))]
    assert api.asked["/v2/accounts/a3"] == 1
    assert (census.gone("accounts"), census.gone("clients")) == ({"a3"}, set())


def test_a_chosen_client_that_no_list_shows_is_asked_for_by_its_id():
    """The list of clients may be truncated as any other."""
    api = world()
    api.says["/v2/clients/c5"] = thing("c5")
    api.says["/v2/clients/c5/legal-entities"] = [thing("l5")]
    found, _ = crawl(api, "c5")
    assert ids_of(found, "clients") == {"c5": ""}
    assert ids_of(found, "legal_entities") == {"l5": "c5"}


def test_a_chosen_client_that_is_not_there_says_nothing_of_what_hung_below_it():
    """Its id may be mistyped: only a run over all clients can tell."""
    api = world()
    api.says |= {"/v2/clients": [thing("c2")], "/v2/clients/c1": ForbiddenError("403")}
    found, census = crawl(api, "c1")
    assert [listed.gone for listed in found if listed.endpoint.name == "clients" and listed.by_id] == [("c1",)]
    assert census.gone("accounts") == set()
    assert set(api.asked) == {"/v2/clients", "/v2/clients/c1"}


def test_an_account_that_nobody_stored_is_dropped_when_it_turns_out_to_be_another_client_s():
    """Asked for, as a truncated list may have left it out; its own legal entity decides."""
    api = world()
    api.says["/v2/accounts/a2"] = thing("a2", legalEntity="l2")
    found, _ = crawl(api, "c1", stored={name: {} for name in STORED})
    assert ids_of(found, "accounts") == {"a1": "l1"}
