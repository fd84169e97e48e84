"""Signs that an answer is not all there is (rule F5): links, totals, numbers of pages, words like `hasMore`. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import msgspec
from msgspec import Raw

from ..errors import MalformedError

DEEPEST = 3  # levels of `meta` that are looked at: `meta.page.total`
_TOTALS = frozenset({
    *("total", "totalcount", "totalitems", "totalresults", "totalrecords", "totalrows", "totalelements", "totalhits"),
    *("totalentries", "totalresources", "count", "recordcount", "rowcount", "itemcount", "resultcount", "totalsize"),
})  # fmt: skip
_PAGES = frozenset({"pages", "totalpages", "pagecount", "pagestotal", "lastpage", "numpages", "numberofpages"})
_MORE = frozenset({
    *("hasmore", "more", "hasnext", "hasnextpage", "truncated", "istruncated", "incomplete", "partial", "isincomplete"),
    *("next", "nextpage", "nextcursor", "nextpagetoken", "nexttoken", "continuation", "continuationtoken", "nextlink"),
    *("nextoffset", "nexturl"),
})  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Paging:
    """What an answer says of others that belong to it.

    Args:
        next_url: where the next page is, as the answer spells it; empty where it names none.
        total: rows that all pages have together.
        pages: how many pages there are.
        more: it says that there is more, and not where.
        cursor: of the next page (v1); empty on the last one.
    """

    next_url: str = ""
    total: int = 0
    pages: int = 0
    more: bool = False
    cursor: str = ""

    def with_earlier(self, earlier: Paging) -> Paging:
        """The same, with what only *earlier* pages said: a total that is said once counts for all of them."""
        return replace(self, total=self.total or earlier.total, pages=self.pages or earlier.pages)

    def check_whole(self, *, rows: int, pages: int) -> None:
        """See that *rows* rows on *pages* pages are all, this answer being the last that could be read.

        Raises:
            MalformedError: it says that there are more.
        """
        if self.total > rows:
            raise MalformedError(f"the answer says that there are {self.total} rows, and shows {rows}")
        if self.pages > pages:
            raise MalformedError(f"the answer says that it is one of {self.pages} pages, and not where the others are")
        if self.more:
            raise MalformedError("the answer says that there is more, and not where")


ALONE = Paging()
_one_level = msgspec.json.Decoder(str | int | float | bool | list[Raw] | dict[str, Raw] | None)
_NULL = Raw(b"null")


def paging_of(signs: Mapping[str, Raw]) -> Paging:
    """What the members of a document beside its `data` say: `links`, `meta`, and what JSON:API does not know."""
    url = _next_url(signs.get("links"))
    said = [*_facts({name: raw for name, raw in signs.items() if name != "links"})]
    return Paging(
        next_url=url,
        total=max((number for name, value in said if name in _TOTALS for number in _whole(value)), default=0),
        pages=max((number for name, value in said if name in _PAGES for number in _whole(value)), default=0),
        more=not url and any(name in _MORE and _is_yes(value) for name, value in said),
    )


def _next_url(links: Raw | None) -> str:
    """JSON:API 1.1, section 5.6: a link is a string, an object with `href`, or null."""
    link = _member(_value(links), "next")
    url = _member(link, "href") if isinstance(link, dict) else link
    return url if isinstance(url, str) else ""


def _member(value: object, name: str) -> object:
    return _value(value.get(name)) if isinstance(value, dict) else None


def _value(raw: Raw | None) -> object:
    """A value whose own values stay as they came: how deep they go is no matter."""
    try:
        return _one_level.decode(raw or _NULL)
    except (ValueError, RecursionError):  # a number beyond all bounds, half a surrogate pair: no sign that we know
        return None


def _facts(members: Mapping[str, Raw], depth: int = 0) -> Iterator[tuple[str, object]]:
    """Names, in lower case and without separators, with their values."""
    for name, raw in members.items():
        value = _value(raw)
        yield name.lower().replace("_", "").replace("-", ""), value
        if isinstance(value, dict) and depth < DEEPEST:
            yield from _facts(value, depth + 1)


def _whole(value: object) -> Iterator[int]:
    """A number that counts something, in a string too."""
    if isinstance(value, bool):
        return
    if isinstance(value, int):
        yield value
    elif isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:  # noqa: PLR2004
        yield int(value)


def _is_yes(value: object) -> bool:
    return value not in (None, False, "", 0, "false", [], {})
