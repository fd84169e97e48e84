"""v1: the same world as v2 and v3, page by page, in several spellings, with ETags and problem details.

Pages go on behind the id that the last one ended with, so that what is added or removed meanwhile shifts none; or
behind so many rows (`v1_cursors = "counted"`), and then it does.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from random import Random

from ...settings import SandboxSettings
from ...state.store import Store
from ...world.jsontext import Document, Json, dump, load
from ..wire import Call, RefusalError, Reply
from .flat import flattened, without_nulls
from .routes import serve

PREFIX = "/v1/"
LARGEST_PAGE = 100
PROBLEM = "application/problem+json"
PAGING = frozenset({"cursor", "limit"})


def answer(store: Store, settings: SandboxSettings, call: Call) -> Reply:
    """The answer to a GET below `/v1/`.

    Raises:
        RefusalError: as v2 and v3 do; also 400 and 410 for a cursor or a limit.
    """
    path = call.path.removeprefix(PREFIX)
    if any(name in path for name in settings.v1_missing):
        raise RefusalError(404, "not_found", "v1 has no such list")
    document = _document(store, settings, path, {name: call.query[name] for name in call.query.keys() - PAGING})
    found = document.get("data")
    if not isinstance(found, list):
        body = dump({"data": _spelt(found, settings)}) if "data" in document else dump(document)
        return _answer(body.encode(), settings, call)
    items = [item for item in found if isinstance(item, dict)]
    page = _Page(items=items, settings=settings, cursor=call.query.get("cursor", ""), limit=_limit(call, settings))
    return _answer(dump(page.document()).encode(), settings, call)


def problem(reply: Reply) -> Reply:
    """A refusal as RFC 9457 has it."""
    error = json.loads(reply.body)["errors"][0]
    body = {
        "type": f"https://api.aleta.io/problems/{error['code']}",
        "title": error["title"],
        "status": reply.status,
        "detail": error["detail"],
    }
    return replace(reply, body=json.dumps(body).encode(), headers={**reply.headers, "Content-Type": PROBLEM})


def _document(store: Store, settings: SandboxSettings, path: str, query: dict[str, str]) -> Document:
    """What v2 or v3 have under *path*, without any cap; the same world gives the same bytes."""
    uncut = replace(settings, row_cap=0, list_cap=0, list_caps={}, page_rows=0, max_window_days=0)
    shuffler, store.shuffler = store.shuffler, Random(0)
    try:
        return load(_served(store, uncut, path, query).body)
    finally:
        store.shuffler = shuffler


def _served(store: Store, settings: SandboxSettings, path: str, query: dict[str, str]) -> Reply:
    try:
        return serve(store, settings, path=f"/api/v2/{path}", query=query)
    except RefusalError as refused:
        if refused.reply.status != 404:  # noqa: PLR2004
            raise
        return serve(store, settings, path=f"/api/v3/{path}", query=query)


def _limit(call: Call, settings: SandboxSettings) -> int:
    text = call.query.get("limit", "20")
    if not text.isdigit() or not 0 < int(text) <= LARGEST_PAGE:
        raise RefusalError(400, "invalid_limit", f"limit is a number from 1 to {LARGEST_PAGE}")
    return min(int(text), settings.v1_page_rows or LARGEST_PAGE)


def _spelt(item: Json, settings: SandboxSettings) -> Json:
    if not isinstance(item, dict) or "type" not in item:
        return item
    return flattened(item if settings.v1_nulls else without_nulls(item), settings.v1_spelling)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    """One page of a list.

    Args:
        items: all of the list.
    """

    items: Sequence[Document]
    settings: SandboxSettings
    cursor: str
    limit: int

    def document(self) -> Document:
        """The page, and what it says of the next."""
        ordered = sorted(self.items, key=_place)
        behind, nth, count = _opened(self.cursor)
        self._check(nth)
        counted = self.settings.v1_cursors == "counted"
        rest = ordered[count:] if counted else [item for item in ordered if _place(item) > behind]
        shown = rest[: self.limit]
        more = len(rest) > len(shown) or (self.settings.v1_cursors == "endless" and bool(ordered))
        document: Document = {"data": [_spelt(item, self.settings) for item in shown], "has_more": more}
        if more and not (self.settings.v1_cursors == "early" and nth):
            document["next_cursor"] = self._next(shown, behind, nth, count)
        return document

    def _check(self, nth: int) -> None:
        if nth and self.settings.v1_cursors == "lost":
            raise RefusalError(404, "not_found", "No such page")
        if nth and self.settings.v1_cursors == "expired":
            raise RefusalError(410, "cursor_expired", "Start the list again")

    def _next(self, shown: Sequence[Document], behind: str, nth: int, count: int) -> str:
        last = _place(shown[-1]) if shown else behind
        repeats = nth and self.settings.v1_cursors == "repeating"
        return self.cursor if repeats else _closed(last, nth + 1, count + len(shown))


def _place(item: Document) -> str:
    return str(item["id"])


def _closed(behind: str, nth: int, count: int) -> str:
    return base64.urlsafe_b64encode(json.dumps([behind, nth, count]).encode()).decode().rstrip("=")


def _opened(cursor: str) -> tuple[str, int, int]:
    """Behind which id a page begins, and how many pages and rows come before it."""
    if not cursor:
        return "", 0, 0
    try:
        behind, nth, count = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError:
        raise RefusalError(400, "invalid_cursor", "This cursor is none of ours") from None
    return str(behind), int(nth), int(count)


def _answer(body: bytes, settings: SandboxSettings, call: Call) -> Reply:
    headers = {"Content-Type": "application/json"}
    if not settings.v1_etags:
        return Reply(body=body, headers=headers)
    etag = f'W/"{sha256(body).hexdigest()[:24]}"'
    if call.headers.get("if-none-match") == etag:
        return Reply(status=304, headers={"ETag": etag})
    return Reply(body=body, headers={**headers, "ETag": etag})
