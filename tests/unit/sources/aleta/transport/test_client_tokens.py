"""A 401: one refresh, shared by all workers, and then failure."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from sources.aleta.errors import (
    AuthError,
    UnreachableError,
)
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
