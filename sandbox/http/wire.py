"""HTTP/1.1 (RFC 9112) of the sandbox: parses requests from a socket, serialises responses."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from io import BufferedIOBase
from typing import Literal, TypeAlias
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

API_TYPE = "application/vnd.api+json"
GZIP_FROM = 1000
GZIP_LEVEL = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request; header names are lower-case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def takes_gzip(self) -> bool:
        return "gzip" in self.headers.get("accept-encoding", "")

    @property
    def target(self) -> str:
        """Path and query as one text, the parameters in order of their names."""
        return f"{self.path}?{urlencode(sorted(self.query.items()))}"

    @property
    def is_form(self) -> bool:
        return self.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request as the server saw it: *tenant* empty when unknown, *status* 0 when reset, *at_s* monotonic."""

    tenant: str
    method: str
    path: str
    query: dict[str, str]
    status: int
    at_s: float
    if_none_match: str = ""

    @classmethod
    def of(cls, call: Call, *, tenant: str, status: int, at_s: float) -> Request:
        return cls(
            tenant=tenant,
            method=call.method,
            path=call.path,
            query=dict(call.query),
            status=status,
            at_s=at_s,
            if_none_match=call.headers.get("if-none-match", ""),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One response, before it is serialised."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


class RefusalError(Exception):
    """The API refuses a request."""

    def __init__(self, status: int, code: str, detail: str, **headers: str) -> None:
        super().__init__(detail)
        self.reply = refusal(
            status, code, detail, headers={name.replace("_", "-"): value for name, value in headers.items()}
        )


def refusal(status: int, code: str, detail: str, *, headers: Mapping[str, str] | None = None) -> Reply:
    """A JSON:API error document."""
    title = HTTPStatus(status).phrase
    error = {"status": str(status), "code": code, "title": title, "detail": detail}
    typed = {"Content-Type": API_TYPE, **(headers or {})}
    return Reply(status=status, body=json.dumps({"errors": [error]}).encode(), headers=typed)


def plain_json(value: object, *, status: int = 200) -> Reply:
    headers = {"Content-Type": "application/json", "Cache-Control": "no-store"}
    return Reply(status=status, body=json.dumps(value).encode(), headers=headers)


def data(objects: Iterable[bytes]) -> bytes:
    """A JSON:API list document of serialised objects."""
    return b'{"data":[' + b",".join(objects) + b"]}"


def read_call(stream: BufferedIOBase) -> Call | None:
    """The next request; None if the client has closed the connection."""
    line = stream.readline(65536).decode("latin-1").split()
    if len(line) != 3:  # noqa: PLR2004 - method, target, version
        return None
    headers = dict(_headers(stream))
    target = urlsplit(line[1])
    return Call(
        method=line[0],
        path=unquote(target.path),
        query=dict(parse_qsl(target.query, keep_blank_values=True)),
        headers=headers,
        body=stream.read(int(headers.get("content-length", 0))),
    )


def _headers(stream: BufferedIOBase) -> Iterable[tuple[str, str]]:
    while (line := stream.readline(65536).decode("latin-1")) not in ("\r\n", "\n", ""):
        name, _, value = line.partition(":")
        yield name.strip().lower(), value.strip()


def packed(reply: Reply, *, takes_gzip: bool) -> Reply:
    """*reply*, compressed if it is long enough."""
    if not takes_gzip or len(reply.body) <= GZIP_FROM:
        return reply
    body = gzip.compress(reply.body, compresslevel=GZIP_LEVEL, mtime=0)
    return Reply(status=reply.status, body=body, headers={**reply.headers, "Content-Encoding": "gzip"})


def as_bytes(reply: Reply, *, length: int | None = None, chunked: bool = False) -> bytes:
    """Status line, headers and body; *length* states another length than the body has, *chunked* none."""
    size = len(reply.body) if length is None else length
    framing = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {size}"
    lines = [f"HTTP/1.1 {reply.status} {HTTPStatus(reply.status).phrase}", framing]
    lines += [f"{name}: {value}" for name, value in reply.headers.items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + reply.body


Ending: TypeAlias = Literal["keep", "close", "reset"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """Bytes to send, after a wait, and what becomes of the connection then; *status* is what the client may read.

    Args:
        drip: sent again and again after *payload*, every *every_s* seconds, until the client hangs up.
    """

    payload: bytes
    status: int
    delay_s: float = 0.0
    ending: Ending = "keep"
    drip: bytes = b""
    every_s: float = 0.0


def sent(reply: Reply, *, takes_gzip: bool, delay_s: float = 0.0) -> Wire:
    """*reply* as it is meant to arrive."""
    return Wire(payload=as_bytes(packed(reply, takes_gzip=takes_gzip)), status=reply.status, delay_s=delay_s)
