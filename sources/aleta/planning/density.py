"""How many rows one parent has per day, guessed from what was seen: which days to ask next. Pure.

Only a guess: it steers how many requests are sent, never what is kept (rule W2). It goes on from the near end of what
is left: from the oldest day; or from the newest, where cut answers show the last rows and say nothing of the others,
unless more rows than may wait would wait for the oldest.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from math import ceil

from .experience import Cut, Experience, Shows
from .windows import Window, day_after, day_before

FADE = 0.5  # weight of the windows before the last in the rate of rows
POINTS = 300  # rows shown of the next days that tell as much as the rate of the days before
OVER = 1.06  # rows for each shown, in a window that was cut though it was aimed at the cap
STUFFED = 0.95  # of the cap, that the last window may take: at even odds, to try is as good as to divide
EVEN = 2  # windows that are left hold as many rows each: of more it is not known well how many rows there are
TAIL = 3  # caps of rows that are left are read from the newest day on again
LONG = 8  # times the usual time between two rows: that may be the end
PATIENCE = 6  # windows cut at one place, until what they show is no longer believed


@dataclass(slots=True, eq=False)
class Density:
    """What one parent's answers say of its rows."""

    experience: Experience = field(default_factory=Experience)
    rows: int = 0  # kept so far
    oldest: date = date.max  # of them
    _span: Window | None = None
    _recent: tuple[float, float] = (0.0, 0.0)  # rows that were kept and their days, those of earlier windows faded
    _next: date = date.min  # the day behind what was kept last
    _forward: bool = False  # oldest first, though cut answers show the last rows: too many would have to wait
    _idle: bool = False  # whether the rows may have come to an end there
    _cuts: list[Cut] = field(default_factory=list)  # not read to their ends, the narrowest last
    _aimed: dict[Window, float] = field(default_factory=dict)  # and at how many rows
    _first: date = date.max  # day that was asked for, or behind those of them that have no rows
    _edge: tuple[date, date] = (date.max, date.max)  # the first day of the window kept last, and its oldest row

    @property
    def open(self) -> bool:
        """Whether nothing is known yet but that a window was cut: better to wait for the next answer than to guess."""
        return bool(self._cuts) and not self._rate

    @property
    def hesitant(self) -> bool:
        """Whether another parent is about to tell how long histories are: better to wait for that."""
        led = self.experience.explorer not in (None, self)
        return self.open and led and self.experience.blind and not self._exact

    def kept(self, window: Window, days: Sequence[date]) -> None:
        """An answer was whole; *days* are those of its rows."""
        self._came(window, len(days), cut=False)
        if wider := self._around(window):
            self.experience.confirm(wider, window, len(days))
        for cut in self._cuts:
            self._take(cut, window, len(days))
        if window.first == self._first:
            if not days:
                self._first = day_after(window.last)
            oldest = [self._edge[1]] if self._edge[0] == self._first else []
            self.experience.begins = min([self.experience.begins, *(days or oldest)])
        self._cuts = [cut for cut in self._cuts if not cut.read]
        self._next, self._idle = self._beyond(window), not days
        self.rows += len(days)
        if days:
            self.oldest = min(self.oldest, *days)
            if not self._rate:
                self._begin(window, days)
            self._edge = window.first, min(days)
            self._see(window, min(days), max(days), len(days))

    def _begin(self, window: Window, days: Sequence[date]) -> None:
        """The first rows that were kept, if none lie before them."""
        if self._span and self._near_end(self._span) == self._near_end(window):
            first = max(days) if self._back else min(days)
            held = abs((self._far_end(window) - first).days) + 1
            self.experience.begin(self._offset(window, first), len(days) / held)

    def _take(self, cut: Cut, window: Window, rows: int) -> None:
        told = cut.told
        cut.take(window, rows)
        if cut.told and not told and cut.share == 1.0 and not self._exact:
            self.experience.learn(cut)

    def _see(self, window: Window, first: date, last: date, rows: int) -> None:
        """Days without rows at the near end are not counted: the history may begin behind them."""
        held, quiet = window.last - first, window.last - last
        if self._back:
            held, quiet = last - window.first, first - window.first
        days = held.days + 1
        self._recent = self._recent[0] * FADE + rows, self._recent[1] * FADE + days
        self._idle = quiet.days * rows > LONG * days

    def cut(self, window: Window, days: Sequence[date]) -> None:
        """An answer was cut; *days* are those of the rows that it showed."""
        aimed = self._came(window, len(days), cut=True)
        cut = Cut(window, sorted(days))
        if days and (wider := self._around(window)):
            self.experience.compare(wider, cut)
            part = wider.shown(window) / len(wider.days)
            cut.share = wider.share * max(part, 1 / len(wider.days))
            cut.guess = OVER if aimed else max(OVER, wider.scale * part) if wider.told else 0.0
        self._cuts.append(cut)

    def _came(self, window: Window, rows: int, *, cut: bool) -> bool:
        """Whether *window* was aimed at the cap; if so, how that went is learned."""
        self._first = min(self._first, window.first)
        if self.experience.explorer is self:
            self.experience.explorer = None
        aim = self._aimed.pop(window, 0.0)
        if aim:
            self.experience.aimed(aim, rows, cut=cut)
        return aim > 0

    def _around(self, window: Window) -> Cut | None:
        """The narrowest cut answer to a window that holds *window*."""
        return next((cut for cut in reversed(self._cuts) if cut.window.covers(window) and cut.days), None)

    @property
    def _rate(self) -> float:
        """Rows a day where rows were last kept; 0 before."""
        rows, days = self._recent
        return rows / days if days else 0.0

    @property
    def _back(self) -> bool:
        return self.experience.shows is Shows.LAST and not self._forward

    @property
    def _exact(self) -> bool:
        return self.experience.shows is Shows.FIRST or self._back

    def choose(self, window: Window, cap: int, room: int) -> Window:
        """Which of the days of *window* to ask, to stay a little under *cap* rows.

        Args:
            room: how many windows may be kept while the oldest days of *window* are not. Where there may be more, it
                goes on from the oldest day, whatever cut answers show.
        """
        if self.open:
            self.experience.explorer = self
        if self.experience.shows is Shows.LAST:
            rest = self._rate_ahead(window) * self._begun(window).days / cap
            self._forward = rest > (min(room, TAIL) if self._forward else room)
        if self._back:
            window = self._oldest_cut(window)
        if self._span is None:
            self._span = window
            if days := self.experience.first_days(cap):
                return window.part(min(days, window.days), back=self._back)
        days, aim = self._guess_forward(window, cap) if self._forward else self._guess(window, cap)
        chosen = window.part(max(1, min(days, self._limit(window))), back=self._back)
        if aim and chosen.days == days:
            self._aimed[chosen] = aim
        return chosen

    def _aim(self, cap: int, rest: float) -> float:
        """Rows that the next window should hold, of so many that are left."""
        aim = self.experience.aim(cap)
        windows = ceil(rest / aim)
        return rest / windows if windows <= EVEN else aim

    def _oldest_cut(self, window: Window) -> Window:
        """The days of the narrowest cut answer that holds the oldest one."""
        cut = next((cut.window for cut in reversed(self._cuts) if window.first in cut.window), window)
        return Window(window.first, min(window.last, cut.last))

    def _guess_forward(self, window: Window, cap: int) -> tuple[int, float]:
        """As `_guess`, where cut answers show nothing of the oldest days: by halves, until rows were found."""
        rate, begins = self._rate_ahead(window), self.experience.begins
        if self._idle or not rate or begins == date.max:
            begun = self._begun(self._oldest_cut(window))
            return (begun.first - window.first).days + begun.days // 2, 0.0
        begun = self._begun(window)
        rest = rate * begun.days
        if rest <= STUFFED * cap:
            return window.days, 0.0
        aim = self._aim(cap, rest)
        return (begun.first - window.first).days + int(aim / rate), aim

    def _rate_ahead(self, window: Window) -> float:
        """Rows a day at the end of the cut answer that begins with *window*; or else where rows were last kept."""
        known = [cut for cut in self._cuts if cut.days and (cut.window.first == window.first or not self._rate)]
        if not known:
            return self._rate
        shown, last = known[-1].days, known[-1].window.last
        return len(shown) / ((last - shown[0]).days + 1)

    def _begun(self, window: Window) -> Window:
        """*window* without the days before the oldest row of any parent; read backward, before the one to expect."""
        begins = self.experience.began(window.last) if self._back else self.experience.begins
        return window if begins == date.max else Window(max(window.first, min(window.last, begins)), window.last)

    def _guess(self, window: Window, cap: int) -> tuple[int, float]:
        """How many days from the near end on; and the rows they are aimed at by what was read before, 0 for none."""
        cut = self._near(window)
        shown = self._shown(cut, window) if cut else []
        if self._exact and shown:
            if exact := self._offset(window, shown[-1]):
                return exact, 0.0  # of the days before, it showed all rows
            cut, shown = None, []  # and says nothing of those behind
        idle = self._idle and self._near_end(window) == self._next
        if not shown and (idle or not self._rate or (cut and not self._exact)):
            return window.days, 0.0  # no reason to expect many rows, or any
        scale = self._scale(cut) if cut and shown else 0.0
        rest = scale * len(shown) or self._rate * self._begun(window).days
        if rest <= STUFFED * cap:
            return window.days, 0.0
        aim = self._aim(cap, rest)
        by_rate = aim / self._rate if self._rate else 0.0
        if not cut or not shown:
            return int(by_rate), aim
        rows = aim / scale
        by_shape = self._offset(window, shown[int(rows)]) if rows < len(shown) else window.days
        fresh = self._offset(window, self._near_end(cut.window)) == 0
        weight = 1.0 if fresh or not self._rate else rows / (rows + POINTS)
        return int(weight * by_shape + (1 - weight) * by_rate), aim if self._rate else 0.0

    def _scale(self, cut: Cut) -> float:
        """Rows for each that *cut* showed: as read, as guessed, or as long as the histories of other parents are."""
        return cut.scale or max(1.0, self.experience.length(1 / cut.share) * cut.share)

    def _near(self, window: Window) -> Cut | None:
        """The cut answer that tells most of the near days: the narrowest that begins with them, else the widest."""
        near = self._near_end(window)
        begun = [cut for cut in self._cuts if self._near_end(cut.window) == near]
        return begun[-1] if begun else next((cut for cut in self._cuts if near in cut.window), None)

    def _limit(self, window: Window) -> int:
        """No days that were cut before are asked again together; after many tries, far fewer."""
        inside = [cut.window for cut in self._cuts if window.covers(cut.window)]
        again = [part for part in inside if self._near_end(part) == self._near_end(window)]
        limits = [self._offset(window, self._far_end(part)) for part in inside]
        if len(again) >= PATIENCE:
            limits.append(again[-1].days // 2)
        return min(limits, default=window.days)

    def _near_end(self, window: Window) -> date:
        return window.last if self._back else window.first

    def _far_end(self, window: Window) -> date:
        return window.first if self._back else window.last

    def _beyond(self, window: Window) -> date:
        """The near end of what lies behind *window*."""
        return day_before(window.first) if self._back else day_after(window.last)

    def _offset(self, window: Window, day: date) -> int:
        """Days from the near end of *window* to *day*."""
        return abs((day - self._near_end(window)).days)

    def _shown(self, cut: Cut, window: Window) -> Sequence[date]:
        """The days of the rows that *cut* showed of *window*; the nearest first."""
        inside = cut.days[bisect_left(cut.days, window.first) : bisect_right(cut.days, window.last)]
        return inside[::-1] if self._back else inside
