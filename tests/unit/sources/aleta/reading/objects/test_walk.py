"""Every object, found from the top; with real threads and an Aleta in memory."""

import threading

import pytest

from sources.aleta.errors import (
    AuthError,
    ParentGoneError,
    StoppedError,
    UnavailableError,
    UnreachableError,
)
from sources.aleta.reading.objects.members import Census
from sources.aleta.reading.objects.walk import ids_of
from tests.apis import FakeApi, all_end, thing
from tests.unit.sources.aleta.reading.objects.crawls import (
    ACCOUNT,
    ACCOUNTS,
    CLIENTS,
    ENTITIES,
    PART,
    VIEW,
    VIEWS,
    crawl,
    problems,
    world,
)


@pytest.mark.parametrize("workers", [1, 4])
def test_every_object_is_found_under_its_parent(workers):
    """From the clients down to portfolios and accounts, each list asked for once."""
    api = world()
    found = crawl(api, workers=workers)
    assert ids_of(found, "clients") == {"c1": "", "c2": ""}
    assert ids_of(found, "accounts") == {"a1": "l1", "a2": "l1", "a3": "l2"}
    assert ids_of(found, "portfolios") == {"f1": "r1", "f2": "r1"}
    assert all(listed.complete for listed in found)
    assert set(api.asked.values()) == {1}


def test_what_is_asked_for_by_date_is_not_walked():
    """Transactions are another's work."""
    api = world()
    crawl(api)
    assert "/v2/transactions" not in api.asked


def test_a_parent_comes_before_its_children():
    """Whoever compares them can go in that order."""
    found = crawl(world())
    seen: set[tuple[str, str]] = {("", "")}
    for listed in found:
        assert (listed.endpoint.parent, listed.parent_id) in seen
        seen |= {(listed.endpoint.name, own_id) for own_id in listed.ids}


def test_f3_a_parent_that_is_gone_is_named_and_the_others_go_on():
    """404 on one legal entity's accounts: incomplete, without objects; the other's accounts are there."""
    api = world()
    api.says[ACCOUNTS.format("l1")] = ParentGoneError("no such legal entity")
    api.says |= {ACCOUNT.format("a1"): ParentGoneError("nor such an account"), ACCOUNT.format("a3"): thing("a3")}
    found = crawl(api)
    assert problems(found) == {("accounts", "l1"): ["no such legal entity"]}
    assert ids_of(found, "accounts") == {"a3": "l2"}


class Turning(dict):
    """What an API says, but for one path, where *say* is asked each time."""

    def __init__(self, says, path, say) -> None:
        super().__init__(says)
        self.path, self.say = path, say

    def get(self, path, otherwise=None):
        return self.say() if path == self.path else super().get(path, otherwise)


def test_l3_a_list_that_shows_others_when_it_is_asked_again_is_truncated():
    """L3: nobody names the members of l1, and any twenty of them are shown."""
    api = world()
    del api.says[ACCOUNTS.format("l1")]
    api.says[PART.format("f1")] = thing("f1")
    turns = iter([range(20), range(1, 21)])
    api.says = Turning(api.says, ACCOUNTS.format("l1"), lambda: [thing(f"b{number}") for number in next(turns)])
    census = Census()

    found = crawl(api, "clients", "legal_entities", "accounts", census=census)

    assert ids_of(found, "accounts").keys() == {"a3"} | {f"b{number}" for number in range(21)}
    assert [(each.parent_id, each.missed) for each, _ in census.truncated(())] == [("l1", 1)]


def test_l3_a_list_that_shows_the_same_again_is_told_once():
    """And none is asked again on a later night: what the warehouse knows tells what such a list leaves out."""
    api = world()
    api.says[ACCOUNTS.format("l1")] = [thing(f"b{number}") for number in range(20)]
    stored = {"accounts": {f"b{number}": "l1" for number in range(20)}}

    found = crawl(api, "clients", "legal_entities", "accounts")
    crawl(later := FakeApi(says=api.says), "clients", "legal_entities", "accounts", census=Census(stored=stored))

    assert [len(listed.ids) for listed in found if listed.parent_id == "l1"] == [20]
    assert (api.asked[ACCOUNTS.format("l1")], later.asked[ACCOUNTS.format("l1")]) == (2, 1)


def test_f1_a_list_that_is_no_list_is_a_problem_not_an_empty_list():
    """A 200 without `data` says nothing of what exists."""
    api = world()
    api.says[ENTITIES.format("c1")] = b'{"meta":{}}'
    (listed,) = [
        listed for listed in crawl(api) if listed.endpoint.name == "legal_entities" and listed.parent_id == "c1"
    ]
    assert not listed.complete
    assert listed.answers == ()


@pytest.mark.parametrize("name", ["x", "y"])
def test_d8_an_id_that_one_list_has_twice_with_two_contents_is_named(name):
    """Of two contents one is lost; the same twice is one object."""
    api = world()
    twice = [thing("a3") | {"attributes": {"name": said}} for said in ("x", name)]
    api.says[ACCOUNTS.format("l2")] = twice
    said = problems(crawl(api))
    expected = "the id a3 is there twice, with two contents: the newer is kept. Ask Aleta which is meant"
    assert said == ({} if name == "x" else {("accounts", "l2"): [expected]})


@pytest.mark.parametrize(("name", "is_conflict"), [("x", False), ("y", True)])
@pytest.mark.parametrize("entities", [{}, {"legalEntity": "l1"}])
def test_d8_an_object_in_two_lists_may_name_another_parent_and_nothing_else(name, is_conflict, entities):
    """Of two owners, or moved while the lists are read; with another name in each, one of the two is lost."""
    api = world()
    api.says[ACCOUNTS.format("l1")] = [thing("a1"), thing("a3", **entities) | {"attributes": {"name": "x"}}]
    api.says[ACCOUNTS.format("l2")] = [thing("a3") | {"attributes": {"name": name}}]
    said = problems(crawl(api))
    assert [len(found) for found in said.values()] == ([1] if is_conflict else [])


def test_f3_an_object_without_its_detail_is_listed_all_the_same():
    """The list's row stands, the failure is named, and its children are not known."""
    api = world()
    api.says[VIEW.format("r1")] = UnavailableError("503")
    found = crawl(api)
    assert problems(found) == {("reporting_entities", "c1"): ["503"]}
    assert ids_of(found, "reporting_entities") == {"r1": "c1", "r2": "c1"}
    assert not [listed for listed in found if listed.endpoint.name == "portfolios" and listed.parent_id == "r1"]


def test_f1_a_detail_of_another_object_is_a_problem():
    """r1 is listed still, and r9 was never asked for."""
    api = world()
    api.says[VIEW.format("r1")] = thing("r9", portfolios=["f9"])
    found = crawl(api)
    assert ids_of(found, "reporting_entities") == {"r1": "c1", "r2": "c1"}
    assert list(problems(found)) == [("reporting_entities", "c1")]


def test_a_list_with_details_that_fails_itself_is_incomplete_and_empty():
    """Without the list there are no details to ask for."""
    api = world()
    api.says[VIEWS.format("c1")] = UnavailableError("503")
    (listed,) = [
        listed for listed in crawl(api) if listed.endpoint.name == "reporting_entities" and listed.parent_id == "c1"
    ]
    assert (listed.ids, listed.complete) == ([], False)


def test_an_object_read_by_id_that_fails_leaves_its_siblings():
    """One portfolio of two: the list of them is incomplete."""
    api = world()
    api.says[PART.format("f1")] = ParentGoneError("404")
    found = crawl(api)
    assert ids_of(found, "portfolios") == {"f2": "r1"}
    assert problems(found) == {("portfolios", "r1"): ["404"]}


def test_an_empty_relationship_is_a_complete_list_of_nothing():
    """r2 has no portfolios, and that is known; of r1 without the relationship nothing is."""
    api = world()
    api.says[VIEW.format("r1")] = thing("r1")
    found = [listed for listed in crawl(api) if listed.endpoint.name == "portfolios"]
    assert [(listed.parent_id, listed.ids, listed.complete) for listed in found] == [("r2", [], True)]


def test_only_what_is_wanted_is_walked():
    """Endpoints that are not named cost no request."""
    api = world()
    crawl(api, "clients", "legal_entities")
    assert set(api.asked) == {CLIENTS, ENTITIES.format("c1"), ENTITIES.format("c2")}


@pytest.mark.parametrize("error", [AuthError("refused"), UnreachableError("no host"), KeyError("defect")])
def test_an_api_that_cannot_be_used_ends_the_walk(error):
    """Credentials refused, nobody home, a defect: no account is to blame."""
    with pytest.raises(type(error)):
        crawl(FakeApi(says={CLIENTS: error}))
    assert all_end("fetch-")


def test_an_outage_ends_the_walk():
    """Three times the workers failed in a row: that is no longer the fault of one client."""
    api = FakeApi(says={CLIENTS: [thing(f"c{number}") for number in range(200)]})
    api.says |= {ENTITIES.format(f"c{number}"): UnavailableError("503") for number in range(200)}
    with pytest.raises(UnavailableError):
        crawl(api, "clients", "legal_entities", workers=2)
    assert all_end("fetch-")


def test_a_root_that_fails_is_named():
    """The caller sees that nothing could be found from the top."""
    found = crawl(FakeApi(says={CLIENTS: UnavailableError("503")}))
    assert problems(found) == {("clients", ""): ["503"]}


def test_a_stop_ends_the_walk():
    """Asked to stop, it stops; no thread is left."""
    stop = threading.Event()
    stop.set()
    with pytest.raises(StoppedError):
        crawl(world(), stop=stop)
    assert all_end("fetch-")
