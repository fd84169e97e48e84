"""Every object: from the top down, clients -> legal entities -> accounts, and one by one those that rows name."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ..catalogue.endpoint import Endpoint
from ..errors import ParentGoneError, SourceError
from ..jsonapi.answer import Answer
from .reader import Ask, Outages, Reader
from .workers import Workers

TOGETHER = 500  # objects met elsewhere that are handed on at once: bounds what is held (rule C5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """All objects of one endpoint under one parent.

    Args:
        answers: one for a list; one an object where they are read one by one.
        problems: reads that failed. With any, an object that is not here may exist all the same.
        gone: ids that were asked for one by one, and that the API does not know.
    """

    endpoint: Endpoint
    parent_id: str
    answers: Sequence[Answer]
    problems: Sequence[SourceError] = ()
    gone: Sequence[str] = ()

    @property
    def ids(self) -> list[str]:
        return [own_id for answer in self.answers for own_id in answer.ids]

    @property
    def complete(self) -> bool:
        return not self.problems


@dataclass(slots=True, eq=False)
class _Listing:
    """One list on its way: the answers so far, and how many reads are out."""

    endpoint: Endpoint
    parent_id: str
    out: int = 0
    listed: dict[str, Answer] = field(default_factory=dict)  # by the object's id, or "" for the list itself
    problems: list[SourceError] = field(default_factory=list)

    def result(self) -> Listed:
        return Listed(
            endpoint=self.endpoint,
            parent_id=self.parent_id,
            answers=tuple(self.listed.values()),
            problems=tuple(self.problems),
        )


def walk(endpoints: Sequence[Endpoint], reader: Reader, *, workers: int, stop: threading.Event) -> Iterator[Listed]:
    """Every object of *endpoints* (parents first; those that are no crawl's are left out).

    A parent that cannot be read is named in its `Listed`, and the others go on (rule F3).

    Raises:
        SourceError: the API cannot be used at all: nobody answers, the credentials are refused; or StoppedError.
    """
    with Workers[tuple[_Listing, str], Answer](workers, stop=stop) as pool:
        yield from _Walk(endpoints, reader, pool).run()


def visit(
    endpoint: Endpoint, ids: Sequence[str], reader: Reader, *, workers: int, stop: threading.Event
) -> Iterator[Listed]:
    """The objects of *endpoint* with these *ids*, met somewhere else: read one by one, handed on some at a time.

    A 404 says that the API knows no such object, where it showed any other in this run.

    Raises:
        SourceError: as `walk`.
    """
    with Workers[str, Answer](workers, stop=stop) as pool:
        outages = Outages(pool.count)
        for batch in _some(ids):
            for own_id in batch:
                pool.submit(own_id, reader.one_of(endpoint, own_id))
            yield _visited(endpoint, [pool.collect() for _ in batch], reader, outages)


def _some(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[place : place + TOGETHER] for place in range(0, len(ids), TOGETHER))


def _visited(
    endpoint: Endpoint, came: Sequence[tuple[str, Answer | Exception]], reader: Reader, outages: Outages
) -> Listed:
    answers: list[Answer] = []
    failed: list[tuple[str, SourceError]] = []
    for own_id, outcome in came:
        if isinstance(outcome, Exception):
            failed.append((own_id, outages.judge(outcome)))
        else:
            outages.answered()
            answers.append(outcome)
    heard = reader.dialects.heard(endpoint)
    gone = [own_id for own_id, error in failed if heard and isinstance(error, ParentGoneError)]
    problems = [error for own_id, error in failed if own_id not in set(gone)]
    return Listed(endpoint=endpoint, parent_id="", answers=answers, problems=problems, gone=gone)


class _Walk:
    def __init__(
        self, endpoints: Sequence[Endpoint], reader: Reader, pool: Workers[tuple[_Listing, str], Answer]
    ) -> None:
        self._endpoints = [endpoint for endpoint in endpoints if endpoint.crawled]
        self._reader = reader
        self._pool = pool
        self._outages = Outages(pool.count)

    def run(self) -> Iterator[Listed]:
        for endpoint in self._endpoints:
            if not endpoint.parent:
                self._list(endpoint, "")
        while self._pool.out:
            (listing, own_id), came = self._pool.collect()
            listing.out -= 1
            if isinstance(came, Exception):
                listing.problems.append(self._outages.judge(came))
            else:
                self._outages.answered()
                self._take(listing, own_id, came)
            if not listing.out:
                yield from self._finish(listing)

    def _list(self, endpoint: Endpoint, parent_id: str) -> None:
        self._ask(_Listing(endpoint, parent_id), "", self._reader.list_of(endpoint, parent_id))

    def _ask(self, listing: _Listing, own_id: str, ask: Ask) -> None:
        listing.out += 1
        self._pool.submit((listing, own_id), ask)

    def _take(self, listing: _Listing, own_id: str, answer: Answer) -> None:
        listing.listed[own_id] = answer
        if listing.endpoint.detail and not own_id:
            for listed_id in answer.ids:
                self._ask(listing, listed_id, self._reader.one_of(listing.endpoint, listed_id, listing.parent_id))

    def _finish(self, listing: _Listing) -> Iterator[Listed]:
        if listing.endpoint.detail and (listed := listing.listed.pop("", None)) is not None:
            _keep_what_has_no_detail(listing.listed, listed)
        yield listing.result()
        for child in self._endpoints:
            if child.parent == listing.endpoint.name:
                for answer in listing.listed.values():
                    yield from self._descend(child, answer)

    def _descend(self, child: Endpoint, answer: Answer) -> Iterator[Listed]:
        if not child.ids_in:
            for parent_id in answer.ids:
                self._list(child, parent_id)
            return
        for parent_id, ids in answer.related.get(child.ids_in, {}).items():
            listing = _Listing(child, parent_id)
            for own_id in dict.fromkeys(ids):
                self._ask(listing, own_id, self._reader.one_of(child, own_id, parent_id))
            if not ids:
                yield listing.result()


def _keep_what_has_no_detail(details: dict[str, Answer], listed: Answer) -> None:
    """An object whose detail could not be read is still listed: its row of the list stands."""
    missing = [row for row, own_id in enumerate(listed.ids) if own_id not in details]
    if missing:
        details[""] = Answer(
            batch=listed.batch.take(missing),
            links={},
            related={},
            drift=listed.drift,
            fetched_at=listed.fetched_at,
        )


def ids_of(listed: Sequence[Listed], endpoint: str) -> Mapping[str, str]:
    """Every id of *endpoint* that was listed, with the parent it was listed under."""
    return {
        own_id: listing.parent_id for listing in listed if listing.endpoint.name == endpoint for own_id in listing.ids
    }
