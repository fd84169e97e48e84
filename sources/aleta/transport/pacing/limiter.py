"""The request budget (rule R1): a token bucket as arithmetic on a passed-in time. Pure but for its lock.

A bucket that never holds more than its capacity c, and gains r a second, grants at most c + r * t requests in any span
of t seconds, first instants and last ones included. The API's bucket holds `burst`. What is granted here arrives there
a little later, so that up to one request a worker may arrive bunched with younger ones: a headroom of at least as many
tokens as there are workers keeps even those within the API's budget. It is a share of the burst, never of the rate, and
so costs nothing over time.
"""

from __future__ import annotations

import threading


class TokenBucket:
    """Grants requests their instants. Safe for threads; the time is the caller's, in seconds, on any one scale.

    Args:
        rate_per_s: tokens gained a second; 0 for no limit.
        burst: what the API's own bucket holds.
        headroom: the share of *burst* that is never used.
    """

    def __init__(self, rate_per_s: float, burst: int, *, headroom: float = 0.05) -> None:
        self._rate = rate_per_s
        self._capacity = max(1.0, burst * (1.0 - headroom))
        self._level = self._capacity
        self._at: float | None = None  # when the level held; in a pause, its end
        self._paused_until = float("-inf")
        self._pauses = 0
        self._lock = threading.Lock()

    def reserve(self, now: float) -> float:
        """Take one token; return the seconds to wait before using it (0.0 when free now).

        A pause that begins meanwhile makes the token void: look at `pauses` before and after the wait.
        """
        with self._lock:
            at = self._advance(now)
            if not self._rate:
                return at - now
            self._level -= 1
            return at - now + max(0.0, -self._level / self._rate)

    def pause(self, now: float, seconds: float) -> None:
        """The API said 429: nobody goes within *seconds*, and then one by one, for its bucket is empty.

        Tokens reserved but not used are void. A shorter pause never ends a longer one.
        """
        with self._lock:
            self._at = self._paused_until = max(self._advance(now), now + seconds)
            self._level = 0.0
            self._pauses += 1

    @property
    def pauses(self) -> int:
        """Pauses so far."""
        return self._pauses

    def paused(self, now: float) -> bool:
        """Whether nobody may go because of a pause."""
        return now < self._paused_until

    def level(self, now: float) -> float:
        """Tokens free at *now*; negative when that many requests wait."""
        with self._lock:
            self._advance(now)
            return self._level

    def _advance(self, now: float) -> float:
        """Credit the time that passed; return the instant at which the level holds, never before *now*."""
        at = now if self._at is None else max(self._at, now)
        gained = self._rate * (at - (self._at if self._at is not None else at))
        self._level = min(self._capacity, self._level + gained)
        self._at = at
        return at
