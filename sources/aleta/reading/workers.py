"""Runs jobs concurrently on a few threads."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Generic, TypeVar

from ..errors import StoppedError

Tag = TypeVar("Tag")
Result = TypeVar("Result")
STOP_CHECK_S = 0.2  # how often a wait for results checks whether to stop


class Workers(Generic[Tag, Result]):
    """Runs jobs on up to *count* daemon threads and returns their results in the order of completion.

    Daemon threads, because a stop must not wait for a response that may take a minute: pending jobs are abandoned.
    Only one thread may submit and collect.

    Attributes:
        pending: jobs submitted and not collected yet.
    """

    def __init__(self, count: int, *, stop: threading.Event) -> None:
        self.count = count
        self.pending = 0
        self._threads = 0
        self._stop = stop
        self._closed = threading.Event()
        self._jobs: queue.SimpleQueue[tuple[Tag, Callable[[], Result]] | None] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[tuple[Tag, Result | Exception]] = queue.SimpleQueue()

    def __enter__(self) -> Workers[Tag, Result]:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._closed.set()  # queued jobs are not started: nobody would collect their results
        for _ in range(self._threads):
            self._jobs.put(None)

    @property
    def idle(self) -> bool:
        """Whether another job would start at once."""
        return self.pending < self.count

    def submit(self, tag: Tag, job: Callable[[], Result]) -> None:
        self.pending += 1
        if self._threads < min(self.pending, self.count):  # most lists have fewer parents than there are workers
            threading.Thread(target=self._work, name=f"fetch-{self._threads}", daemon=True).start()
            self._threads += 1
        self._jobs.put((tag, job))

    def collect(self) -> tuple[Tag, Result | Exception]:
        """Wait for a job to end; return its tag, and its result or the exception that it raised.

        Raises:
            StoppedError: the run was asked to stop.
        """
        while not self._stop.is_set():
            try:
                done = self._done.get(timeout=STOP_CHECK_S)
            except queue.Empty:
                continue
            self.pending -= 1
            return done
        raise StoppedError("stopped while reading")

    def _work(self) -> None:
        while (tagged_job := self._jobs.get()) is not None and not self._closed.is_set():
            tag, job = tagged_job
            try:
                self._done.put((tag, job()))
            except Exception as error:  # noqa: BLE001 - the caller of `collect` handles it
                self._done.put((tag, error))
