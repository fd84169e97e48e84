"""A 401: one refresh, shared by all workers, and then failure, of the one read where others are accepted."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from sources.aleta.errors import (
    AuthError,
    UnauthorizedError,
    UnreachableError,
)
from sources.aleta.jsonapi.envelope import read_list
from tests.fakes import Reply
from tests.unit.sources.aleta.transport.client_world import EMPTY, SECRET


def test_401_refreshes_once_and_goes_on(server, world):
    """A revoked token is replaced; no wait, no attempt lost."""
    server.say(Reply(status=401), EMPTY)
    assert world.get() == []
    assert [request.headers["Authorization"] for request in server.seen] == [f"Bearer {SECRET}{at}" for at in (1, 2)]
    assert world.clock.waits == []


def test_401_refreshes_once_then_fails(server, world):
    """Once in the life of a read, whatever lies between."""
    server.say(Reply(status=401), Reply(status=503), Reply(status=401))
    error = world.fails(AuthError)
    assert "refuses a fresh token" in str(error)
    assert (len(server.seen), world.fetched) == (3, 2)


def test_a_new_token_is_fetched_after_the_pause_that_it_would_not_survive(server, world):
    """F2: another worker's pause begins as the 401 comes, and lasts longer than a token lives."""
    world.lifetime_s = 100.0
    server.say(Reply(status=401), EMPTY)
    server.on_request = lambda _: world.bucket.pauses or world.bucket.pause(0.0, 300.0)
    world.client._tokens.get()
    fetch, fetched_at = world.client._tokens._fetch, []
    world.client._tokens._fetch = lambda: (fetched_at.append(world.clock.monotonic()), fetch())[1]
    assert (world.get(), fetched_at) == ([], [300.0])


def test_many_workers_that_meet_a_401_share_one_refresh(server, world):
    """Eight at once, two tokens in all."""

    def revoked(request):
        server.replies[0] = Reply(status=401) if request.headers["Authorization"].endswith("-1") else EMPTY

    server.on_request = revoked
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda _: world.get(), range(40))) == [[]] * 40
    assert world.fetched == 2


def test_a_token_that_cannot_be_had_is_not_asked_for_again_by_the_read(server, world):
    """The endpoint's own patience is over: the read adds none."""
    world.token_error = UnreachableError("no token: auth cannot be reached", resource="token")
    assert world.fails(UnreachableError) is world.token_error
    assert (world.fetched, server.seen) == (1, [])


def refusing(server, *, of: str, but: Callable[[str], bool] = lambda bearer: True) -> None:
    """The server refuses what has *of* in its address, and accepts, of anything else, the bearers that *but* names."""

    def answer(request):
        number = request.headers["Authorization"].rpartition("-")[2]
        server.replies[0] = EMPTY if of not in request.target and but(number) else Reply(status=401)

    server.on_request = answer


def test_f3_a_401_of_one_object_is_its_own(server, world):
    """F3: the bearer that is refused to one is accepted of others, so it alone fails, and costs one token in all."""
    refusing(server, of="closed")
    world.get()
    for _ in range(3):
        error = world.fails(UnauthorizedError, parent_id="closed", params={"accountId": "closed"})
    assert "transactions of closed: the API answered 401; it accepts the same token for others" in str(error)
    assert error.attrs["status"] == 401
    assert (world.get(), world.fetched) == ([], 2)


def test_f3_what_was_accepted_before_says_nothing_of_a_newer_token(server, world):
    """F3: access that ends in the middle of a run ends the run, whatever came before."""
    refusing(server, of="nothing", but=lambda number: number == "1" and len(server.seen) < 3)
    world.get()
    world.get()
    world.fails(AuthError)
    assert (len(server.seen), world.fetched) == (5, 2)  # the last one: the answer that came before, asked for again


def test_f3_a_token_that_ends_is_renewed_also_where_an_object_is_refused(server, world):
    """F3: one read that was refused alone does not keep the others from a new token."""
    valid = {"1", "2"}
    refusing(server, of="closed", but=lambda number: number in valid)
    world.get()
    world.fails(UnauthorizedError, params={"accountId": "closed"})
    valid.clear()
    valid.add("3")
    assert (world.get(), world.fetched) == ([], 3)


def test_f3_a_token_that_another_read_had_renewed_meanwhile_is_tried_first(server, world):
    """F3: what is accepted with it says nothing of a read that was sent with the old one."""
    valid = {"1", "2"}
    refusing(server, of="closed", but=lambda number: number in valid)
    world.get()
    world.fails(UnauthorizedError, params={"accountId": "closed"})
    answer = server.on_request

    def renewed_meanwhile(request):
        if "late" in request.target and "2" in valid:
            valid.clear()
            valid.add("3")
            world.client._tokens.refresh(world.client._tokens.get())
        answer(request)

    server.on_request = renewed_meanwhile
    assert (world.get(params={"accountId": "late"}), world.fetched) == ([], 3)


def test_f3_a_401_waits_for_what_others_are_told(server, world):
    """F3: the first answers of a run come at once; a refusal that is the first to come says nothing of the others."""
    slow = threading.Event()

    def answer(request):
        closed = "closed" in request.target
        server.replies[0] = Reply(status=401) if closed else EMPTY

    server.on_request = answer
    sending = world.client._observer.attempt
    world.client._observer.attempt = lambda resource: (sending(resource), resource == "slow" and slow.wait(timeout=20))
    world.clock.sleep = lambda seconds: seconds > 0 and slow.set()
    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(world.get, resource="slow", parent_id="")
        while "slow" not in world.seen.attempts:
            time.sleep(0.001)
        world.fails(UnauthorizedError, params={"accountId": "closed"})
        assert other.result() == []


def test_f3_a_proof_that_fails_is_asked_for_again(server, world):
    """F2: whether a token is good is a read like others: a 503 says nothing of it."""
    refusing(server, of="closed")
    world.get()
    answer, sick = server.on_request, iter([True])

    def once_sick(request):
        answer(request)
        if "closed" not in request.target and next(sick, False):
            server.replies[0] = Reply(status=503)

    server.on_request = once_sick
    world.fails(UnauthorizedError, params={"accountId": "closed"})
    assert len(world.seen.retries) == 1


def test_f3_an_answer_under_a_condition_is_a_proof_too(server, world):
    """F3: on a quiet night of v1 nothing but 304 is there to tell that a token is accepted."""

    def answer(request):
        same = request.headers.get("If-None-Match") == '"1"'
        server.replies[0] = Reply(status=401) if "closed" in request.target else Reply(status=304 if same else 500)

    server.on_request = answer
    list_of = {"params": {}, "parse": lambda body, _: read_list(body), "resource": "clients"}
    assert world.client.page("/v1/clients", **list_of, etag='"1"') is None
    with pytest.raises(UnauthorizedError):
        world.client.page("/v1/closed", **list_of)
