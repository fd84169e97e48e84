"""The only file that reads a clock."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from typing import Protocol

from .errors import StoppedError


class Clock(Protocol):
    """Time and waiting, passed in so that tests need no stop-watch."""

    def now(self) -> datetime:
        """The time of day, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds from an arbitrary start; never goes back."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait.

        Raises:
            StoppedError: the run was asked to stop, before or while waiting.
        """
        ...


class SystemClock:
    """The machine's clock; *stop* ends every wait at once."""

    def __init__(self, stop: threading.Event | None = None) -> None:
        self._stop = stop or threading.Event()

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        if self._stop.wait(max(0.0, seconds)):
            raise StoppedError("stopped while waiting")
