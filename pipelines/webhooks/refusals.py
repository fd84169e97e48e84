"""Refused deliveries in the log: each of the first, then their number once a minute, so that a flood cannot fill it."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

SHOWN = 10  # a minute, of each tenant
MINUTE = timedelta(minutes=1)

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Count:
    since: datetime
    seen: int = 0


class Refusals:
    """Counts and logs them.

    Args:
        now: the time of day.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._counts: defaultdict[str, _Count] = defaultdict(lambda: _Count(now()))

    def note(self, tenant: str, status: int, reason: str) -> None:
        """A delivery for *tenant* (empty: for none there is) was refused."""
        count, now = self._counts[tenant], self._now()
        if now - count.since >= MINUTE:
            if count.seen > SHOWN:
                log.warning("%s: %s more deliveries were refused", tenant or "-", count.seen - SHOWN)
            count.since, count.seen = now, 0
        count.seen += 1
        if count.seen <= SHOWN:
            log.warning("%s: a delivery is refused (%s): %s", tenant or "-", status or "no answer", reason)
