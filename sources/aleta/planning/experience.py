"""What the parents of one endpoint teach each other about cut answers: which rows are shown, how rates change. Pure.

Only guesses: they steer how many requests are sent, never what is kept (rule W2).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from math import ceil, exp
from statistics import median_high
from typing import NamedTuple

from .forecast import CHANCE, Variance
from .windows import Window

REMEMBERED = 32  # parents
ENOUGH = 12  # of them
STEADY = 1e7  # squared days in which no rate grew, that are believed before any window was kept: three of five years
MOST = 3.0  # that the logarithm of a rate is believed to grow: 20 times
FILL = 0.9  # of the cap that windows hold
BLIND = 0.5  # requests that are saved by what the answer to a whole span tells: as likely as not, one cut
LATE = 0.8  # of the other long histories are shorter
USUAL = 3.0  # times as many rows as are shown, before one parent has told


class Shows(StrEnum):
    """Which rows of a window a cut answer shows."""

    ANY = "any"
    FIRST = "first"
    LAST = "last"


@dataclass(slots=True, eq=False)
class Cut:
    """An answer that was cut, and what was read of its window since.

    Args:
        days: of the rows that it showed, sorted.
        share: of the parent's rows that lie in its window, as a wider answer that was cut tells; 1 without one.
        guess: rows for each that it showed, by what was expected of it.
        weight: rows shown that the guess counts as: one by its relative variance; 0 where nothing was expected.
    """

    window: Window
    days: Sequence[date]
    share: float = 1.0
    guess: float = 0.0
    weight: float = 0.0
    _first_read: bool = False
    _last_read: bool = False
    _rows: int = 0
    _seen: int = 0  # of these, shown

    def shown(self, window: Window) -> int:
        """Rows that it showed of *window*."""
        return bisect_right(self.days, window.last) - bisect_left(self.days, window.first)

    def take(self, window: Window, rows: int) -> None:
        """*window* was read, and holds so many rows."""
        if self.window.covers(window):
            self._first_read |= self.window.first in window
            self._last_read |= self.window.last in window
            self._rows += rows
            self._seen += self.shown(window)

    @property
    def read(self) -> bool:
        """Whether both its ends were: what lies between is about to be."""
        return self._first_read and self._last_read

    @property
    def certainty(self) -> float:
        """Rows shown that tell the scale: one by its relative variance."""
        return self._seen + self.weight

    @property
    def scale(self) -> float:
        """Rows for each that it showed; 0 for not known."""
        return max(1.0, (self._rows + self.guess * self.weight) / self.certainty) if self.certainty else 0.0


class Ended(NamedTuple):
    """A parent that was read whole.

    Args:
        caps: of rows.
        quiet: days without rows at the near end of its span.
        rate: caps of rows a day where the first were kept; 0 where there are none.
    """

    caps: float
    quiet: int
    rate: float

    def requests(self, days: int) -> int:
        """How many it would have cost to ask so many days first (0: all), and then windows of *FILL* caps.

        An answer that is cut costs one, and all rows are still to be read.
        """
        if self.caps < 1 and not days:
            return 1
        read = max(0, days - self.quiet) * self.rate
        return 1 + max(1, ceil((self.caps - (read if read < 1 else 0.0)) / FILL))


@dataclass(slots=True)
class Experience:
    """What the parents of one endpoint share."""

    shows: Shows = Shows.ANY
    variance: Variance = field(default_factory=Variance)
    widest: int = 0  # days of a window that was answered
    _grown: tuple[float, float] = (0.0, 0.0)  # sums of growth times days, and of days squared
    _ended: deque[Ended] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    _ends: int = 0  # parents
    _first_days: int | None = None  # see `first_days`; None where it is to be found
    _oldest: deque[date] = field(default_factory=lambda: deque(maxlen=REMEMBERED))  # row of each
    _lengths: deque[Cut] = field(default_factory=lambda: deque(maxlen=REMEMBERED))

    def grow(self, by: float, days: float) -> None:
        """The logarithm of a parent's rate grew so much in so many days."""
        self._grown = self._grown[0] + by * days, self._grown[1] + days * days

    def grown(self, days: float) -> float:
        """How many times as high a rate is so many days later: by the slope of least squares."""
        by, squares = self._grown
        return exp(max(-MOST, min(MOST, by / (squares + STEADY) * days)))

    def end(self, ended: Ended, oldest: date) -> None:
        """A parent was read whole; its oldest row is of that day (`date.max`: it has none)."""
        self._ended.append(ended)
        self._ends += 1
        if self._ends % ENOUGH == 0:
            self._first_days = None  # to be found again
        if oldest < date.max:
            self._oldest.append(oldest)

    def began(self, before: date) -> date:
        """When a parent may have begun of which the days up to *before* are left; `date.min` for not known.

        Half of the others that began before had begun by then; it is *before*, where none did.
        """
        if earlier := [day for day in self._oldest if day < before]:
            return median_high(earlier)
        return before if self._oldest else date.min

    def first_days(self) -> int:
        """How many days to ask first of a parent of which nothing is known: what would have cost the last parents the
        fewest requests; 0: all.
        """
        if len(self._ended) < ENOUGH:
            return 0
        if self._first_days is None:
            tries = {quiet + int(FILL / rate) for _, quiet, rate in self._ended if rate}
            costs: dict[int, float] = {days: sum(ended.requests(days) for ended in self._ended) for days in tries}
            costs[0] = sum(ended.requests(0) for ended in self._ended) - BLIND * len(self._ended)
            self._first_days = min(costs, key=lambda days: (costs[days], days))
        return self._first_days

    def learn(self, first: Cut) -> None:
        """The first answer cut of a parent, of which some was read: it comes to tell how long that history is."""
        self._lengths.append(first)

    def length(self, least: float) -> float:
        """Caps of rows of a parent that has more than *least*: few of the others had more."""
        longer = sorted(length.scale for length in self._lengths if length.scale > least)
        return longer[int(LATE * len(longer))] if longer else least * USUAL

    def compare(self, wider: Cut, cut: Cut) -> None:
        """Two answers that were both cut, one's window in the other's: which rows does this server show?"""
        shown, count = wider.shown(cut.window), len(cut.days)
        older = bisect_left(cut.days, wider.days[0]) / count
        newer = 1 - bisect_right(cut.days, wider.days[-1]) / count
        if shown and (1 - older) ** shown < CHANCE:
            self.shows = Shows.LAST
        elif shown and (1 - newer) ** shown < CHANCE:
            self.shows = Shows.FIRST
        elif not self._agrees(wider, cut.window):
            self.shows = Shows.ANY

    def _agrees(self, wider: Cut, window: Window) -> bool:
        """False where *wider* showed all rows of *window*, if what is believed is true: it could not have been cut."""
        if self.shows is Shows.LAST:
            return window.first <= wider.days[0]
        return window.last >= wider.days[-1]
