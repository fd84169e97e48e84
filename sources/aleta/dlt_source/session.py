"""The connection and the crawl that resources share when dlt extracts them together."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager

import dlt
import pyarrow as pa
from dlt.common.configuration.container import Container
from dlt.extract.source import SourceInjectableContext

from ..catalogue.catalogue import CATALOGUE
from ..catalogue.endpoint import Endpoint, with_parents
from ..reading.connection import Connection
from ..reading.objects.by_id import read_by_id
from ..reading.objects.members import Census
from ..reading.objects.walk import Listed, walk, walk_named
from ..reading.reader import Reader
from .doubts import Doubts
from .named_ids import named_in
from .shortfalls import Shortfall, of_list

DIALECTS = "dialects"  # key of the source's dlt state
UNLISTED = "{} is there, for rows name it, and in no list: it is not loaded, and nothing of what hangs below it"


class Sessions:
    """The session of each extraction: whoever runs a source again, or another selection of it, begins anew.

    dlt's copies of a source (`with_resources`) share what its resources refer to, and so do its runs.
    """

    def __init__(self, connect: Callable[[], Connection], *, workers: int) -> None:
        self._connect = connect
        self._workers = workers
        self._sessions: dict[int, Session] = {}  # by the identity of the extraction, while there is one

    def current(self) -> Session:
        """That of the extraction that this is called in."""
        extraction = Container()[SourceInjectableContext]
        if id(extraction) not in self._sessions:
            answered = dlt.current.source_state().get(DIALECTS, {})
            self._sessions[id(extraction)] = Session(self._connect, workers=self._workers, answered=answered)
            weakref.finalize(extraction, self._sessions.pop, id(extraction))
        return self._sessions[id(extraction)]


class Session:
    """One connection and one crawl for all resources of one extraction. Not thread-safe.

    Args:
        answered: the dialects of endpoints that answered in earlier runs: that one of these answers 404 is a failure.
    """

    def __init__(self, connect: Callable[[], Connection], *, workers: int, answered: Mapping[str, str]) -> None:
        self._connect = connect
        self._answered = answered
        self._connection: Connection | None = None
        self._workers = workers
        self._readers = 0
        self._listings: Sequence[Listed] | None = None
        self._read: set[str] = set()
        self.caps: set[int] = set()  # that answers of this API proved
        self.doubts = Doubts()
        self._crawled: Sequence[Endpoint] = ()
        self._census = Census()
        self._told: set[Shortfall] = set()
        self._named: dict[str, dict[str, bool]] = {}  # endpoint -> id named in rows -> whether the API knows it

    @contextmanager
    def reader(self) -> Iterator[Reader]:
        """A reader; the sockets are closed when the last one in use is done."""
        if self._connection is None:
            self._connection = self._connect()
            self._connection.reader.dialects.remember(self._answered)
        self._readers += 1
        try:
            yield self._connection.reader
        finally:
            self._readers -= 1
            if not self._readers:
                self._connection.close()

    @contextmanager
    def reading(self, endpoint: Endpoint) -> Iterator[None]:
        """Wraps the extraction of *endpoint*, so that `read` knows when it has ended."""
        try:
            yield
        finally:
            self.note_read(endpoint)

    def note_read(self, endpoint: Endpoint) -> None:
        """All rows of *endpoint* are yielded, be it that some receipts are not."""
        self._read.add(endpoint.name)

    def read(self, names: Collection[str]) -> bool:
        """Whether all rows of the endpoints *names* are yielded."""
        return self._read.issuperset(names)

    def listed(self, selected: Collection[str]) -> Sequence[Listed]:
        """All objects of the *selected* resources and their parents, crawled once.

        Raises:
            SourceError: nothing of the top of the tree could be read, so nothing below it can.
        """
        if self._listings is None:
            self._listings = self._walk(selected)
        return self._listings

    def _walk(self, selected: Collection[str]) -> Sequence[Listed]:
        endpoints = [endpoint for endpoint in with_parents([*selected], CATALOGUE) if endpoint.crawled]
        with self.reader() as reader:
            self._crawled = endpoints
            listings = list(walk(endpoints, reader, workers=self._workers, stop=threading.Event(), census=self._census))
        top = [listed for listed in listings if listed.endpoint.required and not listed.endpoint.parent]
        failed = [problem for listed in top for problem in listed.problems]
        if failed and not any(listed.ids for listed in top):
            raise failed[0]
        return listings

    def note_cap(self, cap: int | None) -> None:
        """Answers of this API are capped at so many rows."""
        if cap:
            self.caps.add(cap)

    def truncated(self) -> Sequence[Shortfall]:
        """Lists of this run's crawl that may be truncated, as far as is known by now (L3); each is told once."""
        found = [of_list(each.resource, each.parent_id, reason) for each, reason in self._census.truncated(self.caps)]
        lists = {(told.resource, told.parent_id) for told in self._told}
        new = [each for each in found if (each.resource, each.parent_id) not in lists]
        self._told.update(new)
        return new

    def unlisted(self) -> Sequence[Shortfall]:
        """Objects that rows name and no list showed, asked for by id (L1): those that are there, or may be."""
        found: list[Shortfall] = []
        if not any(self._census.unlisted(endpoint) for endpoint in self._crawled):
            return found
        with self.reader() as reader:
            for listed in walk_named(
                self._crawled, reader, workers=self._workers, stop=threading.Event(), census=self._census
            ):
                found += [shortfall_of(listed, UNLISTED.format(own_id)) for own_id in listed.ids]
                found += [shortfall_of(listed, f"{problem}") for problem in listed.problems]
        return found

    def remember_ids(self, endpoint: Endpoint, batch: pa.RecordBatch) -> Mapping[str, Collection[str]]:
        """Remember ids in rows of *endpoint* that belong to other endpoints; those of endpoints without a list."""
        for other in self._crawled:
            for column in endpoint.columns_naming(other):
                self._census.note_named(other, filter(None, batch[column].unique().to_pylist()))
        named = named_in(endpoint, batch)
        for name, ids in named.items():
            self._named.setdefault(name, {}).update(dict.fromkeys(ids, True))
        return named

    def named(self, endpoint: Endpoint) -> list[str]:
        """The ids of *endpoint* found in rows so far, without those that the API no longer knows."""
        return sorted(own_id for own_id, shown in self._named.get(endpoint.name, {}).items() if shown)

    def read_named(self, endpoint: Endpoint, more: Collection[str]) -> Iterator[Listed]:
        """Read by id the objects of *endpoint* found in rows of this run, and *more*: those of earlier runs."""
        found = self._named.setdefault(endpoint.name, {})
        found.update(dict.fromkeys(more, True))
        with self.reader() as reader:
            for listed in read_by_id(endpoint, sorted(found), reader, workers=self._workers, stop=threading.Event()):
                found.update(dict.fromkeys(listed.gone, False))
                yield listed

    def offers(self, endpoint: Endpoint) -> bool:
        """Whether the API has *endpoint*: not every request for it was answered 404, in this run and all before."""
        return self._connection is None or not self._connection.reader.dialects.missing(endpoint)

    def keep_dialects(self) -> None:
        """Keep for the next run in dlt's state which endpoints have answered, and under which names."""
        if self._connection is not None:
            dlt.current.source_state()[DIALECTS] = dict(self._connection.reader.dialects.learned)


def unread(listings: Sequence[Listed], endpoint: Endpoint, selected: Collection[str]) -> Sequence[Shortfall]:
    """Failed reads of *endpoint*, and of its dependencies that are not *selected* and so do not report their own."""
    chain = with_parents([endpoint.name], CATALOGUE)
    reported_here = {
        member.name for member in chain if member is endpoint or (member.crawled and member.name not in selected)
    }
    return [
        shortfall_of(listed, f"{problem}")
        for listed in listings
        if listed.endpoint.name in reported_here
        for problem in listed.problems
    ]


def shortfall_of(listed: Listed, reason: str) -> Shortfall:
    """One of a list, or of objects that were read by id."""
    return Shortfall(resource=listed.endpoint.name, parent_id=listed.parent_id, reason=reason)
