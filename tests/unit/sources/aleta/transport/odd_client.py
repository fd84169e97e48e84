"""A client with bounds of its own, and what a server says to it byte by byte."""

from __future__ import annotations

import socket
import time
from random import Random

from sources.aleta.auth.tokens import Token, TokenCache
from sources.aleta.errors import MalformedError, RefusedError, UnavailableError
from sources.aleta.jsonapi.envelope import read_list
from sources.aleta.transport.client import Client
from sources.aleta.transport.exchange.wire import Bounds
from sources.aleta.transport.pacing.limiter import TokenBucket
from sources.aleta.transport.pacing.retry import RetryPolicy
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


def drip(piece: bytes, every_s: float = 0.02):
    def say(connection: socket.socket) -> None:
        while True:
            connection.sendall(piece)
            time.sleep(every_s)

    return say


def after(beginning: bytes, piece: bytes):
    def say(connection: socket.socket) -> None:
        connection.sendall(beginning)
        drip(piece)(connection)

    return say


DRIPS = {
    "status-line": drip(b"H"),
    "a-header": after(b"HTTP/1.1 200 OK\r\nX: ", b"y"),
    "100-continue": drip(b"HTTP/1.1 100 Continue\r\n\r\n"),
    "body": after(head("Content-Length: 100000"), b" "),
    "chunks": after(head("Transfer-Encoding: chunked"), b"1\r\n \r\n"),
    "a-chunks-size": after(head("Transfer-Encoding: chunked"), b"0"),
}
"""Answers that never end, a piece every 20 ms."""


def nested(depth: int) -> bytes:
    return b'{"errors":' + b"[" * depth + b"]" * depth + b"}"


ODD = {
    "location-latin-1": (head("Location: /caf\xe9", "Content-Length: 0", status="302 Found"), RefusedError),
    "location-no-host": (head("Location: http://[::1/x", "Content-Length: 0", status="302 Found"), RefusedError),
    "error-nested-deep": (
        head(f"Content-Length: {len(nested(50_000))}", status="500 Oh") + nested(50_000),
        UnavailableError,
    ),
    "retry-after-beyond-time": (
        head("Retry-After: Fri, 31 Dec 9999 23:59:59 -0500", "Content-Length: 0", status="503 Oh"),
        UnavailableError,
    ),
    "length-superscript": (head("Content-Length: 5\xb2") + b'{"data":[]}', UnavailableError),
    "length-twice": (head("Content-Length: 5, 11") + b'{"data":[]}', UnavailableError),
    "length-negative": (head("Content-Length: -5") + b'{"data":[]}', UnavailableError),
    "no-http": (b"SSH-2.0-OpenSSH_9.6\r\n\r\n", UnavailableError),
    "status-no-number": (b"HTTP/1.1 abc OK\r\n\r\n", UnavailableError),
    "headers-without-end": (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 500 + b"\r\n", UnavailableError),
    "line-without-end": (b"HTTP/1.1 200 " + b"x" * 100_000, UnavailableError),
    "chunk-size-no-number": (head("Transfer-Encoding: chunked") + b"zz\r\nabc\r\n0\r\n\r\n", UnavailableError),
    "chunk-size-negative": (head("Transfer-Encoding: chunked") + b"-5\r\nabc\r\n0\r\n\r\n", UnavailableError),
    "unknown-coding": (head("Content-Encoding: br", "Content-Length: 2") + b"{}", UnavailableError),
    "gzip-that-is-none": (head("Content-Encoding: gzip", "Content-Length: 2") + b"{}", UnavailableError),
    "rows-nested-deep": (head("Connection: close") + b'{"data":' + b"[" * 50_000, MalformedError),
    "no-utf-8": (head("Content-Length: 16") + b'{"data":[{"\xff":1}]', MalformedError),
}
"""Answers that are none, and what a read of them is."""
