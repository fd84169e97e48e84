"""Who waits when the server asks for a pause: the read that was told so, or every worker (rules F2, R1)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...errors import RateLimitedError, RetryableError

if TYPE_CHECKING:
    from ...clock import Clock
    from ..observer import Observer
    from .limiter import TokenBucket


@dataclass(slots=True, kw_only=True)
class Pauses:
    """Told of each failed attempt at one read or write.

    A 429 is said to all who share the budget, and all pause for as long as it asks. Where that is longer than a read
    waits, it may be an oddity of this one answer, which must not end the others (rule F6): they pause for *given_up_s*,
    and find out. Any other answer that asks for a pause may be this read's own: the others heed the first one alone.
    """

    resource: str
    bucket: TokenBucket
    clock: Clock
    observer: Observer
    given_up_s: float
    _heeded: bool = False

    def __call__(self, error: RetryableError, wait_s: float) -> None:
        """An attempt failed, and the next follows after *wait_s*; none does where it is infinite."""
        limited, again = isinstance(error, RateLimitedError), math.isfinite(wait_s)
        asked_s = error.retry_after_s or 0.0
        if limited:
            self._pause(asked_s or wait_s if again else min(asked_s, self.given_up_s))
        elif asked_s and again and not self._heeded:
            self._heeded = True
            self._pause(asked_s)
        if again:
            self.observer.retry(self.resource, error, wait_s)
            self.observer.waiting(wait_s, "rate_limited" if limited else "retry")

    def _pause(self, seconds: float) -> None:
        if seconds:
            self.bucket.pause(self.clock.monotonic(), seconds)
