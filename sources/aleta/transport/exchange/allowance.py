"""What one answer may take: seconds and bytes, whatever sends it (rule F7).

The bounds hold where bytes leave the socket, so that status line, headers, interim answers, the framing of chunks and
a body that drips all count. Content that is unpacked from them counts once more.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextvars import ContextVar
from types import TracebackType
from typing import Self

from ...errors import TooLargeError

MB = 1 << 20
LARGE = 32 * MB
FRAMING = MB  # status line, headers, and an eighth more for chunks
_large_one = threading.BoundedSemaphore()  # one answer of the process at a time may be large: bounds memory (C6)


class TooSlowError(TimeoutError):
    """The answer took longer than it may."""


class Allowance:
    """The bounds of one answer; a context manager. Not for use by two threads.

    Args:
        seconds: from now until the whole answer is there.
        size: bytes of content.
        monotonic: real time, for sockets wait in no other.
    """

    def __init__(self, *, seconds: float, size: int, monotonic: Callable[[], float]) -> None:
        self.seconds = seconds
        self.size = size
        self._monotonic = monotonic
        self._ends_s = monotonic() + seconds
        self._received = 0
        self._unpacked = 0
        self._is_large = False
        self._closers: list[Callable[[], None]] = []

    def __enter__(self) -> Self:
        self._before = CURRENT.set(self)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        CURRENT.reset(self._before)
        if error is not None:
            for close in self._closers:
                close()
        if self._is_large:
            _large_one.release()

    def remaining_s(self) -> float:
        """Seconds left.

        Raises:
            TooSlowError: none.
        """
        left = self._ends_s - self._monotonic()
        if left <= 0:
            raise TooSlowError(f"the answer took longer than {self.seconds:g} s")
        return left

    def received(self, count: int) -> None:
        """So many more bytes came from the socket.

        Raises:
            TooLargeError: more than the answer may have.
            TooSlowError: another large answer was held all the time that was left.
        """
        self._received += count
        self._check(self._received, self.size + self.size // 8 + FRAMING)

    def unpacked(self, count: int) -> None:
        """So many more bytes of content are there; raises as `received`."""
        self._unpacked += count
        self._check(self._unpacked, self.size)

    def on_failure(self, close: Callable[[], None]) -> None:
        """Call *close* if the answer fails: urllib3 leaves some of them open, until memory is cleaned up."""
        self._closers.append(close)

    def narrow(self, size: int) -> None:
        """From now on it may have no more than *size* bytes of content."""
        self.size = min(self.size, size)

    def _check(self, held: int, limit: int) -> None:
        if held > limit:
            raise TooLargeError(f"the answer has more than {self.size / MB:g} MB")
        if held > LARGE and not self._is_large:
            self._is_large = _large_one.acquire(timeout=self.remaining_s())
            self.remaining_s()


CURRENT: ContextVar[Allowance] = ContextVar("allowance")
"""The bounds of the answer that this thread waits for."""
