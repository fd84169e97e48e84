"""Reads from v1: lists by cursor, page by page, each under the condition that it changed; objects by id.

A list counts as unchanged only where every one of its pages answered 304: a 304 stands for one page, which is taken as
it was kept, and says nothing of the next. Once one page did change, the whole list is read without conditions.

Where cursors count rows, one that goes while the list is read moves those behind it to pages that were read before. So
once the last page is read, the others are asked for again: whether they show a row that was on none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeVar
from urllib.parse import quote, urlencode

from ..catalogue.endpoint import Endpoint, Track
from ..errors import MalformedError, ParentGoneError, SourceError
from ..jsonapi.answer import Answer, Parse
from ..safe_text import printable
from ..v1.chain import Chain, KeptPage, KeptPages, NothingKept

T = TypeVar("T")
LIMIT = "100"  # rows of a page: more are refused
RESTARTS = 3
EXPIRED = frozenset({400, 409, 410, 422})  # of a page that is not the first: its cursor is no longer known


class PageGetter(Protocol):
    """Sends the requests: `transport.client.Client`, for the server of v1."""

    def page(
        self,
        path: str,
        *,
        params: Mapping[str, str],
        parse: Callable[[bytes, str], T],
        hear: Callable[[Mapping[str, str]], None],
        resource: str,
        parent_id: str = "",
        etag: str = "",
    ) -> T | None: ...


class _StartAgainError(Exception):
    """The list must be read again from its first page, without conditions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One list, or one object.

    Args:
        path: behind the prefix of the version; `{parent_id}` stands for the encoded *parent_id*.
    """

    endpoint: Endpoint
    path: str
    params: Mapping[str, str]
    parent_id: str
    parse: Parse

    @property
    def key(self) -> str:
        """Under which its pages are kept."""
        path = self.path.replace("{parent_id}", quote(self.parent_id, safe=""))
        return f"{self.endpoint.name} {path}?{urlencode(sorted(self.params.items()))}"

    def located(self, message: str) -> MalformedError:
        """An error that says what was read."""
        whose = f"{self.endpoint.name} of {printable(self.parent_id)}" if self.parent_id else self.endpoint.name
        return MalformedError(
            f"{whose}: {message}", resource=self.endpoint.name, parent_id=self.parent_id, path=self.path
        )


@dataclass(slots=True, kw_only=True)
class CursorLists:
    """The lists of v1.

    Args:
        kept: the pages of earlier runs.
    """

    client: PageGetter
    kept: KeptPages = field(default_factory=NothingKept)

    def one(self, wanted: Wanted) -> Answer:
        """One object.

        Raises:
            SourceError: as for `Client.get`.
        """
        kept = self.kept.of(wanted.key)
        while True:
            chain = Chain(wanted.parse)
            try:
                if self._page(wanted, {}, chain, kept[0].etag if kept else "") is None:
                    _take_kept(chain, kept[0])
                self._keep(wanted.key, chain, before=kept)
                return replace(chain.whole, track=Track.V1)
            except _StartAgainError:
                kept = ()

    def whole(self, wanted: Wanted) -> Answer:
        """A whole list.

        Raises:
            MalformedError: a page that was announced is not there, cursors expire again and again or repeat, or the
                list does not end (rule F1).
            SourceError: as for `Client.get`.
        """
        kept = self.kept.of(wanted.key)
        for _ in range(RESTARTS + 1):
            try:
                return self._read(wanted, kept)
            except _StartAgainError as again:
                kept, why = (), again
            except MalformedError:
                if not kept:
                    raise
                kept = ()  # where the list goes on may be what was kept of it, and is not so any more
        raise wanted.located(f"the list was begun {RESTARTS + 1} times and never came to its end ({why})") from why

    def _read(self, wanted: Wanted, kept: Sequence[KeptPage]) -> Answer:
        chain, unchanged = Chain(wanted.parse), 0
        while not chain.ended:
            number = len(chain.kept)
            held = kept[number] if number < len(kept) and unchanged == number else None
            if held is not None and held.cursor != chain.cursor:
                raise _StartAgainError("a page goes on in another way than it did")
            if self._next(wanted, chain, held.etag if held else ""):
                if unchanged:
                    raise _StartAgainError("a page changed behind one that did not")
            elif held is not None:
                unchanged += 1
                _take_kept(chain, held)
        if unchanged < len(chain.kept):
            self._look_back(wanted, chain)
        self._keep(wanted.key, chain, before=kept)
        return replace(chain.whole, track=Track.V1, chained=True)

    def _look_back(self, wanted: Wanted, chain: Chain) -> None:
        """See whether rows moved to pages that were read before; a cursor that leads there only once cannot tell."""
        for number, page in enumerate(chain.passed):
            try:
                shown = self._page(wanted, _at(page.cursor), Chain(wanted.parse), page.etag)
            except MalformedError as error:  # the last page by now, beside a count of all rows
                raise _StartAgainError(f"{error}") from error
            except SourceError as error:
                if page.cursor and (error.attrs.get("status") in EXPIRED or isinstance(error, ParentGoneError)):
                    return
                raise
            if shown is not None and chain.lacks(number, shown):
                raise _StartAgainError("rows moved between its pages while it was read")

    def _next(self, wanted: Wanted, chain: Chain, etag: str) -> bool:
        """Read the next page; whether one came."""
        try:
            return self._page(wanted, _at(chain.cursor), chain, etag) is not None
        except SourceError as error:
            if chain.cursor and error.attrs.get("status") in EXPIRED:
                raise _StartAgainError(f"{error}") from error
            if chain.cursor and isinstance(error, ParentGoneError):
                number = len(chain.kept) + 1
                raise wanted.located(f"page {number} was announced, and is not there ({error})") from error
            raise

    def _page(self, wanted: Wanted, params: Mapping[str, str], chain: Chain, etag: str = "") -> Answer | None:
        return self.client.page(
            f"/{Track.V1}{wanted.path}",
            params={**wanted.params, **params},
            parse=chain.take,
            hear=chain.hear,
            resource=wanted.endpoint.name,
            parent_id=wanted.parent_id,
            etag=etag,
        )

    def _keep(self, key: str, chain: Chain, *, before: Sequence[KeptPage]) -> None:
        """Keep the pages for the next run, where each has an ETag."""
        if not all(page.etag for page in chain.kept):
            self.kept.forget(key)
        elif [*chain.kept] != [*before]:  # a page may come anew under the ETag that it had
            self.kept.keep(key, chain.kept)


def _at(cursor: str) -> Mapping[str, str]:
    """The parameters of the page at *cursor*; of the first, where it is empty."""
    return {"limit": LIMIT} | ({"cursor": cursor} if cursor else {})


def _take_kept(chain: Chain, held: KeptPage) -> None:
    try:
        chain.hear({})
        chain.take(held.body, held.etag)
    except MalformedError as error:  # kept by a version that read it otherwise
        raise _StartAgainError("what was kept cannot be read") from error
