"""The pages of one list of v1, from its first to the one that says it is the last. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from ..errors import MalformedError
from ..jsonapi.answer import Answer, Parse, joined
from ..jsonapi.paging import ALONE, Paging, paging_of_headers

MOST_PAGES = 10_000
MOST_BYTES = 1 << 29  # of rows in Arrow: bounds the memory of one list
MOST_KEPT = 64 << 20  # bytes of bodies: of a longer list, none are kept
MOST_BARREN = 50  # pages in a row that show no object that no page before showed: such a list may never end


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptPage:
    """A page as it was answered: *etag* stands for *body*."""

    cursor: str
    etag: str
    body: bytes = field(repr=False)


class KeptPages(Protocol):
    """The pages of lists as they were last answered, by list. Thread-safe."""

    def of(self, key: str) -> Sequence[KeptPage]:
        """All pages of a list in their order; none where it is not kept."""
        ...

    def keep(self, key: str, pages: Sequence[KeptPage]) -> None:
        """Keep these, in place of what was kept."""
        ...

    def forget(self, key: str) -> None: ...


class NothingKept:
    """Every list is read without conditions."""

    def of(self, key: str) -> Sequence[KeptPage]:  # noqa: ARG002 - as the protocol has it
        return ()

    def keep(self, key: str, pages: Sequence[KeptPage]) -> None: ...

    def forget(self, key: str) -> None: ...


@dataclass(slots=True)
class Chain:
    """The pages so far.

    Args:
        parse: reads one of them.
    """

    parse: Parse
    kept: list[KeptPage] = field(default_factory=list)  # without bodies, where they are too large
    cursor: str = ""  # of the page to ask for next; empty for the first, and behind the last
    _pages: list[Answer] = field(default_factory=list)
    _said: Paging = ALONE
    _told: Paging = ALONE
    _seen: set[str] = field(default_factory=set)
    _shown: set[str] = field(default_factory=set)
    _bytes: int = 0
    _body_bytes: int = 0
    _barren: int = 0

    @property
    def ended(self) -> bool:
        return bool(self._pages) and not self.cursor

    @property
    def whole(self) -> Answer:
        """All pages as one answer."""
        return joined(self._pages)

    @property
    def passed(self) -> Sequence[KeptPage]:
        """The pages but the last: a row that moves to one of them while the list is read is on none."""
        return self.kept[:-1]

    def lacks(self, number: int, page: Answer) -> bool:
        """Whether *page*, the one of that *number* asked for again, shows what none of the pages did."""
        if page.ids:
            return not self._shown.issuperset(page.ids)
        return not page.batch.equals(self._pages[number].batch)

    def hear(self, headers: Mapping[str, str]) -> None:
        """Take in the headers of the answer whose body comes next."""
        self._told = paging_of_headers(headers)

    def take(self, body: bytes, etag: str) -> Answer:
        """Take in the next page; nothing is kept of one that is refused, so that it may be read again.

        Raises:
            MalformedError: it is no page, goes on with a cursor that was given before, or the list does not end.
        """
        page = self.parse(body)
        said = page.paging.beside(self._told).with_earlier(self._said)
        cursor = said.cursor
        if cursor:
            self._check_next(cursor, page)
        elif said.next_url:
            raise MalformedError("the answer links to a next page, and gives no cursor")
        else:
            rows = page.batch.num_rows + sum(earlier.batch.num_rows for earlier in self._pages)
            said.check_whole(rows=rows, pages=len(self._pages) + 1)
        self._said = said
        self._barren = self._barren_with(page)
        self._shown.update(page.ids)
        self._pages.append(page)
        self._remember(KeptPage(cursor=self.cursor, etag=etag, body=body))
        self._bytes += page.batch.nbytes
        self._seen.add(cursor)
        self.cursor = cursor
        return page

    def _remember(self, page: KeptPage) -> None:
        self._body_bytes += len(page.body)
        self.kept.append(page)
        if self._body_bytes > MOST_KEPT:
            self.kept = [replace(kept, etag="", body=b"") for kept in self.kept]

    def _check_next(self, cursor: str, page: Answer) -> None:
        if cursor in self._seen:
            raise MalformedError("the answer goes on with a cursor that it gave before")
        if len(self._pages) + 1 >= MOST_PAGES or self._bytes + page.batch.nbytes > MOST_BYTES:
            raise MalformedError(f"the list does not end within {MOST_PAGES} pages and {MOST_BYTES >> 20} MB")
        if self._barren_with(page) > MOST_BARREN:
            raise MalformedError(f"the list goes on after {MOST_BARREN} pages that showed nothing new")

    def _barren_with(self, page: Answer) -> int:
        """Pages in a row that showed nothing new, with this one."""
        ids = page.ids
        new = bool(page.batch.num_rows) and (not ids or not self._shown.issuperset(ids))
        return 0 if new else self._barren + 1
