"""What tells a bearer that nobody accepts from a read that is refused whatever its bearer (rule F3)."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from .exchange.wire import Answer
from .read import Read


class Witness:
    """A read of this server that was accepted: asked again, it says what a newer bearer is worth. Thread-safe.

    Attributes:
        one_refused: some read was refused a bearer that was accepted of another.
    """

    def __init__(self) -> None:
        self.one_refused = False
        self._accepted: Read | None = None
        self._size: float = math.inf
        self._underway = 0
        self._lock = threading.Lock()

    def accepted(self, read: Read, answer: Answer) -> None:
        """*read* was; of several the one with the smallest answer is kept, for it may be asked for often."""
        if len(answer.body) < self._size:
            self._size = len(answer.body)
            self._accepted = replace(read, target=read.target or read.path)

    @property
    def known(self) -> bool:
        """Whether anything was accepted yet."""
        return self._accepted is not None

    def again(self, *, instead_of: Read, bearer: str) -> Read:
        """What was accepted, to be sent with *bearer* and spoken of as *instead_of*; only where something was."""
        known = self._accepted
        assert known is not None
        return replace(instead_of, target=known.target, params=known.params, etag=known.etag, bearer=bearer)

    @property
    def to_come(self) -> bool:
        """Whether nothing was accepted yet, and other reads are on their way that may be."""
        return not self.known and self._underway > 0

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Within, a read is on its way."""
        self._count(1)
        try:
            yield
        finally:
            self._count(-1)

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Within, a read on its way only waits for others."""
        self._count(-1)
        try:
            yield
        finally:
            self._count(1)

    def _count(self, more: int) -> None:
        with self._lock:
            self._underway += more
