"""A stop while threads read, and more threads than connections."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from sources.aleta.auth.tokens import TokenCache
from sources.aleta.errors import (
    StoppedError,
)
from sources.aleta.jsonapi.envelope import read_list
from sources.aleta.transport.client import Client
from tests.fakes import Reply
from tests.unit.sources.aleta.transport.client_world import EMPTY, World


def test_a_stop_ends_a_read_while_it_waits(server, world):
    """StoppedError comes through, at once, from any wait."""
    server.say(Reply(status=503))
    server.on_request = lambda _: setattr(world.clock, "stopped", True)
    world.fails(StoppedError)
    assert len(server.seen) == 1


def test_no_thread_hangs_when_a_stop_comes(server):
    """Forty reads in eight threads, a rate that makes all wait, and a stop: everyone comes back."""
    world = World(server.url, rate=1.0, burst=1)
    server.on_request = lambda _: setattr(world.clock, "stopped", len(server.seen) >= 3)
    with ThreadPoolExecutor(8) as pool:
        futures = [pool.submit(world.get) for _ in range(40)]
        errors = [future.exception(timeout=20) for future in futures]
    assert {type(error) for error in errors} <= {type(None), StoppedError}
    assert len(server.seen) <= 12
    world.client.close()


def test_more_threads_than_connections_come_through(server):
    """A pool of two serves eight threads; nobody waits for ever."""
    world = World(server.url)
    small = Client(
        server.url, tokens=TokenCache(world.fetch, world.clock), bucket=world.bucket, clock=world.clock, pool=2
    )
    server.say(Reply(status=503), Reply(raw=b""), *[EMPTY] * 30)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: small.get("/v2/clients", parse=read_list, resource="clients"), range(30)))
    assert answers == [[]] * 30
    small.close()
