"""Joins the pages of one list that links from one to the next (rule F5). Pure."""

from __future__ import annotations

from collections.abc import Mapping

from ..errors import MalformedError
from ..jsonapi.answer import Answer, Parse, joined
from ..jsonapi.paging import ALONE, paging_of_headers

MOST_PAGES = 1000
MOST_BYTES = 1 << 29  # of rows in Arrow: bounds the memory of one answer


class Pages:
    """The pages of one list so far.

    Args:
        parse: reads one of them.
    """

    def __init__(self, parse: Parse) -> None:
        self._parse = parse
        self._pages: list[Answer] = []
        self._said = self._told = ALONE
        self._bytes = 0
        self._followed: set[str] = set()

    def hear(self, headers: Mapping[str, str]) -> None:
        """Take in the headers of the answer whose body comes next."""
        self._told = paging_of_headers(headers)

    def take(self, body: bytes) -> Answer:
        """Read the next page; nothing is kept of one that is refused, so that it may be read again.

        Raises:
            MalformedError: it is no answer, links to a page that was read, or says that there is more, and not where.
        """
        page = self._parse(body)
        said = page.paging.beside(self._told).with_earlier(self._said)
        if said.next_url:
            self._check_next(said.next_url, page)
        else:
            rows = page.batch.num_rows + sum(earlier.batch.num_rows for earlier in self._pages)
            said.check_whole(rows=rows, pages=len(self._pages) + 1)
        self._said = said
        self._pages.append(page)
        self._bytes += page.batch.nbytes
        return page

    def _check_next(self, url: str, page: Answer) -> None:
        if url in self._followed:
            raise MalformedError("the answer links to a page that was read before")
        if len(self._pages) + 1 >= MOST_PAGES or self._bytes + page.batch.nbytes > MOST_BYTES:
            raise MalformedError(f"the list does not end within {MOST_PAGES} pages and {MOST_BYTES >> 20} MB")

    @property
    def next_url(self) -> str:
        """Where the next page is; empty where there is none. Say it once a page."""
        self._followed.add(self._said.next_url)
        return self._said.next_url

    @property
    def whole(self) -> Answer:
        """All pages as one answer."""
        return joined(self._pages)
