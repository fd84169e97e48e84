"""Writes against a scripted server on a loopback socket: what is sent again, what is not, and what is told when."""

from __future__ import annotations

import socket
from random import Random

import pytest

from sources.aleta.auth.tokens import Token, TokenCache
from sources.aleta.errors import AuthError, StoppedError, UnavailableError
from sources.aleta.transport.client import Client
from sources.aleta.transport.fate import Fate, Result
from sources.aleta.transport.pacing.limiter import TokenBucket
from sources.aleta.transport.pacing.retry import RetryPolicy
from sources.aleta.transport.write import Write, Writer
from tests.fakes import FakeClock, Reply, scripted_server

BEARER = "s3cret-bearer-"
CREATED = Reply(status=201, body=b'{"data":{}}')
LOST = Reply(raw=b"")
BODY = b'{"data":{"amount":1.50}}'


class World:
    """A writer, what it told, and what a test looks at; also the watcher of its writes."""

    def __init__(self, url: str, *, rate: float = 0.0) -> None:
        self.clock = FakeClock()
        self.told: list[str] = []
        self.results: list[Result] = []
        self.fetched = 0
        self.no_token: Exception | None = None
        self.bucket = TokenBucket(rate, 100, headroom=0.0)
        tokens = TokenCache(self.fetch, self.clock)
        policy = RetryPolicy(random=Random(7))
        client = Client(url, tokens=tokens, bucket=self.bucket, clock=self.clock, policy=policy)
        self.writer = Writer(client, url, tokens=tokens, clock=self.clock, policy=policy)

    def fetch(self) -> Token:
        self.fetched += 1
        if self.no_token:
            raise self.no_token
        return Token(value=f"{BEARER}{self.fetched}", expires_at_s=1e9)

    def sending(self) -> None:
        self.told.append("sending")

    def came(self, result: Result) -> None:
        self.told.append(result.fate)
        self.results.append(result)

    def send(self, *, repeatable: bool, method: str = "POST", body: bytes = BODY) -> Result:
        write = Write(method=method, path="/v2/fees", resource="fees", repeatable=repeatable, body=body)
        return self.writer.send(write, watcher=self)


@pytest.fixture
def server():
    with scripted_server() as script:
        yield script


@pytest.fixture
def world(server):
    return World(server.url)


@pytest.mark.parametrize("repeatable", [True, False])
def test_a_write_is_a_json_api_document_with_the_bearer(world, server, repeatable):
    """The body goes out byte by byte, under the standard's media type, after the watcher was told."""
    server.say(CREATED)
    server.on_request = lambda _: world.told.append("at the server")

    result = world.send(repeatable=repeatable)

    [request] = server.seen
    assert (request.method, request.target, request.body) == ("POST", "/api/v2/fees", BODY)
    assert request.headers["Content-Type"] == request.headers["Accept"] == "application/vnd.api+json"
    assert request.headers["Content-Length"] == f"{len(BODY)}"
    assert request.headers["Authorization"] == f"Bearer {BEARER}1"
    assert (request.headers["Connection"] == "close") is not repeatable
    assert (result.fate, result.status) == (Fate.CONFIRMED, 201)
    assert world.told == ["sending", "at the server", "confirmed"]


@pytest.mark.parametrize(
    "turned_away",
    [
        pytest.param(Reply(status=429, headers={"Retry-After": "3"}), id="429"),
        pytest.param(Reply(status=503, headers={"Retry-After": "3"}), id="503"),
    ],
)
@pytest.mark.parametrize("repeatable", [True, False])
def test_what_was_turned_away_is_sent_again_whatever_it_is(world, server, turned_away, repeatable):
    """It was not written; the pause that was asked for is kept."""
    server.say(turned_away, turned_away, CREATED)

    assert world.send(repeatable=repeatable).fate is Fate.CONFIRMED

    assert world.told == ["sending", "not_taken"] * 2 + ["sending", "confirmed"]
    assert sum(world.clock.waits) >= 6


def test_r1_a_429_beyond_patience_is_not_waited_for(world, server):
    """R1: who reads pauses for a moment; what was not taken has its outcome."""
    server.say(Reply(status=429, headers={"Retry-After": "3600"}), CREATED)
    assert world.send(repeatable=True).fate is Fate.NOT_TAKEN
    assert (len(server.seen), world.told) == (1, ["sending", "not_taken"])


@pytest.mark.parametrize(
    "lost",
    [
        pytest.param(LOST, id="no answer"),
        pytest.param(Reply(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"), id="half a body"),
        pytest.param(Reply(status=500), id="500"),
        pytest.param(Reply(status=503), id="503"),
        pytest.param(Reply(status=504), id="504"),
        pytest.param(Reply(status=200, body=b"<html>"), id="a page"),
        pytest.param(Reply(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 5\xb2\r\n\r\n"), id="no length that is a number"),
    ],
)
def test_what_may_have_been_written_is_sent_again_only_where_that_is_safe(server, lost):
    """Rule F4: a write that is not repeatable goes out once, and its fate is unknown."""
    once, more = World(server.url), World(server.url)
    server.say(lost, CREATED)
    assert once.send(repeatable=False).fate is Fate.UNKNOWN
    assert (once.told, len(server.seen)) == (["sending", "unknown"], 1)

    server.say(lost, CREATED)
    assert more.send(repeatable=True).fate is Fate.CONFIRMED
    assert more.told == ["sending", "unknown", "sending", "confirmed"]


def test_patience_ends_and_the_last_fate_is_returned(world, server):
    """Six attempts without an answer: unknown, and said why."""
    server.say(LOST)

    result = world.send(repeatable=True)

    assert (result.fate, len(server.seen)) == (Fate.UNKNOWN, 6)
    assert "sent, and no whole answer came" in result.message


def test_a_host_that_nobody_answers_at_took_nothing(server):
    """No connection, so nothing was sent: it is tried for two minutes, and then known not to be written."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    world = World(url)

    result = world.send(repeatable=False)

    assert (result.fate, result.code) == (Fate.NOT_TAKEN, "unreachable")
    assert set(world.told) == {"sending", "not_taken"}
    assert 60 < sum(world.clock.waits) <= 120


def test_a_rejection_has_the_words_of_the_api_and_never_the_bearer(world, server):
    """422 is not tried again; a token that the server quotes is masked."""
    body = f'{{"errors":[{{"title":"No","detail":"account {BEARER}1 unknown"}}]}}'.encode()
    server.say(Reply(status=422, body=body))

    result = world.send(repeatable=True)

    assert result.fate is Fate.REJECTED
    assert result.message == "the API answered 422 (No: account *** unknown)"
    assert len(server.seen) == 1


def test_a_401_fetches_one_new_token_and_then_fails(world, server):
    """Both attempts are told to have written nothing; the error is one of authentication."""
    server.say(Reply(status=401))

    with pytest.raises(AuthError, match="401"):
        world.send(repeatable=False)

    assert (world.fetched, len(server.seen)) == (2, 2)
    assert world.told == ["sending", "not_taken"] * 2


def test_a_401_and_a_new_token_go_on(world, server):
    """The write is sent again with the new bearer."""
    server.say(Reply(status=401), CREATED)

    assert world.send(repeatable=False).fate is Fate.CONFIRMED
    assert [request.headers["Authorization"][-1] for request in server.seen] == ["1", "2"]


def test_without_a_token_nothing_is_sent(world, server):
    """What the token endpoint failed with is what ends the write."""
    world.no_token = UnavailableError("no token", resource="token")

    with pytest.raises(UnavailableError, match="no token"):
        world.send(repeatable=True)

    assert (world.told, server.seen) == ([], [])


def test_every_attempt_takes_a_token_of_the_budget(server):
    """Rule R1: also those that follow a failure."""
    world = World(server.url, rate=1.0)
    server.say(Reply(status=500), Reply(status=500), CREATED)
    world.send(repeatable=True)

    assert world.bucket.level(world.clock.monotonic()) <= 97 + sum(world.clock.waits)


def test_a_stop_before_the_turn_sends_nothing(world, server):
    """A run that is asked to stop begins no attempt."""
    world.clock.stopped = True

    with pytest.raises(StoppedError):
        world.send(repeatable=True)

    assert (world.told, server.seen) == ([], [])


def test_a_watcher_that_cannot_write_stops_the_write_before_it_is_sent(world, server):
    """Nothing goes out that is not in the journal first."""

    def full() -> None:
        raise OSError(28, "No space left on device")

    world.sending = full

    with pytest.raises(OSError, match="No space"):
        world.send(repeatable=True)

    assert server.seen == []


def test_a_delete_has_its_query_and_no_body(world, server):
    """404 is success: it is gone."""
    server.say(Reply(status=404))

    assert world.send(repeatable=True, method="DELETE", body=b"").fate is Fate.CONFIRMED

    [request] = server.seen
    assert (request.method, request.body, "Content-Type" in request.headers) == ("DELETE", b"", False)
