"""The real client over a socket, against bytes that nobody meant (rules F1, F5 to F8): an answer or the right error.

A few seconds in the suite; FUZZ_SECONDS sets more, FUZZ_SEED another beginning.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from datetime import date
from random import Random

from sources.aleta.auth.tokens import Token, TokenCache
from sources.aleta.catalogue.catalogue import CATALOGUE
from sources.aleta.errors import (
    AuthError,
    ClockError,
    DefectError,
    FatalError,
    RetryableError,
    SkippableError,
    SourceError,
)
from sources.aleta.jsonapi.answer import Answer
from sources.aleta.planning.windows import Window
from sources.aleta.reading.reader import Reader
from sources.aleta.transport.client import Client
from sources.aleta.transport.exchange.wire import Bounds
from sources.aleta.transport.pacing.limiter import TokenBucket
from sources.aleta.transport.pacing.retry import RetryPolicy
from tests.fakes import FakeClock
from tests.fuzzed import SECRET, Bytes
from tests.rawserver import raw_server

SECONDS = float(os.environ.get("FUZZ_SECONDS", "5"))
SEED = int(os.environ.get("FUZZ_SEED", "1"))
BOUND_S = 1.0  # of one answer
PATIENCE_S = 20.0  # of one read beside its answers' bounds, on a machine that does other things
SIZE = 1 << 20
WINDOW = Window(date(2026, 1, 1), date(2026, 1, 31))
ENDPOINTS = ("transactions", "accounts", "clients", "instrument_holdings", "prices", "webhook_keys", "limits")


def reader_of(url: str, random: Random) -> tuple[Client, Reader]:
    clock = FakeClock()
    client = Client(
        url,
        tokens=TokenCache(lambda: Token(value=SECRET, expires_at_s=1e12), clock),
        bucket=TokenBucket(0.0, 100),
        clock=clock,
        policy=RetryPolicy(attempts=2, unreachable_for_s=1.0, random=random),
        bounds=Bounds(seconds=BOUND_S, size=SIZE),
    )
    return client, Reader(client, clock)


def shown(error: BaseException | None) -> str:
    """All that a log could print of it."""
    texts = []
    while error is not None:
        texts.append(f"{error} {getattr(error, 'attrs', '')}")
        error = error.__cause__
    return "\n".join(texts)


def ask(reader: Reader, random: Random) -> Answer | SourceError:
    """One read of any kind; an exception of another kind is what the test is to find."""
    endpoint = CATALOGUE[random.choice(ENDPOINTS)]
    try:
        if endpoint.detail or random.random() < 0.2:
            return reader.one_of(endpoint, "t1", "a1")()
        return reader.list_of(endpoint, "a1", WINDOW if endpoint.dates else None)()
    except SourceError as error:
        return error


def test_random_bytes_are_an_answer_or_the_right_error():
    """In bounded time, never another exception, no thread, no defect, nothing of the bearer."""
    random, before = Random(SEED), {thread.name for thread in threading.enumerate()}
    bytes_of, ends_s, reads = Bytes(Random(SEED + 1)), time.monotonic() + SECONDS, 0
    said: list[bytes] = []

    def say(connection: socket.socket) -> None:
        said.append(bytes_of.answer())
        connection.sendall(said[-1])

    with raw_server(say) as url:
        while time.monotonic() < ends_s:
            client, reader = reader_of(url, random)
            for _ in range(20):
                said.clear()
                began_s = time.monotonic()
                try:
                    came = ask(reader, random)
                except Exception as error:
                    raise AssertionError(f"seed {SEED}, read {reads}: {error!r} after {said}") from error
                took_s = time.monotonic() - began_s
                reads += 1
                assert took_s < PATIENCE_S + BOUND_S * len(said), (SEED, reads, took_s, len(said), said)
                assert not isinstance(came, DefectError), (SEED, reads, shown(came), said)
                if isinstance(came, SourceError):
                    assert isinstance(came, RetryableError | SkippableError | FatalError), (came, said)
                    text = shown(came)
                    assert text.replace("\n", "").isprintable(), (SEED, reads, text, said)
                    assert SECRET[:6] not in text, (SEED, reads, text, said)
                    if not isinstance(came, AuthError | ClockError):
                        assert came.attrs["parent_id"] in {"a1", "t1"}, (came, said)
            client.close()
    assert reads >= SECONDS
    left = {thread.name for thread in threading.enumerate()} - before
    assert left == set()
