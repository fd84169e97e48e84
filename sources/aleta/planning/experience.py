"""What the parents of one endpoint teach each other about cut answers: which rows are shown, how far to aim. Pure.

Only guesses: they steer how many requests are sent, never what is kept (rule W2).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from math import sqrt
from typing import TypeVar

from .windows import Window

SPREAD = 1.6  # standard deviations of a Poisson count that a window is aimed under the cap, before anything is learned
GROWTH = 1.1  # of rows a day from one window to the next, until then
LOST = 1.5  # requests with a window that is cut: its own, and about half of the next, which is aimed lower
AIMED = 256  # windows, of which it is remembered how far they were off
REMEMBERED = 64  # parents whose oldest row is
ENOUGH = 12  # of them
LEAST = 0.7  # a guess is never taken to be that much too high
OVER = 1.06  # times the rows that a cut answer shows are there at least
CHANCE = 0.001  # less is no chance
MANY = 30  # rows that are not all shown by chance
FEW = 8  # rows shown that say how many there are for each
USUAL = 3.0  # times as many rows as are shown, before one parent has told
LENGTHS = 32  # parents whose lengths are remembered
EARLY = 0.3  # of the latest parents had less, or had it sooner
LATE = 0.8  # of them had less
BEGUN = 0.7  # of the parents that began before a day, had begun by then
TWO = 1.8  # caps of rows, that two windows hold

Ordered = TypeVar("Ordered", int, float, date)


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
        guess: rows for each that it showed; 0 for not known.
        share: of the parent's rows that lie in its window, as a wider answer that was cut tells; 1 without one.
    """

    window: Window
    days: Sequence[date]
    guess: float = 0.0
    share: float = 1.0
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
    def told(self) -> bool:
        """Whether enough was read to know how many rows there are for each that it showed."""
        return self._seen >= FEW

    @property
    def scale(self) -> float:
        """Rows for each that it showed; 0 for not known."""
        return self._rows / self._seen if self.told else self.guess


@dataclass(slots=True)
class Experience:
    """What the parents of one endpoint share."""

    shows: Shows = Shows.ANY
    begins: date = date.max  # the oldest row of all parents
    explorer: object = None  # who asks, ahead of the others, as long as nobody knows how long histories are
    _sizes: deque[float] = field(default_factory=lambda: deque(maxlen=LENGTHS))  # caps of rows
    _oldest: deque[date] = field(default_factory=lambda: deque(maxlen=REMEMBERED))  # row of each
    _begun: deque[tuple[int, float]] = field(default_factory=lambda: deque(maxlen=LENGTHS))  # see `begin`
    _lengths: deque[Cut] = field(default_factory=lambda: deque(maxlen=LENGTHS))
    _off: deque[float] = field(default_factory=lambda: deque(maxlen=AIMED))  # rows to those aimed at
    _aimed: int = 0  # windows
    _most: float = 0.0  # of these, that a window is aimed by; 0 where it is to be found

    def aim(self, cap: int) -> float:
        """Rows that a window should hold by what is guessed: those that cost the fewest requests a row.

        Of the windows that were aimed at the cap, k of n held at most *off* times the rows expected. Aimed at cap / off
        rows, k fit; each costs a request, and *LOST* more for each of the n - k that do not: off · (1 + LOST·(n-k)/k).
        """
        if len(self._off) < ENOUGH:
            return max(1.0, cap / (GROWTH + SPREAD / sqrt(cap)))
        if not self._most:
            off = sorted(self._off)
            costs = ((max(most, LEAST) * (1 + LOST * (len(off) - fit) / fit), most) for fit, most in enumerate(off, 1))
            self._most = max(min(costs)[1], LEAST)
        return max(1.0, cap / self._most)

    def aimed(self, aim: float, rows: int, *, cut: bool) -> None:
        """A window that was to hold *aim* rows holds so many; or more than that, where it was cut."""
        self._off.append(rows / aim * (OVER if cut else 1.0))
        self._aimed += 1
        if self._aimed % ENOUGH == 0:
            self._most = 0.0  # to be found again

    def begin(self, quiet: int, rate: float) -> None:
        """A parent has no rows on the *quiet* days at the near end of its span, and *rate* a day from there on."""
        self._begun.append((quiet, rate))

    def end(self, caps: float, oldest: date) -> None:
        """A parent was read whole: it has so many *caps* of rows, the oldest of that day (`date.max`: none)."""
        self._sizes.append(caps)
        if oldest < date.max:
            self._oldest.append(oldest)

    def began(self, before: date) -> date:
        """When a parent may have begun of which the days up to *before* are left; `date.max` for not known.

        Rather late than early: to ask for too many days at once costs one request, which tells of the next; each window
        that is asked because more rows were expected costs one, too, and tells nothing.
        """
        earlier = sorted(day for day in self._oldest if day < before)
        if earlier:
            return _at(earlier, BEGUN)
        return before if self._oldest else self.begins

    def first_days(self, cap: int) -> int:
        """How many days to ask first of a parent of which nothing is known; 0: all.

        Where nearly all have a little more rows than one answer holds, the first would be cut. Where they have many
        more, or some have few, it is worth what it tells.
        """
        sizes = sorted(self._sizes)
        if len(sizes) < ENOUGH or not _at(sizes, EARLY) > 1 or _at(sizes, LATE) > TWO or not self._begun:
            return 0
        return max(1, _at(sorted(quiet + int(self.aim(cap) / rate) for quiet, rate in self._begun), EARLY))

    def learn(self, first: Cut) -> None:
        """The first answer cut of a parent; from now on it is known how long that history is."""
        self._lengths.append(first)

    @property
    def blind(self) -> bool:
        """Whether no parent has told how long a history may be."""
        return not self._lengths

    def length(self, least: float) -> float:
        """Caps of rows of a parent that has more than *least*: few of the others had more."""
        longer = sorted(length.scale for length in self._lengths if length.scale > least)
        return _at(longer, LATE) if longer else least * USUAL

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

    def confirm(self, wider: Cut, window: Window, rows: int) -> None:
        """A cut answer that showed all rows of its beginning, and none of its end, shows the first."""
        begins = window.first == wider.window.first and rows == wider.shown(window) >= MANY
        end = wider.window.last - (wider.window.last - wider.window.first) / 20
        if self.shows is Shows.ANY and begins and wider.days[-1] < end:
            self.shows = Shows.FIRST


def _at(ordered: Sequence[Ordered], share: float) -> Ordered:
    """The quantile."""
    return ordered[int(share * len(ordered))]
