"""One visit to the API, shared by the resources that are extracted together: one connection, one walk."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager

import pyarrow as pa

from ..catalogue.catalogue import CATALOGUE
from ..catalogue.endpoint import Endpoint, with_parents
from ..errors import SourceError
from ..reading.connection import Connection
from ..reading.reader import Reader
from ..reading.walk import Listed, visit, walk


class Visit:
    """Resources come one after another, and again in the next run. Not for two threads at once."""

    def __init__(self, connect: Callable[[], Connection], *, workers: int) -> None:
        self._connect = connect
        self._connection: Connection | None = None
        self._workers = workers
        self._readers = 0
        self._listings: Sequence[Listed] = ()
        self._served: set[str] | None = None
        self._read: set[str] = set()
        self._named: dict[str, dict[str, bool]] = {}  # endpoint -> id that rows name -> whether the API shows it

    @contextmanager
    def reader(self) -> Iterator[Reader]:
        """Ask the API; sockets are let go when nobody asks any more."""
        self._connection = self._connection or self._connect()
        self._readers += 1
        try:
            yield self._connection.reader
        finally:
            self._readers -= 1
            if not self._readers:
                self._connection.close()

    @contextmanager
    def reading(self, endpoint: Endpoint) -> Iterator[None]:
        """While the rows of *endpoint* are handed on."""
        self._read.discard(endpoint.name)
        try:
            yield
        finally:
            self._read.add(endpoint.name)

    def read(self, names: Collection[str]) -> bool:
        """Whether those endpoints are read to their end."""
        return self._read.issuperset(names)

    def listed(self, resource: str, selected: Collection[str]) -> Sequence[Listed]:
        """All objects of the *selected* resources and their parents; walked once, until *resource* asks again.

        Raises:
            SourceError: the top of the tree could not be read: then nothing can.
        """
        if self._served is None or resource in self._served:
            self._listings, self._served = self._walk(selected), set()
        self._served.add(resource)
        return self._listings

    def _walk(self, selected: Collection[str]) -> Sequence[Listed]:
        endpoints = [endpoint for endpoint in with_parents([*selected], CATALOGUE) if endpoint.crawled]
        with self.reader() as reader:
            listings = list(walk(endpoints, reader, workers=self._workers, stop=threading.Event()))
        for listed in listings:
            if listed.endpoint.required and not listed.endpoint.parent and listed.problems:
                raise listed.problems[0]
        return listings

    def meet(self, endpoint: Endpoint, batch: pa.RecordBatch) -> None:
        """Take note of what has no list and is named in rows of *endpoint*."""
        for other in CATALOGUE.values():
            for table, _, column in (place.partition(".") for place in other.named_in):
                if table == endpoint.name:
                    named = (own_id for own_id in batch[column].unique().to_pylist() if own_id is not None)
                    self._named.setdefault(other.name, {}).update(dict.fromkeys(named, True))

    def named(self, endpoint: Endpoint) -> list[str]:
        """The ids of *endpoint* that rows named so far, without those that the API no longer knows."""
        return sorted(own_id for own_id, shown in self._named.get(endpoint.name, {}).items() if shown)

    def read_named(self, endpoint: Endpoint, more: Sequence[str]) -> Iterator[Listed]:
        """The objects of *endpoint* that rows named in this run, and *more*, that earlier ones did; one by one."""
        found = self._named.setdefault(endpoint.name, {})
        found.update(dict.fromkeys(more, True))
        with self.reader() as reader:
            for listed in visit(endpoint, sorted(found), reader, workers=self._workers, stop=threading.Event()):
                found.update(dict.fromkeys(listed.gone, False))
                for answer in listed.answers:
                    self.meet(endpoint, answer.batch)
                yield listed

    def offers(self, endpoint: Endpoint) -> bool:
        """Whether the API did not answer 404 to whatever was asked of it."""
        return self._connection is None or not self._connection.reader.dialects.missing(endpoint)


def unread(
    listings: Sequence[Listed], endpoint: Endpoint, selected: Collection[str]
) -> Sequence[tuple[Listed, SourceError]]:
    """What could not be read of *endpoint*, and of those above it that are not *selected* and so cannot say it."""
    chain = with_parents([endpoint.name], CATALOGUE)
    silent = {member.name for member in chain if member is endpoint or (member.crawled and member.name not in selected)}
    return [(listed, problem) for listed in listings if listed.endpoint.name in silent for problem in listed.problems]
