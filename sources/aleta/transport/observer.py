"""What the report and the progress want to know of the transport."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

if TYPE_CHECKING:
    from ..errors import RetryableError

Reason: TypeAlias = Literal["budget", "rate_limited", "retry"]


class Observer(Protocol):
    """Told as it happens, from any worker's thread: be quick, be safe for threads, and never raise."""

    def attempt(self, resource: str) -> None:
        """A request of the budget is about to be sent."""
        ...

    def retry(self, resource: str, error: RetryableError, wait_s: float) -> None:
        """An attempt failed, and the next one follows after *wait_s* seconds."""
        ...

    def waiting(self, seconds: float, reason: Reason) -> None:
        """This thread waits now: for its turn, for the end of a pause after a 429, or before another attempt."""
        ...


class Silent:
    """The observer that lets it all pass."""

    def attempt(self, resource: str) -> None: ...

    def retry(self, resource: str, error: RetryableError, wait_s: float) -> None: ...

    def waiting(self, seconds: float, reason: Reason) -> None: ...
