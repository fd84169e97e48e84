"""The server's side of the rate limit. Pure but for its own state."""

from __future__ import annotations

import math
from threading import Lock


class Budget:
    """A token bucket per subject: *burst* requests at once, then *per_minute*; 0 a minute means no limit."""

    def __init__(self, *, per_minute: int, burst: int) -> None:
        self._rate, self._burst = per_minute / 60, float(burst)
        self._levels: dict[str, tuple[float, float]] = {}
        self._lock = Lock()

    def take(self, subject: str, *, now: float) -> int:
        """Spend one token of *subject* at monotonic *now*; 0, or the whole seconds after which there is one again."""
        if not self._rate:
            return 0
        with self._lock:
            level, at = self._levels.get(subject, (self._burst, now))
            level = min(self._burst, level + (now - at) * self._rate)
            allowed = level >= 1
            self._levels[subject] = (level - allowed, now)
        return 0 if allowed else max(1, math.ceil((1 - level) / self._rate))
