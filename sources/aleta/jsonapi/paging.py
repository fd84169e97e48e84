"""Signs that an answer is not all there is (rule F5): links, totals, numbers of pages, words like `hasMore`. Pure.

Nobody knows how an API would spell them, so any member beside `data` is looked at, and any header.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, urlsplit

import msgspec
from msgspec import Raw

from ..errors import MalformedError

DEEPEST = 3  # levels of `meta` that are looked at: `meta.page.total`
_TOTALS = frozenset({
    *("total", "totalcount", "totalitems", "totalresults", "totalrecords", "totalrows", "totalelements", "totalhits"),
    *("totalentries", "totalresources", "count", "recordcount", "rowcount", "itemcount", "resultcount", "totalsize"),
    *("totalnumber", "totalobjects", "fullcount", "numfound"),
})  # fmt: skip
_PAGES = frozenset({"pages", "totalpages", "pagecount", "pagestotal", "lastpage", "numpages", "numberofpages"})
_PAGES_WITHIN = frozenset({"last", "of"})  # where pages are spoken of
_OF_PAGES = frozenset({
    *("page", "paging", "pagination", "pageinfo", "paginator", "pager", "cursor", "cursors"),
})  # fmt: skip
_MORE = frozenset({
    *("hasmore", "more", "hasnext", "hasnextpage", "truncated", "istruncated", "incomplete", "partial", "isincomplete"),
    *("next", "nextpage", "nextcursor", "nextpagetoken", "nexttoken", "continuation", "continuationtoken", "nextlink"),
    *("nextoffset", "nexturl"),
})  # fmt: skip
_FIRST = frozenset({"", "0", "1"})  # what a parameter of the first page says
_SIZES = ("size", "limit", "perpage", "count")  # parameters that are the same for all pages
_NO = frozenset({"", "0", "false", "no", "none", "null"})
LIMITED = "xcount"  # a header that may count requests
_RANGE = re.compile(r"\w+ \d+-\d+/(\d+)\Z")  # RFC 9110, section 14.4


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

    def beside(self, headers: Paging) -> Paging:
        """The same, with what the *headers* of the same answer say."""
        total, pages = max(self.total, headers.total), max(self.pages, headers.pages)
        return replace(self, total=total, pages=pages, more=self.more or headers.more)

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
    links = _value(signs.get("links"))
    url = _link(links, "next")
    said = _said([*_facts({name: raw for name, raw in signs.items() if name != "links"})])
    return replace(said, next_url=url, more=not url and (said.more or _ends_elsewhere(links)))


def paging_of_headers(headers: Mapping[str, str]) -> Paging:
    """What the headers of an answer say: `X-Total-Count`, `X-Total-Pages`, `X-Has-More`, `Content-Range` and the like.

    Their names are those of members, with `X-` before them; one of them may hold JSON.
    """
    own = {_plain(name): value.strip() for name, value in headers.items()}
    named = {name[1:]: value for name, value in own.items() if name[:1] == "x" and name != LIMITED}
    said = _said([*named.items(), *_facts({name: Raw(value.encode()) for name, value in named.items()})])
    ranged = _RANGE.match(own.get("contentrange", ""))
    return replace(said, total=max(said.total, int(ranged[1]))) if ranged else said


def _said(said: Collection[tuple[str, object]]) -> Paging:
    return Paging(
        total=max((number for name, value in said if name in _TOTALS for number in _whole(value)), default=0),
        pages=max((number for name, value in said if name in _PAGES for number in _whole(value)), default=0),
        more=any(name in _MORE and _is_yes(value) for name, value in said),
    )


def _link(links: object, name: str) -> str:
    """JSON:API 1.1, section 5.6: a link is a string, an object with `href`, or null."""
    link = _member(links, name)
    url = _member(link, "href") if isinstance(link, dict) else link
    return url if isinstance(url, str) else ""


def _ends_elsewhere(links: object) -> bool:
    """Whether the last page is another one than this, and than the first."""
    here, last = (dict(parse_qsl(urlsplit(_link(links, name)).query)) for name in ("self", "last"))
    told = {name: value for name, value in last.items() if not any(size in _plain(name) for size in _SIZES)}
    return any(value != here[name] if name in here else value not in _FIRST for name, value in told.items())


def _member(value: object, name: str) -> object:
    return _value(value.get(name)) if isinstance(value, dict) else None


def _value(raw: Raw | None) -> object:
    """A value whose own values stay as they came: how deep they go is no matter."""
    try:
        return _one_level.decode(raw or _NULL)
    except (ValueError, RecursionError):  # a number beyond all bounds, half a surrogate pair: no sign that we know
        return None


def _facts(members: Mapping[str, Raw], within: str = "", depth: int = 0) -> Iterator[tuple[str, object]]:
    """Plain names with their values; beside `data`, `meta` is looked into, and what is named for pages."""
    for name, raw in members.items():
        value, plain = _value(raw), _plain(name)
        yield ("pages" if plain in _PAGES_WITHIN and within in _OF_PAGES else plain), value
        if isinstance(value, dict) and depth < DEEPEST and (depth or plain == "meta" or plain in _OF_PAGES):
            yield from _facts(value, plain, depth + 1)


def _plain(name: str) -> str:
    """In lower case and without separators."""
    return name.lower().replace("_", "").replace("-", "")


def _whole(value: object) -> Iterator[int]:
    """A number that counts something, in a string too."""
    if isinstance(value, bool):
        return
    if isinstance(value, int):
        yield value
    elif isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:  # noqa: PLR2004
        yield int(value)


def _is_yes(value: object) -> bool:
    return value not in (None, False, 0, [], {}) and f"{value}".lower() not in _NO
