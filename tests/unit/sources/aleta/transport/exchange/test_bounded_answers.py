"""An answer has a bounded time and a bounded size (rules F7 and C6)."""

from __future__ import annotations

import resource
import socket
import threading
import time
import zlib

import pytest

from sources.aleta.errors import (
    RetryableError,
    TooLargeError,
    UnavailableError,
)
from sources.aleta.transport.exchange.allowance import LARGE, Allowance, TooSlowError
from tests.rawserver import raw_server
from tests.unit.sources.aleta.transport.odd_client import DRIPS, MB, after, client_of, drip, get, head, sent


@pytest.mark.parametrize("say", [pytest.param(say, id=name) for name, say in DRIPS.items()])
def test_an_answer_that_drips_ends_in_time(say):
    """F7: the bound is on the whole answer, not on the time between two pieces."""
    began = time.monotonic()
    with raw_server(say) as url, pytest.raises(UnavailableError, match=r"did not come whole within 0\.4 s"):
        get(client_of(url, seconds=0.4))
    assert time.monotonic() - began < 5


def test_an_answer_that_is_overdue_is_asked_for_once_more_and_no_more():
    """Six times five minutes would hold a worker for half an hour."""
    asked: list[int] = []

    def say(connection: socket.socket) -> None:
        asked.append(1)
        drip(b"H")(connection)

    with raw_server(say) as url, pytest.raises(UnavailableError):
        get(client_of(url, seconds=0.2, attempts=6))
    assert len(asked) == 2


def test_the_words_of_an_error_may_drip_no_longer_either():
    """The status is known; the words are done without."""
    say = after(head("Content-Length: 100000", status="403 Forbidden"), b" ")
    with raw_server(say) as url, pytest.raises(Exception, match="the API answered 403; ask Aleta for access"):
        get(client_of(url, seconds=0.4))


def blanks_in_gzip(megabytes: int) -> bytes:
    """One stream. After a full flush, each megabyte of the same bytes is compressed to the same bytes."""
    stream = zlib.compressobj(9, wbits=31)
    first, another = (stream.compress(b" " * MB) + stream.flush(zlib.Z_FULL_FLUSH) for _ in range(2))
    return first + another * (megabytes - 1)


def chunks_of_blanks(connection: socket.socket) -> None:
    connection.sendall(head("Transfer-Encoding: chunked"))
    while True:
        connection.sendall(b"%x\r\n%b\r\n" % (MB, b" " * MB))


def rows_without_end(connection: socket.socket) -> None:
    row = b'{"type":"fee-transaction","id":"t1","attributes":{"accountAmount":1.50,"tradeDate":"2026-01-02"}},'
    connection.sendall(head("Transfer-Encoding: chunked") + b'9\r\n{"data":[\r\n')
    rows = row * (MB // len(row))
    while True:
        connection.sendall(b"%x\r\n%b\r\n" % (len(rows), rows))


def chunk_line_without_end(connection: socket.socket) -> None:
    connection.sendall(head("Transfer-Encoding: chunked") + b"5;")
    while True:
        connection.sendall(b" " * MB)


@pytest.mark.parametrize(
    "say",
    [
        pytest.param(sent(head("Content-Encoding: gzip", "Connection: close") + blanks_in_gzip(600)), id="gzip"),
        pytest.param(chunks_of_blanks, id="chunks"),
        pytest.param(rows_without_end, id="rows"),
    ],
)
def test_an_answer_without_end_is_refused_before_memory_is_full(say):
    """F7: it is dropped where it passes the bound, not when it ends; and not asked for again."""
    with raw_server(say) as url:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        with pytest.raises(TooLargeError, match="transactions of a1: the answer has more than 40 MB"):
            get(client_of(url, size=40 * MB, attempts=5))
        grown_mb = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert grown_mb < 250


def test_the_size_of_a_chunk_without_end_is_refused():
    """The library bounds it by itself; ours would at 40 MB."""
    with raw_server(chunk_line_without_end) as url, pytest.raises((TooLargeError, UnavailableError)):
        get(client_of(url, size=40 * MB))


def test_an_error_with_words_without_end_keeps_its_meaning():
    """A 403 is a 403."""

    def say(connection: socket.socket) -> None:
        connection.sendall(head("Connection: close", status="403 Forbidden"))
        while True:
            connection.sendall(b" " * MB)

    with raw_server(say) as url, pytest.raises(Exception, match="the API answered 403; ask Aleta for access"):
        get(client_of(url, size=40 * MB))


def test_large_answers_are_held_one_at_a_time():
    """C6: eight workers do not hold eight of the largest; the next comes in once the one before is done with."""
    entered: list[str] = []

    def hold(name: str) -> None:
        with large() as another:
            another.unpacked(LARGE + 1)
            entered.append(name)

    with large() as first:
        first.unpacked(LARGE + 1)
        waiting = threading.Thread(target=hold, args=("second",))
        waiting.start()
        with large() as small:
            small.unpacked(LARGE)  # one that is not large waits for nobody
        waiting.join(timeout=0.2)
        assert entered == []
    waiting.join(timeout=60)
    assert entered == ["second"]


def test_a_large_answer_waits_no_longer_for_another_than_it_may_take():
    """It ends as one that is overdue, and what it waited for is untouched."""
    refused: list[Exception] = []

    def wait() -> None:
        with large(seconds=0.1) as another, pytest.raises(TooSlowError) as late:
            another.unpacked(LARGE + 1)
        refused.append(late.value)

    with large() as first:
        first.unpacked(LARGE + 1)
        waiting = threading.Thread(target=wait)
        waiting.start()
        waiting.join(timeout=60)
    assert len(refused) == 1
    with large() as third:
        third.unpacked(LARGE + 1)


def large(seconds: float = 60.0) -> Allowance:
    return Allowance(seconds=seconds, size=2 * LARGE, monotonic=time.monotonic)


def test_every_failure_of_the_wire_is_worth_a_retry_or_fatal_for_its_read():
    """Kinds, not texts, decide what the caller does."""
    assert issubclass(UnavailableError, RetryableError)
    assert not issubclass(TooLargeError, RetryableError)
