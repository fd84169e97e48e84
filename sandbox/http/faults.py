"""Faults, scripted or random: each is what a client would see on the wire."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from random import Random
from threading import Lock

from ..settings import SandboxSettings
from .oddities import ODDITIES
from .wire import API_TYPE, GZIP_LEVEL, Reply, Wire, as_bytes, refusal, sent

SLOW_S = 0.3
MAX_IN_A_ROW = 2


def _instead(reply: Reply) -> Callable[[Reply, bool], Wire]:
    return lambda _, takes_gzip: sent(reply, takes_gzip=takes_gzip)


def _error(status: int, code: str, **headers: str) -> Callable[[Reply, bool], Wire]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return _instead(refusal(status, code, "The sandbox was told to say so", headers=named))


def _html(status: int) -> Callable[[Reply, bool], Wire]:
    page = b"<html><head><title>Gateway</title></head><body>Please try again later</body></html>"
    return _instead(Reply(status=status, body=page, headers={"Content-Type": "text/html"}))


def _json(value: object) -> Callable[[Reply, bool], Wire]:
    return _instead(Reply(body=json.dumps(value).encode(), headers={"Content-Type": API_TYPE}))


def _slow(reply: Reply, takes_gzip: bool) -> Wire:  # noqa: FBT001 - one shape for every fault
    return sent(reply, takes_gzip=takes_gzip, delay_s=SLOW_S)


def _reset(_: Reply, __: bool) -> Wire:  # noqa: FBT001
    return Wire(payload=b"", status=0, ending="reset")


def _cut_length(reply: Reply, _: bool) -> Wire:  # noqa: FBT001
    half = replace(reply, body=_half(reply.body))
    return Wire(payload=as_bytes(half, length=len(reply.body)), status=reply.status, ending="close")


def _cut_body(reply: Reply, takes_gzip: bool) -> Wire:  # noqa: FBT001
    return sent(replace(reply, body=_half(reply.body)), takes_gzip=takes_gzip)


def _no_id(reply: Reply, takes_gzip: bool) -> Wire:  # noqa: FBT001
    body, found = re.subn(rb',"id":"[^"]*"', b"", reply.body, count=1)
    bare = b'{"data":[{"type":"client","attributes":{"name":"nobody"}}]}'
    return sent(replace(reply, body=body if found else bare), takes_gzip=takes_gzip)


def _chunk_cut(reply: Reply, _: bool) -> Wire:  # noqa: FBT001
    chunk = b"%x\r\n%s" % (len(reply.body), _half(reply.body))  # RFC 9112 section 7.1: no last chunk, so not complete
    wire = as_bytes(replace(reply, body=chunk), chunked=True)
    return Wire(payload=wire, status=reply.status, ending="close")


def _gzip_cut(reply: Reply, _: bool) -> Wire:  # noqa: FBT001
    stream = zlib.compressobj(GZIP_LEVEL, wbits=31)
    whole = stream.compress(reply.body) + stream.flush()
    cut = Reply(status=reply.status, body=_half(whole), headers={**reply.headers, "Content-Encoding": "gzip"})
    return Wire(payload=as_bytes(cut), status=reply.status)


def _half(body: bytes) -> bytes:
    return body[: len(body) // 2]


TRANSIENT: Mapping[str, Callable[[Reply, bool], Wire]] = {
    "500": _error(500, "internal"),
    "502_html": _html(502),
    "503": _error(503, "unavailable", Retry_After="1"),
    "503_now": _error(503, "unavailable", Retry_After="0"),
    "429": _error(429, "rate_limited", Retry_After="1"),
    "401": _error(401, "unauthorized"),
    "reset": _reset,
    "cut_length": _cut_length,
    "cut_body": _cut_body,
    "slow": _slow,
    "200_html": _html(200),
    "200_errors": _json({"errors": [{"status": "500", "code": "internal", "title": "Failed", "detail": "Not today"}]}),
    "200_no_data": _json({"meta": {}}),
    "no_id": _no_id,
    "chunk_cut": _chunk_cut,
    "gzip_cut": _gzip_cut,
}
SCRIPTED_ONLY: Mapping[str, Callable[[Reply, bool], Wire]] = {
    "403": _error(403, "forbidden"),
    "404": _error(404, "not_found"),
    "400": _error(400, "invalid_cursor"),
    "410": _error(410, "cursor_expired"),
    "422": _error(422, "unprocessable"),
    "500_unwritten": _error(500, "internal"),
    "reset_unwritten": _reset,
}
BEFORE_WRITING = frozenset({"429", "401", "403", "404", "503", "503_now", "500_unwritten", "reset_unwritten"})
"""What strikes a POST or a DELETE before anything is written; any other fault is an answer lost after it was."""
FAULTS: Mapping[str, Callable[[Reply, bool], Wire]] = {**TRANSIENT, **SCRIPTED_ONLY, **ODDITIES}


@dataclass(slots=True)
class Scripted:
    kind: str
    path_contains: str
    times: int
    after: int


@dataclass(slots=True, kw_only=True)
class Faults:
    """Chooses the fault of each request: scripted ones first, in order, then random ones."""

    seed: int
    _script: list[Scripted] = field(default_factory=list)
    _streaks: dict[str, list[str]] = field(default_factory=dict)  # url -> its consecutive faults
    _lock: Lock = field(default_factory=Lock)
    _rng: Random = field(init=False)

    def __post_init__(self) -> None:
        self._rng = Random(f"{self.seed}:faults")

    def script(self, kind: str, *, path_contains: str = "", times: int = 1, after: int = 0) -> None:
        """Apply *kind* to *times* API requests whose URL contains *path_contains*, the first *after* of them spared.

        The token endpoint is spared unless *path_contains* begins with `/oauth`.

        Raises:
            ValueError: no such fault.
        """
        if kind not in FAULTS:
            raise ValueError(f"no fault {kind!r}; there are {', '.join(FAULTS)}")
        with self._lock:
            self._script.append(Scripted(kind, path_contains, times, after))

    def clear(self) -> None:
        """Forget what is scripted."""
        with self._lock:
            self._script.clear()
            self._streaks.clear()

    def next(self, target: str, *, settings: SandboxSettings) -> str | None:
        """The fault of this request, or None; *target* is its path and query."""
        with self._lock:
            return self._scripted(target) or self._random(target, settings)

    def _scripted(self, target: str) -> str | None:
        for entry in self._script:
            if not _concerns(entry, target):
                continue
            if not entry.after:
                entry.times -= 1
                self._script = [scripted for scripted in self._script if scripted.times > 0]
                return entry.kind
            entry.after -= 1
        return None

    def _random(self, target: str, settings: SandboxSettings) -> str | None:
        streak = self._streaks.get(target, [])
        unlucky = not _is_oauth(target) and self._rng.random() < settings.fault_share
        if not unlucky or len(streak) >= MAX_IN_A_ROW:
            self._streaks.pop(target, None)
            return None
        kinds = [kind for kind in settings.fault_kinds or TRANSIENT if kind in TRANSIENT]
        kind = self._rng.choice([kind for kind in kinds if kind != "401" or "401" not in streak] or ["500"])
        self._streaks[target] = [*streak, kind]
        return kind


def _concerns(entry: Scripted, target: str) -> bool:
    return entry.path_contains in target and (not _is_oauth(target) or "/oauth" in entry.path_contains)


def _is_oauth(target: str) -> bool:
    return target.startswith("/oauth")
