"""The queue from the reading thread to the loading one: bounded by rows, so that memory is (rule C5)."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

from sources.aleta.errors import StoppedError

T = TypeVar("T")


class Handover(Generic[T]):
    """One thread puts, one takes. Putting waits while *limit* rows are in it; a single larger item may always enter."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._items: deque[tuple[T, int]] = deque()
        self._rows = 0
        self._changed = threading.Condition()
        self._closed = False

    def put(self, item: T, *, rows: int = 0) -> None:
        """Hand over *item*, which counts as *rows*.

        Raises:
            StoppedError: it was closed.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._closed or not self._rows or self._rows + rows <= self._limit)
            if self._closed:
                raise StoppedError("loading ended: what is read is not loaded any more")
            self._items.append((item, rows))
            self._rows += rows
            self._changed.notify_all()

    def wait(self, ready: Callable[[], bool]) -> None:
        """Wait until whoever takes has done something; `wake` says that it may have.

        Raises:
            StoppedError: nobody takes any more.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._closed or ready())
            if self._closed and not ready():
                raise StoppedError("nobody takes what is read")

    def wake(self) -> None:
        """Something that is waited for may be ready."""
        with self._changed:
            self._changed.notify_all()

    def take(self, timeout_s: float) -> T | None:
        """The oldest item; None when none came in time."""
        with self._changed:
            if not self._changed.wait_for(lambda: bool(self._items), timeout_s):
                return None
            item, rows = self._items.popleft()
            self._rows -= rows
            self._changed.notify_all()
            return item

    def close(self) -> None:
        """Nothing will be taken any more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
