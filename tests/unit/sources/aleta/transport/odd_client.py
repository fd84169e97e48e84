"""A client with bounds of its own, and what a server says to it byte by byte."""

from __future__ import annotations

from random import Random

from sources.aleta.auth.tokens import Token, TokenCache
from sources.aleta.jsonapi.envelope import read_list
from sources.aleta.transport.client import Client
from sources.aleta.transport.exchange.wire import Bounds
from sources.aleta.transport.limiter import TokenBucket
from sources.aleta.transport.retry import RetryPolicy
from tests.fakes import FakeClock, Reply

BEARER = "s3cret-bearer-0123456789"
MB = 1 << 20
EMPTY = Reply(body=b'{"data":[]}')


def client_of(url: str, *, seconds: float = 30.0, size: int = MB, attempts: int = 1) -> Client:
    clock = FakeClock()
    return Client(
        url,
        tokens=TokenCache(lambda: Token(value=BEARER, expires_at_s=1e9), clock),
        bucket=TokenBucket(0.0, 100),
        clock=clock,
        policy=RetryPolicy(attempts=attempts, unreachable_for_s=0.0, random=Random(1)),
        bounds=Bounds(seconds=seconds, size=size),
    )


def get(client: Client, parse=read_list):
    try:
        return client.get("/v2/transactions", parse=parse, resource="transactions", parent_id="a1")
    finally:
        client.close()


def head(*lines: str, status: str = "200 OK") -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status}", *lines, "", ""]).encode("latin-1")


def sent(wire: bytes):
    return lambda connection: connection.sendall(wire)
