"""Bodies that break off, answers that are none, and servers that do not answer."""

from __future__ import annotations

import threading

import pytest

from sources.aleta.errors import (
    MalformedError,
    RefusedError,
    UnavailableError,
    UnreachableError,
)
from sources.aleta.transport.exchange import sockets, wire
from tests.fakes import Reply, scripted_server
from tests.unit.sources.aleta.transport.client_world import CHUNKED, CUTS, EMPTY, GZIPPED, ROWS, World, whole


@pytest.mark.parametrize("reply", CUTS)
def test_a_body_that_breaks_off_is_a_failed_attempt(server, world, reply):
    """F1: never fewer rows; tried again, and then an error with its place."""
    server.say(reply, Reply(body=ROWS))
    assert len(world.get()) == 200
    server.say(reply)
    error = world.fails(UnavailableError)
    assert str(error).startswith("transactions of a1: the answer ")
    assert (error.attrs["resource"], error.attrs["parent_id"]) == ("transactions", "a1")


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(Reply(body=GZIPPED, headers={"Content-Encoding": "gzip"}), id="gzip"),
        pytest.param(Reply(raw=CHUNKED + b"%x\r\n%b\r\n0\r\n\r\n" % (len(ROWS), ROWS)), id="chunks"),
        pytest.param(whole("Connection: close", ROWS), id="until-the-connection-closes"),
    ],
)
def test_a_whole_body_arrives_whole(server, world, reply):
    """Whatever frames it."""
    server.say(reply)
    assert len(world.get()) == 200


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"{}", b'{"errors":[]}', b'{"data":null}', b'{"data":[{"type":"x"}]}', ROWS[:-3]],
    ids=["empty", "html", "no-data", "errors", "null", "no-id", "cut"],
)
def test_a_200_that_is_no_answer_is_a_failed_attempt(server, world, body):
    """F1: what parse refuses is tried again; then the error has its place, and nothing of the body."""
    server.say(Reply(body=body), EMPTY)
    assert world.get() == []
    server.say(Reply(body=body))
    error = world.fails(MalformedError)
    assert str(error).startswith("transactions of a1: ")
    assert (error.attrs["parent_id"], error.attrs["path"]) == ("a1", "/v2/transactions")


def test_another_error_of_parse_is_passed_on(server, world):
    """What no attempt mends is not tried again."""

    def parse(_):
        raise RefusedError("broken schema")

    assert str(world.fails(RefusedError, parse=parse)) == "broken schema"
    assert len(server.seen) == 1


def test_a_reset_before_an_answer_is_tried_again(server, world):
    """The connection was closed without a byte."""
    server.say(Reply(raw=b""), EMPTY)
    assert world.get() == []
    assert isinstance(world.seen.retries[0][1], UnreachableError)


def test_a_server_that_cannot_be_reached_is_named_after_two_minutes():
    """Its address, the system's reason, and nothing of the query."""
    with scripted_server() as gone:
        url = gone.url
    world = World(url)
    error = world.fails(UnreachableError)
    assert str(error).startswith(
        f"transactions of a1: {url.removeprefix('http://')} cannot be reached (Connection refused)"
    )
    assert "fromDate" not in str(error)
    assert 90.0 < sum(world.clock.waits) <= 120.0


def test_a_server_that_does_not_answer_in_time_is_unavailable(server, monkeypatch):
    """Connected, but silent: a counted attempt."""
    monkeypatch.setattr(sockets, "IDLE_S", 0.05)
    monkeypatch.setattr(wire, "IDLE_S", 0.05)
    go = threading.Event()
    server.on_request = lambda _: go.wait(timeout=20)
    world = World(server.url)
    error = world.fails(UnavailableError)
    assert "did not answer within" in str(error)
    assert len(world.seen.attempts) == 6
    go.set()
    world.client.close()
