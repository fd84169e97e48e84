"""Endpoints that are down, and an API that is up: the others are read (rule F3)."""

from __future__ import annotations

import itertools
import threading

import pytest

from sources.aleta.catalogue.catalogue import CATALOGUE
from sources.aleta.errors import AuthError, ParentGoneError, UnavailableError, UnreachableError
from sources.aleta.reading.objects.by_id import BATCH, read_by_id
from sources.aleta.reading.objects.walk import ids_of, walk
from sources.aleta.reading.reader import Reader
from tests.apis import FakeApi, all_end, thing
from tests.fakes import FakeClock
from tests.unit.sources.aleta.reading.objects.crawls import ACCOUNTS, CLIENTS, ENTITIES, crawl, problems

MANY = [f"{number:03}" for number in range(60)]
LIMIT = 6  # failures in a row of two workers
USERS, INSTRUMENT = "/v2/clients/{}/users", "/v2/instruments/{}"
DOWN = UnavailableError("500")


def office() -> FakeApi:
    """Many clients, each with an account; nobody's users can be read."""
    api = FakeApi(says={CLIENTS: [thing(f"c{name}") for name in MANY]})
    for name in MANY:
        api.says[ENTITIES.format(f"c{name}")] = [thing(f"l{name}")]
        api.says[ACCOUNTS.format(f"l{name}")] = [thing(f"a{name}")]
        api.says[USERS.format(f"c{name}")] = DOWN
    return api


def asked(api: FakeApi, path: str) -> int:
    """How many lists of a kind were asked for."""
    return sum(api.asked[path.format(f"c{name}")] for name in MANY)


class Once(dict):
    """What an API says, whose list of clients answers once and then says *then*."""

    def __init__(self, says, then: Exception) -> None:
        super().__init__(says)
        self.then = then

    def get(self, path, otherwise=None):
        said = super().get(path, otherwise)
        if path == CLIENTS:
            self[path] = self.then
        return said


class Slow(dict):
    """What an API says, whose lists of users take their time: none fails more often than is needed before *told*."""

    def __init__(self, says) -> None:
        super().__init__(says)
        self.told = threading.Event()
        self.failures = itertools.count(1)

    def get(self, path, otherwise=None):
        if path.endswith("/users") and next(self.failures) > LIMIT:
            self.told.wait(10)
        return super().get(path, otherwise)


def test_f3_lists_that_all_fail_cost_themselves():
    """Nobody needs users: accounts are there; one problem, of no client, tells that most users were not asked for."""
    api, found = office(), []
    api.says = Slow(api.says)

    endpoints = [CATALOGUE[name] for name in ("clients", "legal_entities", "accounts", "users")]
    for listed in walk(endpoints, Reader(api, FakeClock()), workers=2, stop=threading.Event()):
        found.append(listed)
        if (listed.endpoint.name, listed.parent_id) == ("users", ""):
            api.says.told.set()

    said = problems(found)
    assert len(ids_of(found, "accounts")) == len(MANY)
    assert said.pop(("users", ""))[0].startswith("users: read after read fails, and others answer")
    assert [*said.values()] == [["500"]] * asked(api, USERS)
    assert LIMIT <= asked(api, USERS) <= LIMIT + 2
    users = [listed for listed in found if listed.endpoint.name == "users" and listed.parent_id]
    assert (len(users), any(listed.complete for listed in users)) == (len(MANY), False)


@pytest.mark.parametrize("then", [UnavailableError("503"), AuthError("refused")])
def test_an_api_that_is_down_by_then_ends_the_walk(then):
    """Clients were listed before, and are not any more."""
    api = office()
    api.says = Once(api.says, then)
    with pytest.raises(type(then), match="500" if isinstance(then, UnavailableError) else "refused"):
        crawl(api, "clients", "users", workers=2)
    assert all_end("fetch-")


def test_f3_a_refusal_shows_that_the_api_is_up():
    """Whoever may not see the clients any more is answered."""
    api = office()
    api.says = Once(api.says, ParentGoneError("404"))
    assert ("users", "") in problems(crawl(api, "clients", "users", workers=2))


def test_f3_lists_of_which_some_answer_are_all_asked_for():
    """The failures are their own, in whatever order they come."""
    api = office()
    for name in MANY[:2]:
        api.says[USERS.format(f"c{name}")] = [thing(f"u{name}")]

    found = crawl(api, "clients", "users", workers=2)

    assert len(ids_of(found, "users")) == 2
    assert len(problems(found)) == len(MANY) - 2
    assert ("users", "") not in problems(found)


def test_what_a_sync_cannot_do_without_is_not_given_up():
    """Without legal entities there are no accounts: the run fails, and says why."""
    api = office()
    for name in MANY:
        api.says[ENTITIES.format(f"c{name}")] = DOWN
    with pytest.raises(UnavailableError, match="500"):
        crawl(api, "clients", "legal_entities", workers=2)


def visited(api: FakeApi, ids, *, shown=()):
    """Instruments that are read by id, after a walk."""
    reader = Reader(api, FakeClock())
    reader.list_of(CATALOGUE["clients"])()
    found = read_by_id(CATALOGUE["instruments"], ids, reader, shown=shown, workers=2, stop=threading.Event())
    return [*found]


def test_f3_objects_that_all_fail_by_their_ids_cost_themselves():
    """Those that are not asked for any more failed, too, so the next run asks for them; it is told once."""
    ids = [f"{number:04}" for number in range(BATCH + 100)]
    api = FakeApi(says={CLIENTS: [thing("c1")]} | {INSTRUMENT.format(own_id): DOWN for own_id in ids})

    first, second = visited(api, ids)

    assert sorted([*first.failed, *second.failed]) == ids
    assert [f"{problem}"[:11] for problem in first.problems if f"{problem}" != "500"] == ["instruments"]
    assert [*second.problems] == [] == [own_id for own_id in ids[BATCH:] if api.asked[INSTRUMENT.format(own_id)]]


def test_f3_objects_that_fail_in_front_of_those_that_answer_are_named_one_by_one():
    """They come first, as they are due: what is behind them is read all the same."""
    api = FakeApi(says={CLIENTS: [thing("c1")]})
    api.says |= {INSTRUMENT.format(own_id): DOWN if own_id < "040" else thing(own_id) for own_id in MANY}

    (found,) = visited(api, MANY, shown={"059"})

    assert (sorted(found.ids), sorted(found.failed)) == (MANY[40:], MANY[:40])
    assert len(found.problems) == 40


def test_f3_a_first_object_that_cannot_be_reached_is_its_own():
    """A connection that breaks off says nothing of the others, while the list of clients answers."""
    api = FakeApi(says={CLIENTS: [thing("c1")]} | {INSTRUMENT.format(own_id): thing(own_id) for own_id in MANY})
    api.says[INSTRUMENT.format("059")] = UnreachableError("reset")

    found = visited(api, MANY, shown={"059"})

    assert sorted(own_id for listed in found for own_id in listed.ids) == MANY[:-1]
    assert [own_id for listed in found for own_id in listed.failed] == ["059"]
