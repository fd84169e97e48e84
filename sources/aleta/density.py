"""How many rows a parent may have per day, guessed from what was seen: how far to ask at a time. Pure.

Only a guess: it steers how many requests are sent, never what is kept (rule W2). It serves whichever rows a capped
server leaves out: the first, the last, or any.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from math import sqrt

from .windows import ONE_DAY, Window

SPREAD = 1.6  # standard deviations of a Poisson count that a window stays under the cap
MARGIN = 0.08  # of the cap that is left free at least: density drifts
SHRINK = 0.7  # of a window that was cut although it was expected to be just under the cap
SMOOTH = 0.6  # weight of the newest rate
DRIFT = 1.15  # growth of the rate from one window to the next that is more than chance
STEEP = 1.6  # and the most that it is taken for
STRIDE = 4  # how much longer the next window is after one without rows
FEW = 8  # rows of a cut answer that say something of its shape
MANY = 20  # rows that are not all shown by chance
PART = 1 / 20  # of a window that is without rows shown at its end, when they are the first
STUFFED = 0.6  # of the room left free, that a last bit may take
PATIENCE = 3  # cuts at one place, until the rows that they show are no longer believed to be all over
FIRST_RATIO = 3.0  # histories of cut parents are taken for so many caps long, before one is known


class Shows(StrEnum):
    """Which rows of a window a cut answer shows."""

    ANY = "any"
    FIRST = "first"
    LAST = "last"


@dataclass(slots=True)
class Experience:
    """What the parents of one endpoint share: which rows its server shows, and how long their histories are."""

    shows: Shows = Shows.ANY
    _ratios: list[float] = field(default_factory=list)

    def learn(self, ratio: float) -> None:
        """A parent that no single answer can hold has *ratio* times as many rows as the cap."""
        self._ratios.append(ratio)

    @property
    def ratio(self) -> float:
        """What to expect of the next: three in four of the latest were no longer."""
        latest = sorted(self._ratios[-24:])
        return max(1.0, latest[len(latest) * 3 // 4]) if latest else FIRST_RATIO


@dataclass(slots=True)
class _Cut:
    window: Window
    days: list[date]  # of the rows that the answer showed, sorted


@dataclass(slots=True)
class Density:
    """What one parent's answers say of its rows."""

    experience: Experience = field(default_factory=Experience)
    rows: int = 0  # kept so far
    _rate: float = 0.0  # rows a day where rows were last kept; 0 before
    _trend: float = 1.0  # by how much the next rate may be higher
    _cuts: list[_Cut] = field(default_factory=list)  # not read to their ends, the narrowest last
    _idle: int = 0  # days of the last window, if it was without rows
    _shape: list[date] = field(default_factory=list)  # days of the rows that the first cut answer showed
    _shown: int = 0  # of these, how many lie in what was kept
    _learned: bool = False

    @property
    def was_cut(self) -> bool:
        return self._rate > 0 or bool(self._cuts)

    def kept(self, window: Window, days: Sequence[date]) -> None:
        """An answer was whole; *days* are those of its rows."""
        self._see_whether_first(window, len(days))
        self.rows += len(days)
        self._shown += self._shown_in(window)
        self._cuts = [one for one in self._cuts if one.window.last > window.last]
        self._idle = 0 if days else window.days
        if days:
            rate = len(days) / ((window.last - min(days)).days + 1)
            growth = rate / self._rate if self._rate else 1.0
            self._trend = min(STEEP, sqrt(growth)) if growth > DRIFT else 1.0
            self._rate = SMOOTH * rate + (1 - SMOOTH) * self._rate if self._rate else rate
        if self._scale and not self._learned and self.experience.shows is Shows.ANY:
            self._learned = True
            self.experience.learn(self._scale)

    def cut(self, window: Window, days: Sequence[date]) -> None:
        """An answer was cut; *days* are those of the rows that it showed."""
        wider = next((one for one in reversed(self._cuts) if window.first in one.window and one.days), None)
        if wider and days and sum(day < wider.days[0] for day in days) > len(days) / 4:
            self.experience.shows = Shows.LAST  # it shows rows that the wider one left out, all older
        self._cuts.append(_Cut(window, sorted(days)))
        self._shape = self._shape or self._cuts[0].days

    def _see_whether_first(self, window: Window, count: int) -> None:
        """A cut answer that showed all rows of its beginning, and none of its end, shows the first."""
        cut = self._cuts[0] if self._cuts and not self.rows else None
        if cut and count >= MANY and self.experience.shows is not Shows.LAST:
            short = (
                window.first == cut.window.first
                and cut.days[-1] + PART * (cut.window.last - cut.window.first) < cut.window.last
            )
            self.experience.shows = Shows.FIRST if short and self._shown_in(window) == count else Shows.ANY

    def _shown_in(self, window: Window) -> int:
        return bisect_left(self._shape, window.last + ONE_DAY) - bisect_left(self._shape, window.first)

    def reach(self, window: Window, cap: int) -> date:
        """Until which day to ask, from the first of *window* on, to stay a little under *cap* rows."""
        aim = cap * max(1 / 2, 1 - max(MARGIN, SPREAD / sqrt(cap)))
        last = min(self._guess(window, aim, cap), window.last)
        if last < window.last and self._little(Window(last + ONE_DAY, window.last), cap - aim):
            last = window.last
        known = [one.window.last for one in self._cuts if one.window.first == window.first]
        return max(window.first, min([last, *(end - ONE_DAY for end in known)]))  # never what was cut before

    def _little(self, rest: Window, room: float) -> bool:
        """Whether what is left over would fit into the room that is left free: then one request does for both."""
        if self.experience.shows is not Shows.ANY or not self._scale:
            return False
        return max(self._rate * rest.days, self._scale * self._shown_in(rest)) < STUFFED * room

    @property
    def open(self) -> bool:
        """Whether nothing is known yet but that a window was cut: better to wait for the next answer than to guess."""
        return bool(self._cuts) and not self._rate

    def _guess(self, window: Window, aim: float, cap: int) -> date:
        cut = next((one for one in reversed(self._cuts) if window.first in one.window), None)
        if cut and cut.days and cut.window.first == window.first and self.experience.shows is Shows.FIRST:
            last = cut.days[-1] - ONE_DAY  # of the days before, it showed all rows
        elif self._rate:
            last = _after(window.first, max(self._days_for(aim, window.first, cut), STRIDE * self._idle))
        elif cut:
            last = self._by_sample(window, cut, aim / cap)
        else:
            return window.last
        return min(last, self._shorter(cut)) if cut and cut.window.first == window.first else last

    def _days_for(self, aim: float, first: date, cut: _Cut | None) -> float:
        """How many days from *first* on hold *aim* rows.

        By the rate; where a window that the rate seemed to allow was cut all the same, by the shape of the first cut.
        """
        if self.experience.shows is not Shows.ANY or not self._scale:
            return aim / (self._rate * self._trend)
        begin = bisect_left(self._shape, first)
        place = begin + int(aim / self._scale)
        if cut and cut.window.first == first and place < len(self._shape):
            return max(1.0, (self._shape[place] - first).days)
        return aim / (self._rate * self._trend)

    @property
    def _scale(self) -> float:
        """Rows for each that the first answer cut showed, as far as was read; 0 when too few to tell."""
        return self.rows / self._shown if self._shown >= FEW else 0.0

    def _shorter(self, cut: _Cut) -> date:
        """What begins where a cut window began must end earlier: by much, when that happened again and again."""
        again = sum(one.window.first == cut.window.first for one in self._cuts)
        blind = self._idle or self.experience.shows is Shows.LAST or again >= PATIENCE
        share = SHRINK if self._rate else 1 / 2 if blind else 1.0
        return _after(cut.window.first, share * cut.window.days)

    def _by_sample(self, window: Window, cut: _Cut, full: float) -> date:
        """By the rows that a cut answer showed: nothing was kept yet."""
        left = cut.days[bisect_left(cut.days, window.first) :]
        if not left:
            return _after(window.first, cut.window.days / 2)
        if self.experience.shows is Shows.LAST:
            shown = (cut.window.last - left[0]).days + 1
            return _after(window.first, max(full * shown, STRIDE * self._idle))
        share = full / self.experience.ratio if len(self._cuts) == 1 else full / FIRST_RATIO
        return max(left[int(share * len(left))] - ONE_DAY, window.first)


def _after(first: date, days: float) -> date:
    """The last of *days* days from *first* on; at least one."""
    return first + timedelta(days=min(max(0, int(days) - 1), 100_000))
