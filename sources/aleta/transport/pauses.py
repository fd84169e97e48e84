"""Who waits when the server asks for a pause: the read that was told so, or every worker (rules F2, R1)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import PausedError, RateLimitedError, RetryableError

if TYPE_CHECKING:
    from ..clock import Clock
    from .limiter import TokenBucket
    from .observer import Observer


@dataclass(slots=True, kw_only=True)
class Pauses:
    """Told of each failed attempt at one read or write.

    A 429 is said to all who share the budget, and all pause for as long as it asks, also where this read gives up. Any
    other answer that asks for a pause may be this read's own: the others heed the first one, and no further one.
    """

    resource: str
    bucket: TokenBucket
    clock: Clock
    observer: Observer
    _heeded: bool = False

    def __call__(self, error: RetryableError, wait_s: float) -> None:
        """An attempt failed, and the next follows after *wait_s*; none does where it is infinite."""
        limited, again = isinstance(error, RateLimitedError), math.isfinite(wait_s)
        asked_s = error.retry_after_s or 0.0
        if limited and not isinstance(error, PausedError) and (asked_s or again):
            self.bucket.pause(self.clock.monotonic(), asked_s or wait_s)
        elif asked_s and again and not limited and not self._heeded:
            self._heeded = True
            self.bucket.pause(self.clock.monotonic(), asked_s)
        if again:
            self.observer.retry(self.resource, error, wait_s)
            self.observer.waiting(wait_s, "rate_limited" if limited else "retry")
