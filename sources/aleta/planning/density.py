"""How many rows one parent has per day, guessed from what was seen: which days to ask next. Pure.

Only a guess: it steers how many requests are sent, never what is kept (rule W2). It goes on from the near end of what
is left: from the oldest day; or from the newest, where cut answers show the last rows and say nothing of the others,
until as many rows wait for the oldest as may.

How wide the next window is:

1. Where a cut answer shows the first rows, or the last, it shows all rows of the near days: just these are asked.
2. Otherwise a rate is known, from the windows that were kept before; where cut answers show any rows, also by the rows
   that the last one showed of these days. The window is as wide as is worth the risk (`Forecast.fits`).
3. Where no rate is known, a share of the rows that were shown is asked (`Experience.length`); or half of the days,
   where rows are shown of the other end; or all days, if none was cut.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from math import ceil, log

from .experience import FILL, Cut, Ended, Experience, Shows
from .forecast import Evidence, Forecast
from .windows import Window

EVEN = 2  # windows that are left hold as many rows each: of more it is not known well how many rows there are
LONG = 8  # times the usual time between two rows: that may be the end
PATIENCE = 6  # windows cut at one place, until what they show is no longer believed


@dataclass(slots=True, eq=False)
class Density:
    """What one parent's answers say of its rows."""

    experience: Experience = field(default_factory=Experience)
    rows: int = 0  # kept so far
    oldest: date = date.max  # of them
    _span: Window | None = None
    _seen: tuple[float, float] = (0.0, 0.0)  # rows that were kept and their days, those of earlier windows faded
    _last: tuple[float, float] = (0.0, 0.0)  # rows a day of the window kept last, and its middle
    _end: date = date.min  # the far end of what was kept last
    _idle: bool = False  # whether the rows may have come to an end there
    _forward: bool = False  # oldest first, though cut answers show the last rows: too many wait already
    _cuts: list[Cut] = field(default_factory=list)  # not read to their ends, the narrowest last
    _asked: dict[Window, Evidence] = field(default_factory=dict)  # and what was known of their rows
    _begun_at: tuple[int, float] = (0, 0.0)  # days without rows at the near end, and rows a day from there on

    @property
    def open(self) -> bool:
        """Whether nothing is known yet but that a window was cut: better to wait for the next answer than to guess."""
        return bool(self._cuts) and not self.rows

    def kept(self, window: Window, days: Sequence[date]) -> None:
        """An answer was whole; *days* are those of its rows."""
        ordered = sorted(days)
        expected = self._came(window, ordered, cut=False)
        for cut in self._cuts:
            cut.take(window, len(days))
        if self._cuts and not self._exact and not self.rows:
            self.experience.learn(self._cuts[0])
        self._cuts = [cut for cut in self._cuts if not cut.read]
        self._end, self._idle = self._far_end(window), not ordered
        if not ordered or (expected and expected.surprised(len(days))):
            self._seen = (0.0, 0.0)  # the rate of the days before is not that of these
        if ordered:
            self._see(window, ordered)
        self.rows += len(days)

    def _see(self, window: Window, ordered: Sequence[date]) -> None:
        """Days without rows at the near end are not counted: the history may begin behind them."""
        near, far = (ordered[-1], ordered[0]) if self._back else (ordered[0], ordered[-1])
        rows, days = len(ordered), abs((self._far_end(window) - near).days) + 1
        if not self.rows and self._span and self._near_end(self._span) == self._near_end(window):
            self._begun_at = self._offset(window, near), rows / days
        if not self._ends(window):
            now = rows / days, (near.toordinal() + self._far_end(window).toordinal()) / 2
            if self._last[0]:
                self.experience.grow(log(now[0] / self._last[0]), now[1] - self._last[1])
            self._last = now
        fade = 1 + self.experience.variance.value * self._seen[0]
        self._seen = self._seen[0] / fade + rows, self._seen[1] / fade + days
        self._idle = abs((self._far_end(window) - far).days) * rows > LONG * days
        self.oldest = min(self.oldest, ordered[0])

    def end(self, cap: int) -> None:
        """The parent was read whole, with *cap* rows to an answer (0: not known)."""
        if not cap:
            return
        quiet, rate = self._begun_at
        self.experience.end(Ended(self.rows / cap, quiet, rate / cap), self.oldest)

    def cut(self, window: Window, days: Sequence[date]) -> None:
        """An answer was cut; *days* are those of the rows that it showed."""
        cut = Cut(window, sorted(days))
        expected = self._came(window, cut.days, cut=True)
        if days and (wider := self._around(window)):
            self.experience.compare(wider, cut)
            cut.share = wider.share * max(wider.shown(window), 1) / len(wider.days)
        if expected and days and self.experience.shows is Shows.ANY:
            if expected.surprised(len(days)):
                self._seen = (0.0, 0.0)
                self._cuts.append(cut)
                return
            over = expected.over(len(days))
            cut.guess, cut.weight = over.mean / len(days), over.mean**2 / over.variance
        self._cuts.append(cut)

    def _came(self, window: Window, days: Sequence[date], *, cut: bool) -> Forecast | None:
        """What was expected of *window*, if anything was; how that went is learned."""
        self.experience.widest = max(self.experience.widest, window.days)
        if (evidence := self._asked.pop(window, None)) is None:
            return None
        expected = evidence.forecast(self.experience.variance.value)
        if cut and self._exact and days:  # of the days before the last one shown, it shows all rows
            last = days[0] if self._back else days[-1]
            told = self._offset(window, last) / window.days
            evidence, days, cut = evidence.part(told), [day for day in days if day != last], False
        self.experience.variance.learn(evidence, len(days), cut=cut)
        return expected

    def _around(self, window: Window) -> Cut | None:
        """The narrowest cut answer to a window that holds *window*."""
        return next((cut for cut in reversed(self._cuts) if cut.window.covers(window) and cut.days), None)

    @property
    def _back(self) -> bool:
        return self.experience.shows is Shows.LAST and not self._forward

    @property
    def _exact(self) -> bool:
        return self.experience.shows is Shows.FIRST or self._back

    def choose(self, window: Window, cap: int, *, may_wait: bool = True) -> Window:
        """Which of the days of *window* to ask, to stay a little under *cap* rows.

        Args:
            may_wait: whether what is kept may wait for the oldest days of *window*: else it goes on from these.
        """
        self._forward = self.experience.shows is Shows.LAST and not may_wait
        if self._back:
            window = self._oldest_cut(window)
        if self._span is None:
            self._span = window
            if days := self.experience.first_days():
                return window.part(days, back=self._back)
        days = self._days(window, cap)
        chosen = window.part(max(1, min(days, self._limit(window))), back=self._back)
        if not self._ends(chosen) and (evidence := self._evidence(chosen)):
            self._asked[chosen] = evidence
        return chosen

    def _ends(self, window: Window) -> bool:
        """Whether the history begins in *window*, or before it, while it is read backward: nobody knows where."""
        return self._back and self._span is not None and window.first == self._span.first

    def _days(self, window: Window, cap: int) -> int:
        """How many days of *window* to ask, from its near end on; no more than it has."""
        beside = self._offset(window, self._end) == 1
        if self._forward and not self._seen[0]:
            return self._oldest_cut(window).days // 2 if self._near(window) else window.days
        cut = self._near(window)
        shown = self._shown(cut, window) if cut and not self._forward else []
        if self._exact and shown:
            if told := self._offset(window, shown[-1]):
                return told  # of the days before, it showed all rows
            if cut and len(shown) == len(cut.days):
                return 1  # which fills an answer alone
            shown = []  # and it says nothing of those behind
        any_shown = self.experience.shows is Shows.ANY
        if not shown and ((beside and self._idle) or (cut and any_shown)):
            return window.days  # no reason to expect many rows, or any
        if self._seen[0] or (any_shown and cut and cut.certainty):
            return self._widest(window, cap)
        return self._share(cut, window, shown) if cut and shown else window.days

    def _share(self, cut: Cut, window: Window, shown: Sequence[date]) -> int:
        """Days of the share of the rows that *cut* showed which fits, if there are as many as other parents have."""
        caps = max(1.0, self.experience.length(1 / cut.share) * cut.share)
        windows = ceil(caps / FILL)
        rows = int(len(cut.days) / (windows if windows <= EVEN else caps / FILL))
        return self._offset(window, shown[rows]) if rows < len(shown) else window.days

    def _widest(self, window: Window, cap: int) -> int:
        """All where even odds are that it fits, equal shares where two windows hold the rest; else what is worth it."""
        rest = self._forecast(self._begun(window)).mean
        if rest <= cap - 0.5:
            return window.days
        days = self._most(window, lambda forecast: forecast.fits(cap))
        even = ceil(rest / max(1.0, self._forecast(window.part(max(1, days), back=self._back)).mean))
        if even <= EVEN and not self._back:
            return self._most(window, lambda forecast: forecast.mean <= rest / even)
        return days

    def _most(self, window: Window, fits: Callable[[Forecast], bool]) -> int:
        """Days of the widest part of *window*, from its near end on, that *fits*."""
        return bisect_left(
            range(1, window.days + 1),
            True,
            key=lambda days: not fits(self._forecast(window.part(days, back=self._back))),
        )

    def _forecast(self, window: Window) -> Forecast:
        evidence = self._evidence(window)
        return evidence.forecast(self.experience.variance.value) if evidence else Forecast(0.0, 0.0)

    def _evidence(self, window: Window) -> Evidence | None:
        """What is known of the rows of *window*; None for nothing."""
        rows, days = self._seen
        if days and self._last[0]:
            middle = (window.first.toordinal() + window.last.toordinal()) / 2
            days /= self.experience.grown(middle - self._last[1])
        cut = self._around(window) if self.experience.shows is Shows.ANY else None
        if cut and cut.certainty:
            return Evidence(window.days, cut.shown(window), cut.scale, cut.certainty, rows, days)
        return Evidence(window.days, 0, 1.0, 0.0, rows, days) if rows else None

    def _oldest_cut(self, window: Window) -> Window:
        """The days of the narrowest cut answer that holds the oldest one."""
        cut = next((cut.window for cut in reversed(self._cuts) if window.first in cut.window), window)
        return Window(window.first, min(window.last, cut.last))

    def _begun(self, window: Window) -> Window:
        """Read backward, *window* without the days before the oldest row to expect."""
        begins = self.experience.began(window.last) if self._back else date.min
        return Window(max(window.first, begins), window.last)

    def _near(self, window: Window) -> Cut | None:
        """The narrowest cut answer that tells of the near days."""
        near = self._near_end(window)
        return next((cut for cut in reversed(self._cuts) if near in cut.window), None)

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

    def _offset(self, window: Window, day: date) -> int:
        """Days from the near end of *window* to *day*."""
        return abs((day - self._near_end(window)).days)

    def _shown(self, cut: Cut, window: Window) -> Sequence[date]:
        """The days of the rows that *cut* showed of *window*; the nearest first."""
        inside = cut.days[bisect_left(cut.days, window.first) : bisect_right(cut.days, window.last)]
        return inside[::-1] if self._back else inside
