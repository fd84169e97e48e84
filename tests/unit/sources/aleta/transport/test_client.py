"""The attempt loop against a scripted server on a loopback socket: each status, each cut, each wait."""

from __future__ import annotations

import gzip
import json
import logging
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from random import Random

import pytest

from sources.aleta.auth.tokens import Token, TokenCache
from sources.aleta.errors import (
    AuthError,
    ForbiddenError,
    MalformedError,
    ParentGoneError,
    RateLimitedError,
    RefusedError,
    RetryableError,
    SourceError,
    StoppedError,
    UnavailableError,
    UnreachableError,
    WindowTooWideError,
)
from sources.aleta.jsonapi.envelope import read_list
from sources.aleta.transport import client as client_module
from sources.aleta.transport.client import Client
from sources.aleta.transport.limiter import TokenBucket
from sources.aleta.transport.retry import RetryPolicy
from tests.fakes import FakeClock, Reply, scripted_server

SECRET = "s3cret-bearer-"
EMPTY = Reply(body=b'{"data":[]}')
ROWS = json.dumps({"data": [{"type": "fee-transaction", "id": str(at)} for at in range(200)]}).encode()


class Seen:
    """An observer that keeps what it is told."""

    def __init__(self) -> None:
        self.attempts: list[str] = []
        self.retries: list[tuple[str, RetryableError, float]] = []
        self.waits: list[tuple[float, str]] = []

    def attempt(self, resource: str) -> None:
        self.attempts.append(resource)

    def retry(self, resource: str, error: RetryableError, wait_s: float) -> None:
        self.retries.append((resource, error, wait_s))

    def waiting(self, seconds: float, reason: str) -> None:
        self.waits.append((seconds, reason))


class World:
    """A client, and everything around it that a test looks at."""

    def __init__(self, url: str, *, rate: float = 0.0, burst: int = 1000) -> None:
        self.clock = FakeClock()
        self.seen = Seen()
        self.fetched = 0
        self.token_error: SourceError | None = None
        self.bucket = TokenBucket(rate, burst, headroom=0.0)
        self.client = Client(
            url,
            tokens=TokenCache(self.fetch, self.clock),
            bucket=self.bucket,
            clock=self.clock,
            policy=RetryPolicy(random=Random(7)),
            observer=self.seen,
        )

    def fetch(self) -> Token:
        self.fetched += 1
        if self.token_error is not None:
            raise self.token_error
        return Token(value=f"{SECRET}{self.fetched}", expires_at_s=self.clock.monotonic() + 1e6)

    def get(self, **changes):
        call = {
            "path": "/v2/transactions",
            "params": {"accountId": "a1", "fromDate": "2026-01-01"},
            "parse": read_list,
            "resource": "transactions",
            "parent_id": "a1",
        } | changes
        return self.client.get(call.pop("path"), **call)

    def fails(self, kind: type[SourceError], **changes) -> SourceError:
        with pytest.raises(kind) as caught:
            self.get(**changes)
        assert type(caught.value) is kind
        return caught.value


@pytest.fixture
def server():
    with scripted_server() as script:
        script.say(EMPTY)
        yield script


@pytest.fixture
def world(server):
    made = World(server.url)
    yield made
    made.client.close()


def test_a_read_is_sent_as_the_api_wants_it(server, world):
    """Path behind /api, encoded query, JSON:API accepted, gzip welcome, bearer stamped."""
    server.say(Reply(body=ROWS))
    assert len(world.get(params={"accountId": "a&b", "fromDate": "2026-01-01"})) == 200
    (request,) = server.seen
    assert (request.method, request.target) == ("GET", "/api/v2/transactions?accountId=a%26b&fromDate=2026-01-01")
    assert request.headers["Accept"] == "application/vnd.api+json"
    assert request.headers["Accept-Encoding"] == "gzip"
    assert request.headers["Authorization"] == f"Bearer {SECRET}1"
    assert world.seen.attempts == ["transactions"]


@pytest.mark.parametrize(
    ("parent_id", "target"),
    [
        ("5f0", "/api/v2/clients/5f0/users"),
        ("a/b?c#d e%", "/api/v2/clients/a%2Fb%3Fc%23d%20e%25/users"),
        ("../x", "/api/v2/clients/..%2Fx/users"),
        ("é", "/api/v2/clients/%C3%A9/users"),
    ],
)
def test_an_id_stays_one_segment_of_the_path(server, world, parent_id, target):
    """Ids are opaque: none of them leads elsewhere."""
    world.get(path="/v2/clients/{parent_id}/users", params=None, parent_id=parent_id)
    assert server.seen[0].target == target


@pytest.mark.parametrize("parent_id", [".", ".."])
def test_an_id_that_is_a_step_in_a_path_is_refused(server, world, parent_id):
    """RFC 3986 section 5.2.4 would make another path of it."""
    world.fails(RefusedError, path="/v2/clients/{parent_id}/users", parent_id=parent_id)
    assert server.seen == []


def test_one_connection_serves_many_reads(server, world):
    """Keep-alive, also behind an error with a body."""
    threads = Counter()
    server.on_request = lambda _: threads.update([threading.get_ident()])
    server.say(EMPTY, Reply(status=503, body=b"x" * 5000), EMPTY)
    for _ in range(3):
        world.get()
    assert list(threads.values()) == [4]  # the server has one thread a connection


def test_cookies_are_not_kept(server, world):
    """A read depends on nothing that was read before."""
    server.say(Reply(body=b'{"data":[]}', headers={"Set-Cookie": "session=1; Path=/"}), EMPTY)
    world.get()
    world.get()
    assert "Cookie" not in server.seen[1].headers


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (404, ParentGoneError, "shows this no longer"),
        (403, ForbiddenError, "ask Aleta"),
        (400, WindowTooWideError, "narrower"),
        (422, WindowTooWideError, "narrower"),
        (409, RefusedError, "no rule"),
        (204, RefusedError, "no rule"),
        (501, RefusedError, "no rule"),
    ],
)
def test_a_status_without_hope_is_asked_once(server, world, status, kind, words):
    """The error says what was read, whose, the status, and what to do."""
    server.say(Reply(status=status))
    error = world.fails(kind)
    assert str(error).startswith(f"transactions of a1: the API answered {status}; ")
    assert words in str(error)
    assert error.attrs == {
        "resource": "transactions",
        "parent_id": "a1",
        "path": "/v2/transactions",
        "status": status,
        "detail": "",
    }
    assert len(server.seen) == 1
    assert world.clock.waits == []


def test_the_apis_own_words_are_passed_on_cleaned(server, world):
    """Title and detail of the JSON:API error, without control characters."""
    server.say(Reply(status=422, body=b'{"errors":[{"title":"Range","detail":"at most\\u001b[0m 366 days"}]}'))
    error = world.fails(WindowTooWideError)
    assert "answered 422 (Range: at most [0m 366 days); " in str(error)
    assert error.attrs["detail"] == "Range: at most [0m 366 days"


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
def test_a_passing_failure_is_tried_again(server, world, status):
    """With a jittered wait, and told to the observer."""
    server.say(Reply(status=status, body=b"<html>"), EMPTY)
    assert world.get() == []
    ((resource, error, wait_s),) = world.seen.retries
    assert (resource, error.attrs["status"]) == ("transactions", status)
    assert world.clock.waits == [wait_s]
    assert world.seen.waits == [(wait_s, "retry")]
    assert world.seen.attempts == ["transactions"] * 2


def test_six_attempts_and_then_the_last_failure(server, world):
    """Full jitter below 0.5 s, 1 s, 2 s, 4 s, 8 s."""
    server.say(*[Reply(status=503)] * 5, Reply(status=504))
    error = world.fails(UnavailableError)
    assert error.attrs["status"] == 504
    assert len(server.seen) == 6
    assert all(wait <= ceiling for wait, ceiling in zip(world.clock.waits, [0.5, 1, 2, 4, 8], strict=True))


def test_retry_after_is_the_least_wait_and_holds_everyone(server, world):
    """F2: a 503 that names a time is obeyed by every worker."""
    server.say(Reply(status=503, headers={"Retry-After": "40"}), EMPTY)
    world.get()
    assert world.clock.waits == [40.0]
    assert world.bucket.pauses == 1


def test_a_retry_after_beyond_patience_is_not_waited_for(server, world):
    """An hour is longer than a run waits."""
    server.say(Reply(status=503, headers={"Retry-After": "3600"}))
    world.fails(UnavailableError)
    assert len(server.seen) == 1


def test_429_pauses_the_bucket_and_is_no_attempt(server):
    """Ten 429s are survived with six attempts; afterwards the budget starts empty."""
    world = World(server.url, rate=2.0, burst=100)
    server.say(*[Reply(status=429, headers={"Retry-After": "5"})] * 10, EMPTY)
    assert world.get() == []
    assert (len(server.seen), world.bucket.pauses) == (11, 10)
    assert all(wait_s >= 5.0 for _, _, wait_s in world.seen.retries)
    assert world.seen.waits[:2] == [(5.0, "rate_limited"), (0.5, "budget")]
    world.client.close()


def test_429_without_a_wait_is_backed_off_from(server, world):
    """No Retry-After: full jitter, and everyone pauses for it."""
    server.say(Reply(status=429), EMPTY)
    world.get()
    assert world.bucket.pauses == 1
    assert 0 < world.clock.waits[0] <= 0.5


def test_429_is_waited_for_a_quarter_of_an_hour_at_most(server, world):
    """Then the last one is raised."""
    server.say(Reply(status=429, headers={"Retry-After": "100"}))
    error = world.fails(RateLimitedError)
    assert (error.attrs["status"], error.retry_after_s) == (429, 100.0)
    assert world.clock.waits == [100.0] * 9


def test_a_429_whose_body_breaks_off_is_still_a_429(server, world):
    """Only a 200 needs its body."""
    server.say(Reply(raw=b"HTTP/1.1 429 No\r\nContent-Length: 99\r\nRetry-After: 3\r\n\r\n{"), EMPTY)
    world.get()
    assert world.clock.waits == [3.0]


def test_a_token_reserved_before_a_pause_is_taken_again(server):
    """A worker that waits for its turn when another meets a 429 waits for the end of the pause."""
    world = World(server.url, rate=1.0, burst=1)
    world.get()
    pausing = iter([lambda: world.bucket.pause(world.clock.monotonic(), 30.0)])
    waiting = world.seen.waiting
    world.client._observer.waiting = lambda *told: (waiting(*told), next(pausing, lambda: None)())
    world.get()
    assert world.clock.waits == [1.0, 30.0]  # one turn, void; then the pause of 30 s from second 0, and a turn at 31
    world.client.close()


def test_every_attempt_takes_a_token(server):
    """R1: retries count too."""
    world = World(server.url, rate=1.0, burst=100)
    server.say(Reply(status=503), Reply(status=401), EMPTY)
    before = world.bucket.level(0.0)
    world.get()
    spent_s = world.clock.monotonic()
    assert before - world.bucket.level(spent_s) == pytest.approx(3 - spent_s)
    world.client.close()


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


GZIPPED = gzip.compress(ROWS)
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def whole(head: str, body: bytes) -> Reply:
    return Reply(raw=f"HTTP/1.1 200 OK\r\n{head}\r\n\r\n".encode() + body)


CUTS = [
    pytest.param(whole(f"Content-Length: {len(ROWS)}", ROWS[:-50]), id="content-length"),
    pytest.param(whole(f"Content-Length: {len(ROWS)}", b""), id="nothing-behind-the-headers"),
    pytest.param(Reply(raw=CHUNKED + b"%x\r\n%b\r\n" % (len(ROWS), ROWS)), id="last-chunk-missing"),
    pytest.param(Reply(raw=CHUNKED + b"%x\r\n%b" % (len(ROWS), ROWS[:99])), id="within-a-chunk"),
    pytest.param(Reply(raw=CHUNKED + b"zz\r\n"), id="no-chunk-size"),
    pytest.param(Reply(body=GZIPPED[:-20], headers={"Content-Encoding": "gzip"}), id="gzip"),
    pytest.param(Reply(body=GZIPPED[:-8], headers={"Content-Encoding": "gzip"}), id="gzip-trailer"),
    pytest.param(
        Reply(
            raw=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n\r\n"
            + b"%x\r\n%b\r\n0\r\n\r\n" % (len(GZIPPED) - 8, GZIPPED[:-8])
        ),
        id="gzip-in-chunks",
    ),
    pytest.param(Reply(body=ROWS, headers={"Content-Encoding": "br"}), id="coding-not-asked-for"),
]


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
    monkeypatch.setattr(client_module, "READ_S", 0.05)
    go = threading.Event()
    server.on_request = lambda _: go.wait(timeout=20)
    world = World(server.url)
    error = world.fails(UnavailableError)
    assert "did not answer within" in str(error)
    assert len(world.seen.attempts) == 6
    go.set()
    world.client.close()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(server, world, status):
    """S1: no bearer goes where a header points."""
    with scripted_server() as elsewhere:
        server.say(Reply(status=status, headers={"Location": f"{elsewhere.url}/api/v2/x"}))
        error = world.fails(RefusedError)
        assert elsewhere.seen == []
    assert "redirects are never followed" in str(error)


@pytest.mark.parametrize(
    "url",
    [
        "http://platform.aleta.io",
        "http://127.0.0.1.example",
        "http://10.0.0.1",
        "http://localhost.example",
        "ftp://127.0.0.1",
        "https://user:pass@platform.aleta.io",
        "https://platform.aleta.io?x=1",
        "platform.aleta.io",
        "",
    ],
)
def test_an_unsafe_url_is_refused_at_once(url):
    """S1: https, or http to this machine; and no password in a URL."""
    with pytest.raises(ValueError, match=r"not safe|nothing else") as caught:
        World(url)
    assert "pass" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["https://platform.aleta.io", "http://127.0.0.1:1", "http://localhost:1", "http://[::1]:1/"]
)
def test_a_safe_url_is_taken(url):
    """TLS anywhere, plain http to a loopback host."""
    World(url).client.close()


def test_no_proxy_sees_a_plain_request(server, monkeypatch):
    """S1: http to this machine stays on it, whatever the environment says."""
    with scripted_server() as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.delenv("no_proxy", raising=False)
        World(server.url).get()
        assert proxy.seen == []


def test_a_password_in_netrc_does_not_replace_the_bearer(server, world, tmp_path, monkeypatch):
    """Requests would take it for a host that it lists, where no auth is given."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password pw\n")
    monkeypatch.setenv("NETRC", str(netrc))
    world.client._wire._session.trust_env = True
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    world.get()
    assert server.seen[0].headers["Authorization"] == f"Bearer {SECRET}1"


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


def told(world: World, error: BaseException | None, log: str) -> str:
    """Everything that could reach a person: log lines, the error with all it is chained to, what the observer got."""
    texts = [log, *[f"{error!r} {error.attrs}" for _, error, _ in world.seen.retries]]
    while error is not None:
        texts.append(f"{error!r} {error} {getattr(error, 'attrs', '')}")
        error = error.__cause__ or error.__context__
    return "\n".join(texts)


def quoting(status: int):
    """Replies that quote the bearer they were sent."""

    def reply(request):
        detail = f"you sent {request.headers['Authorization']}"
        return Reply(status=status, body=json.dumps({"errors": [{"title": "bad", "detail": detail}]}).encode())

    return reply


ANY = [
    *[pytest.param(quoting(status), id=str(status)) for status in (200, 400, 401, 403, 404, 409, 422, 429, 503)],
    pytest.param(Reply(raw=b""), id="reset"),
    *CUTS,
]


@pytest.mark.parametrize("reply", ANY)
def test_no_error_and_no_log_line_holds_the_bearer(server, world, caplog, reply):
    """S1: not even when the server quotes it, with every library's log turned on."""
    caplog.set_level(logging.DEBUG)
    if isinstance(reply, Reply):
        server.say(reply)
    else:
        server.on_request = lambda request: server.say(reply(request))
    with pytest.raises(SourceError) as caught:
        world.get()
    assert SECRET not in told(world, caught.value, caplog.text)


def test_the_secret_check_sees_a_planted_one(server, world, caplog):
    """Sabotage: a bearer in a log line or in a chained error is seen."""
    server.say(Reply(status=404))
    error = world.fails(ParentGoneError)
    logging.getLogger("x").warning("sent %s", f"{SECRET}1")
    assert SECRET in told(world, None, caplog.text)
    error.__cause__ = ValueError(f"header {SECRET}1")
    assert SECRET in told(world, error, "")
