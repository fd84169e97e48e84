"""Answers that a client must survive: strange in their status line, headers, framing, size, pace or JSON."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from typing import TypeAlias

from .wire import API_TYPE, GZIP_LEVEL, Reply, Wire, as_bytes, sent

MB = 1 << 20
BLANKS_MB = 600  # what the gzip of blanks unpacks to
DRIP_S = 0.05
DEPTH = 3_000
ERROR_DEPTH = 50_000

Oddity: TypeAlias = Callable[[Reply, bool], Wire]


def _raw(*lines: str, status: int = 200, body: bytes = b"") -> Oddity:
    """An answer with just these headers, told in latin-1; the connection is closed after it."""
    head = "\r\n".join([f"HTTP/1.1 {status} Odd", *lines, "", ""]).encode("latin-1")
    return lambda _, __: Wire(payload=head + body, status=status, ending="close")


def _status(status: int) -> Oddity:
    """The same body under another status; one that says that there is none has none."""

    def answer(reply: Reply, takes_gzip: bool) -> Wire:  # noqa: FBT001 - one shape for every fault
        body = b"" if status == 204 else reply.body  # noqa: PLR2004
        return sent(replace(reply, status=status, body=body), takes_gzip=takes_gzip)

    return answer


def _rewritten(rewrite: Callable[[bytes], bytes]) -> Oddity:
    """The body, as *rewrite* makes it."""
    return lambda reply, takes_gzip: sent(replace(reply, body=rewrite(reply.body)), takes_gzip=takes_gzip)


def _beside(members: bytes) -> Oddity:
    """More members beside `data`."""
    return _rewritten(lambda body: body.rstrip()[:-1] + b"," + members + b"}")


def _each(pattern: bytes, instead: bytes, *, most: int = 0) -> Oddity:
    """Each match replaced; or so many at most."""
    return _rewritten(lambda body: re.sub(pattern, instead.replace(b"\\", b"\\\\"), body, count=most))


def _first(pattern: bytes, instead: bytes) -> Oddity:
    return _each(pattern, instead, most=1)


def _drip(reply: Reply, _: bool) -> Wire:  # noqa: FBT001
    """Headers that promise a body, and a blank of it now and then."""
    head = as_bytes(replace(reply, body=b""), length=MB)
    return Wire(payload=head, status=reply.status, ending="close", drip=b" ", every_s=DRIP_S)


def _continue(reply: Reply, _: bool) -> Wire:  # noqa: FBT001
    """Interim answers, and never a final one."""
    return Wire(payload=b"", status=reply.status, ending="close", drip=b"HTTP/1.1 100 Continue\r\n\r\n", every_s=DRIP_S)


@cache
def _packed_blanks() -> bytes:
    stream = zlib.compressobj(GZIP_LEVEL, wbits=31)
    return b"".join(stream.compress(b" " * MB) for _ in range(BLANKS_MB)) + stream.flush()


def _blanks_gzip(_: Reply, __: bool) -> Wire:  # noqa: FBT001
    packed = Reply(body=_packed_blanks(), headers={"Content-Type": API_TYPE, "Content-Encoding": "gzip"})
    return Wire(payload=as_bytes(packed), status=200)


def _blanks_chunked(_: Reply, __: bool) -> Wire:  # noqa: FBT001
    head = as_bytes(Reply(headers={"Content-Type": API_TYPE}), chunked=True)
    return Wire(payload=head, status=200, ending="close", drip=b"%x\r\n%b\r\n" % (MB, b" " * MB))


def _with_nul(body: bytes) -> bytes:
    """NUL in a text that the schema knows and in one that it does not, of every row."""
    document = json.loads(body)
    for resource in document["data"]:
        resource["attributes"] |= {"comment": "a\x00b", "oddity": "nul-here\x00"}
    return json.dumps(document).encode()


def _with_half_ids(body: bytes) -> bytes:
    """Ids of rows that end with a nought have half a surrogate pair instead; all else stays to the last digit."""
    return re.sub(rb'("type": ?"[\w-]*transaction", ?"id": ?"\w*)0"', rb'\1\\ud83d"', body)


_DEEP_ERROR = b'{"errors":' + b"[" * ERROR_DEPTH + b"]" * ERROR_DEPTH + b"}"

FAILING: Mapping[str, Oddity] = {
    "302_latin1": _raw("Location: /caf\xe9", "Content-Length: 0", status=302),
    "302_no_host": _raw("Location: http://[::1/x", "Content-Length: 0", status=302),
    "error_deep": _raw(f"Content-Length: {len(_DEEP_ERROR)}", status=500, body=_DEEP_ERROR),
    "retry_after_9999": _raw("Retry-After: Fri, 31 Dec 9999 23:59:59 -0500", "Content-Length: 0", status=503),
    "length_superscript": _raw("Content-Length: 5\xb2", body=b'{"data":[]}'),
    "no_http": lambda _, __: Wire(payload=b"SSH-2.0-OpenSSH_9.6\r\n", status=0, ending="close"),
    "203": _status(203),
    "204": _status(204),
    "206": _status(206),
    "drip": _drip,
    "continue": _continue,
    "blanks_gzip": _blanks_gzip,
    "blanks_chunked": _blanks_chunked,
    "meta_total": _beside(b'"meta":{"total":5000000}'),
    "meta_pages": _beside(b'"meta":{"page":{"last-page":7}}'),
    "next_elsewhere": _beside(b'"links":{"next":"https://elsewhere.example/api/v2/x"}'),
    "data_twice": _beside(b'"data":[]'),
    "attribute_twice": _first(rb'"attributes":\{', b'"attributes":{"comment":"a","comment":"b",'),
}
"""What can be believed of these is nothing: a failed read."""

PASSING: Mapping[str, Oddity] = {
    "half_pair": _each(rb'"attributes":\{', b'"attributes":{"oddity":"kurs \\ud83d",'),
    "deep_value": _each(rb'"attributes":\{', b'"attributes":{"oddity":' + b"[" * DEPTH + b"]" * DEPTH + b","),
    "nul": _rewritten(_with_nul),
    "half_ids": _rewritten(_with_half_ids),
    "half_pair_id": _first(rb'"id": ?"', b'"id":"\\ud83d'),
}
"""Rows have an attribute more that is hard to keep; or an id that cannot be kept."""

TOKENS: Mapping[str, Oddity] = {
    "no_expires_in": _first(rb', ?"expires_in": ?\d+', b""),
    "expires_in_null": _first(rb'"expires_in": ?\d+', b'"expires_in":null'),
    "expires_in_0": _first(rb'"expires_in": ?\d+', b'"expires_in":0'),
}
"""For the token endpoint."""

ODDITIES: Mapping[str, Oddity] = {**FAILING, **PASSING, **TOKENS}
