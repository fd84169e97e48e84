"""Bytes of HTTP answers that nobody meant: pieces that may fit together, then broken at random."""

from __future__ import annotations

import gzip
import zlib
from random import Random

SECRET = "s3cret-bearer-0123456789"
STATUS_LINES = (
    b"HTTP/1.1 200 OK",
    b"HTTP/1.0 200 OK",
    b"HTTP/1.1 200",
    b"HTTP/1.1 204 No Content",
    b"HTTP/1.1 206 Partial",
    b"HTTP/1.1 302 Found",
    b"HTTP/1.1 401 Who",
    b"HTTP/1.1 403 No",
    b"HTTP/1.1 404 Gone",
    b"HTTP/1.1 422 Wide",
    b"HTTP/1.1 429 Slow",
    b"HTTP/1.1 500 Oh",
    b"HTTP/1.1 503 Busy",
    b"HTTP/1.1 100 Continue",
    b"HTTP/1.1 101 Switch",
    b"HTTP/1.1 999 X",
    b"HTTP/9.9 200 OK",
    b"HTTP/1.1 -1 X",
    b"HTTP/1.1  200 OK",
    b"ICY 200 OK",
    b"HTTP/1.1 2\xb200 OK",
    b"",
)
HEADERS = (
    b"Content-Type: application/vnd.api+json",
    b"Content-Type: \xff",
    b"Content-Encoding: gzip",
    b"Content-Encoding: deflate",
    b"Content-Encoding: gzip, gzip",
    b"Transfer-Encoding: chunked",
    b"Transfer-Encoding: gzip, chunked",
    b"Transfer-Encoding: x",
    b"Content-Length: %d",
    b"Content-Length: 5",
    b"Content-Length: -1",
    b"Content-Length: 5\xb2",
    b"Content-Length: 99999999999999999999",
    b"Content-Length: 1, 2",
    b"Location: /caf\xe9",
    b"Location: http://[::1/x",
    b"Location: //x",
    b"Retry-After: 1",
    b"Retry-After: -1",
    b"Retry-After: Fri, 31 Dec 9999 23:59:59 -0500",
    b"Retry-After: 0x",
    b"Retry-After: " + b"9" * 500,
    b"Date: Fri, 31 Dec 9999 23:59:59 -0500",
    b"Date: Mon, 02 Mar 2026 12:00:00 GMT",
    b"Date: 0",
    b"Date: ,,,",
    b"Set-Cookie: a=b; expires=never",
    b"Set-Cookie: \xff=\xfe",
    b"Connection: close",
    b"Connection: keep-alive",
    b"X: " + b"y" * 5000,
    b"X\x00Y: z",
    b": empty",
    b"no colon",
    b" folded",
    b"Link: <x>; rel=next",
    b"Age: 5",
    b'WWW-Authenticate: Bearer error="' + SECRET[:9].encode() + b'"',
)
VALUES = (
    b"1",
    b"-0",
    b"1e400",
    b"1.50",
    b"123456789012345678901234567890.123456789012345",
    b"null",
    b"true",
    b'""',
    b'"x"',
    b'"2026-01-02"',
    b'"9999-12-31"',
    b'"\\ud83d"',
    b'"\\ud83d\\ude00"',
    b'"\\u0000"',
    b'"\\x"',
    b'"\xff"',
    b"[]",
    b"{}",
    b"[[[[1]]]]",
    b"[" * 2000 + b"]" * 2000,
    b"[" * 500 + b"]" * 500,
    b'{"a":1,"a":2}',
    b'{"data":{"type":"account","id":"a1"}}',
    b'{"data":null}',
    b'{"data":[{"type":"x","id":"1"}]}',
    b'"\xe2\x80\xae"',
    b"NaN",
    b"1.",
    b"01",
    b"",
    b'"' + b"z" * 3000 + b'"',
)
NAMES = (
    b'"data"',
    b'"id"',
    b'"type"',
    b'"attributes"',
    b'"relationships"',
    b'"links"',
    b'"meta"',
    b'"errors"',
    b'"next"',
    b'"total"',
    b'"has_more"',
    b'"tradeDate"',
    b'"valueDate"',
    b'"date"',
    b'"comment"',
    b'"accountAmount"',
    b'"account"',
    b'"name"',
    b'"kid"',
    b'"keys"',
    b'"mood"',
    b'"mo\\ud83dod"',
    b'"\\u0064ata"',
    b'"detail"',
    b'"title"',
    b'"/undecodable"',
    b'"filter"',
    b'"instrument"',
)


class Bytes:
    """Answers made of pieces that may fit together, then broken at random."""

    def __init__(self, random: Random) -> None:
        self._random = random

    def answer(self) -> bytes:
        body = self._body()
        head = b"\r\n".join(
            [self._random.choice(STATUS_LINES[: self._random.choice([1, 1, 4, 99])]), *self._headers(body)]
        )
        whole = head + b"\r\n\r\n" + self._framed(body, head)
        return self._broken(whole) if self._random.random() < 0.3 else whole

    def _headers(self, body: bytes) -> list[bytes]:
        chosen = self._random.sample(HEADERS, self._random.choice([0, 0, 1, 2, 5]))
        if self._random.random() < 0.7 and b"Transfer-Encoding: chunked" not in chosen:
            chosen.append(b"Content-Length: %d" % len(body))
        return [line % len(body) if line.endswith(b"%d") else line for line in chosen]

    def _framed(self, body: bytes, head: bytes) -> bytes:
        if b"Content-Encoding: gzip" in head and self._random.random() < 0.8:
            body = gzip.compress(body, 1) if self._random.random() < 0.8 else zlib.compress(body)
        if b"chunked" in head and self._random.random() < 0.8:
            return b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
        return body

    def _body(self) -> bytes:
        kind = self._random.random()
        if kind < 0.1:
            return self._random.randbytes(self._random.randrange(200))
        if kind < 0.2:
            return b"[" * self._random.choice([10, 900, 20_000])
        body = (
            b'{"data":'
            + self._data()
            + b"".join(b"," + self._member() for _ in range(self._random.choice([0, 0, 1])))
            + b"}"
        )
        return self._broken(body) if self._random.random() < 0.2 else body

    def _data(self) -> bytes:
        rows = b",".join(self._row() for _ in range(self._random.choice([0, 1, 3])))
        return self._random.choice([b"[%b]" % rows] * 6 + [self._row(), self._value()])

    def _row(self) -> bytes:
        if self._random.random() < 0.1:
            return self._object()
        own_id = self._random.choice([b'"t1"', b'"t2"', b'"a1"', b"5", b'"\\ud83d"'])
        return b'{"type":"fee-transaction","id":%b,"attributes":%b,"relationships":%b}' % (
            own_id,
            self._object(),
            self._object(),
        )

    def _object(self) -> bytes:
        return b"{" + b",".join(self._member() for _ in range(self._random.randrange(5))) + b"}"

    def _member(self) -> bytes:
        return self._random.choice(NAMES) + self._random.choice([b":", b" : ", b":"]) + self._value()

    def _value(self) -> bytes:
        return self._random.choice(VALUES) if self._random.random() < 0.8 else self._object()

    def _broken(self, whole: bytes) -> bytes:
        if not whole:
            return whole
        at = self._random.randrange(len(whole))
        return self._random.choice(
            [
                whole[:at],
                whole[:at] + self._random.randbytes(3) + whole[at:],
                whole[:at] + whole[at + self._random.randrange(1, 20) :],
                whole[at:],
                whole[:at] + whole[max(0, at - 30) :],
            ]
        )
