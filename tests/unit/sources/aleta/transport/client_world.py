"""A client of a scripted server, everything around it, and bodies that break off."""

from __future__ import annotations

import gzip
import json
from random import Random

import pytest

from sources.aleta.auth.tokens import Token, TokenCache
from sources.aleta.errors import (
    RetryableError,
    SourceError,
)
from sources.aleta.jsonapi.envelope import read_list
from sources.aleta.transport.client import Client
from sources.aleta.transport.pacing.limiter import TokenBucket
from sources.aleta.transport.pacing.retry import RetryPolicy
from tests.fakes import FakeClock, Reply

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
        self.lifetime_s = 1e6  # of each token
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
        return Token(value=f"{SECRET}{self.fetched}", expires_at_s=self.clock.monotonic() + self.lifetime_s)

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
            raw=b"HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n\r\n"
            + b"%x\r\n%b\r\n0\r\n\r\n" % (len(GZIPPED) - 8, GZIPPED[:-8])
        ),
        id="gzip-in-chunks",
    ),
    pytest.param(Reply(body=ROWS, headers={"Content-Encoding": "br"}), id="coding-not-asked-for"),
]


def told(world: World, error: BaseException | None, log: str) -> str:
    """Everything that could reach a person: log lines, the error with all it is chained to, what the observer got."""
    texts = [log, *[f"{error!r} {error.attrs}" for _, error, _ in world.seen.retries]]
    while error is not None:
        texts.append(f"{error!r} {error} {getattr(error, 'attrs', '')}")
        error = error.__cause__ or error.__context__
    return "\n".join(texts)
