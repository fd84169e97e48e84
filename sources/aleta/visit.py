"""One visit to the API, shared by the resources that are extracted together: one connection, one walk."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager

from .catalogue import CATALOGUE
from .connection import Connection
from .endpoint import Endpoint, with_parents
from .errors import SourceError
from .reader import Reader
from .walk import Listed, walk


class Visit:
    """Resources come one after another, and again in the next run. Not for two threads at once."""

    def __init__(self, connect: Callable[[], Connection], *, workers: int) -> None:
        self._connect = connect
        self._connection: Connection | None = None
        self._workers = workers
        self._readers = 0
        self._listings: Sequence[Listed] = ()
        self._served: set[str] | None = None

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
        endpoints = with_parents([*selected], CATALOGUE)
        with self.reader() as reader:
            listings = list(walk(endpoints, reader, workers=self._workers, stop=threading.Event()))
        for one in listings:
            if not one.endpoint.parent and one.problems:
                raise one.problems[0]
        return listings


def unread(
    listings: Sequence[Listed], endpoint: Endpoint, selected: Collection[str]
) -> Sequence[tuple[Listed, SourceError]]:
    """What could not be read of *endpoint*, and of those above it that are not *selected* and so cannot say it."""
    chain = with_parents([endpoint.name], CATALOGUE)
    silent = {one.name for one in chain if one is endpoint or one.name not in selected}
    return [(one, problem) for one in listings if one.endpoint.name in silent for problem in one.problems]
