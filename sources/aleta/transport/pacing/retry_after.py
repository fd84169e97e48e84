"""How long a server asks to wait (RFC 9110 section 10.2.3). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from ..outcome import header, http_date
from ..skew import MOST_SKEW_S, ahead_s

LONGEST_WAIT_S = 86_400.0


def retry_after_s(headers: Mapping[str, str], now: datetime) -> float | None:
    """The seconds that `Retry-After` asks to wait, at most a day.

    A date is measured by the answer's own `Date`: this machine's clock may be minutes off (rule M6). A `Date` that is
    further off than a run goes on with is an oddity of that answer, and of no use.

    Returns:
        None when there is no such header, when it is neither whole seconds nor a date, or when its date is past.
    """
    text = header(headers, "Retry-After")
    if text.isascii() and text.isdigit():
        return min(float(text), LONGEST_WAIT_S)  # of thousands of digits: infinite, and so the longest
    when, ahead = http_date(text), ahead_s(headers, now) or 0.0
    if when is None:
        return None
    wait_s = (when - now).total_seconds() + (ahead if abs(ahead) <= MOST_SKEW_S else 0.0)
    return min(wait_s, LONGEST_WAIT_S) if wait_s >= 0 else None
