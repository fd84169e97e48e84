"""This machine's clock against that of a server, as the `Date` of its answers tells. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from .outcome import header, http_date

TOLERATED_SKEW_S = 30.0  # assertions are refused from about a minute on
MOST_SKEW_S = 600.0  # rule M6: with more than that a run would mark days that have not come


def ahead_s(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds by which *now* is ahead of an answer's `Date`; None without one, or from a cache (`Age`)."""
    theirs = None if header(headers, "Age") else http_date(header(headers, "Date"))
    return (now - theirs).total_seconds() if theirs else None


def skew(seconds: float | None, *, tolerated_s: float = TOLERATED_SKEW_S) -> str:
    """What is to be said of a clock that is so much ahead; empty where it is little or not known."""
    if seconds is None or abs(seconds) <= tolerated_s:
        return ""
    return f"this machine's clock is {abs(seconds):.0f} s {'ahead' if seconds > 0 else 'behind'}: set it"


@dataclass(slots=True)
class Comparison:
    """What the answers of one API say of this machine's clock, all in all.

    One answer with an odd `Date` is that answer's own oddity (rule F6) once another one agreed.

    Attributes:
        seconds: by which this machine is ahead, by the last answer that counts; None before there was one.
    """

    seconds: float | None = None
    _agreed: bool = False

    def is_off(self, seconds: float | None) -> bool:
        """Take in what one answer says; whether it is far off, and none before it agreed."""
        if seconds is None or (self._agreed and abs(seconds) > MOST_SKEW_S):
            return False
        self.seconds = seconds
        self._agreed = self._agreed or abs(seconds) <= MOST_SKEW_S
        return not self._agreed
