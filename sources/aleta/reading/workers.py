"""Jobs side by side on a few threads."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Generic, TypeVar

from ..errors import StoppedError

Tag = TypeVar("Tag")
Result = TypeVar("Result")
LISTEN_S = 0.2  # how often a wait for results looks whether to stop


class Workers(Generic[Tag, Result]):
    """Runs jobs on *count* daemon threads and hands back what came of each, in the order they end.

    Daemon threads, because a stop must not wait for an answer that may take a minute: what is out is let go.
    Only one thread may submit and collect.
    """

    def __init__(self, count: int, *, stop: threading.Event) -> None:
        self.count = count
        self.out = 0
        self._stop = stop
        self._left = threading.Event()
        self._jobs: queue.SimpleQueue[tuple[Tag, Callable[[], Result]] | None] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[tuple[Tag, Result | Exception]] = queue.SimpleQueue()

    def __enter__(self) -> Workers[Tag, Result]:
        for number in range(self.count):
            threading.Thread(target=self._work, name=f"fetch-{number}", daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._left.set()  # jobs that wait are not begun: nobody collects what would come of them
        for _ in range(self.count):
            self._jobs.put(None)

    @property
    def idle(self) -> bool:
        """Whether another job would start at once."""
        return self.out < self.count

    def submit(self, tag: Tag, job: Callable[[], Result]) -> None:
        self.out += 1
        self._jobs.put((tag, job))

    def collect(self) -> tuple[Tag, Result | Exception]:
        """Wait for a job to end; what it returned, or the exception it ended with.

        Raises:
            StoppedError: the run was asked to stop.
        """
        while not self._stop.is_set():
            try:
                done = self._done.get(timeout=LISTEN_S)
            except queue.Empty:
                continue
            self.out -= 1
            return done
        raise StoppedError("stopped while reading")

    def _work(self) -> None:
        while (given := self._jobs.get()) is not None and not self._left.is_set():
            tag, job = given
            try:
                self._done.put((tag, job()))
            except Exception as error:  # noqa: BLE001 - whoever collects decides
                self._done.put((tag, error))
