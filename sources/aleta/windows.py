"""Date windows that tile a span (rules W1, W2, W5). Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from heapq import heappop, heappush

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """A span of days; both ends are in it, and both are asked for."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError(f"a window cannot end ({self.last}) before it begins ({self.first})")

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    def cut_after(self, day: date) -> tuple[Window, Window]:
        """Two windows that tile this one, the first ending with *day*."""
        return Window(self.first, day), Window(day + ONE_DAY, self.last)

    def tiles(self, width: int) -> Iterator[Window]:
        """Windows of at most *width* days that tile this one."""
        first = self.first
        while first <= self.last:
            last = min(self.last, first + timedelta(days=width - 1))
            yield Window(first, last)
            first = last + ONE_DAY


@dataclass(slots=True, eq=False)
class Asked:
    """A window that was asked, and the one it is a part of."""

    window: Window
    whole: Asked | None = None
    count: int = 0
    open_parts: int = 0
    parts_sum: int = 0
    gap: bool = False  # given up: nothing is known of these days


@dataclass(slots=True)
class Plan:
    """One span on its way to being covered: what to ask, what is kept, and how far it is kept without a gap.

    Args:
        span: what is to be covered.
        max_days: the widest window that may be asked; 0 for no limit.
    """

    span: Window
    max_days: int = 0
    _todo: list[tuple[Window, int, Asked]] = field(default_factory=list)
    _open: int = 0
    _settled: dict[date, Asked] = field(default_factory=dict)
    _next: date = date.min
    _pushed: int = 0

    def __post_init__(self) -> None:
        self._next = self.span.first
        self._push(Asked(self.span))
        width, self.max_days = self.max_days, 0
        self.narrow(width)

    def _push(self, asked: Asked) -> None:
        self._pushed += 1
        heappush(self._todo, (asked.window, self._pushed, asked))

    @property
    def waiting(self) -> bool:
        """Whether there is a window to ask."""
        return bool(self._todo)

    @property
    def done(self) -> bool:
        """Whether nothing is left to ask and nothing is out."""
        return not self._todo and not self._open

    @property
    def ahead(self) -> int:
        """Windows out, or settled behind an older one that is not."""
        return self._open + len(self._settled)

    def ask(self) -> Asked:
        """The oldest window to ask; it is out until it is kept, split, halved or skipped."""
        self._open += 1
        return heappop(self._todo)[2]

    def keep(self, asked: Asked) -> None:
        self._open -= 1
        self._settled[asked.window.first] = asked

    def skip(self, asked: Asked) -> None:
        """Leave a gap where *asked* is."""
        asked.gap = True
        self.keep(asked)

    def split(self, asked: Asked, days: Sequence[date]) -> None:
        """Ask *asked* again in two parts; the *days* of its dropped rows steer where it parts."""
        self._open -= 1
        parts = split(asked.window, days)
        asked.open_parts = len(parts)
        for part in parts:
            self._push(Asked(part, asked))

    def halve(self, asked: Asked) -> bool:
        """The API refused *asked* as too wide (W5): ask it, and all that waits, in windows half as wide.

        Returns:
            False for a single day: too wide cannot be the reason.
        """
        if asked.window.days == 1:
            return False
        self._open -= 1
        self._push(asked)
        half = (asked.window.days + 1) // 2
        self._tile_waiting(min(half, self.max_days or half))
        return True

    def narrow(self, width: int) -> None:
        """Ask no window wider than *width* days from now on (0: no limit)."""
        if width and not 0 < self.max_days <= width:
            self._tile_waiting(width)

    def _tile_waiting(self, width: int) -> None:
        self.max_days = width
        waiting, self._todo = self._todo, []
        for _, _, one in waiting:
            parts = list(one.window.tiles(width))
            if one.whole is not None:
                one.whole.open_parts += len(parts) - 1
            for part in parts:
                self._push(one if len(parts) == 1 else Asked(part, one.whole))

    def take(self) -> list[Asked]:
        """Settled windows that continue the span from the left, each given once, without the gaps."""
        taken: list[Asked] = []
        while self._next in self._settled:
            asked = self._settled.pop(self._next)
            self._next = asked.window.last + ONE_DAY
            taken.append(asked)
        return [asked for asked in taken if not asked.gap]

    def take_rest(self) -> list[Asked]:
        """Settled windows behind one that will not come, oldest first."""
        rest = [self._settled[first] for first in sorted(self._settled)]
        self._settled.clear()
        return [asked for asked in rest if not asked.gap]


def split(window: Window, days: Sequence[date]) -> tuple[Window, Window]:
    """Two windows that tile *window*, parted so that about half of the rows seen lie on either side.

    Args:
        window: more than one day.
        days: dates of the rows of the dropped answer. They steer only (rule W2); those outside the window are left out.
    """
    inside = sorted(day for day in days if day in window)
    if not inside:
        return window.cut_after(window.first + timedelta(days=window.days // 2 - 1))
    middle = inside[len(inside) // 2]
    if inside[0] == middle or middle == window.first:  # the older half is one day: part behind it
        return window.cut_after(min(middle, window.last - ONE_DAY))
    return window.cut_after(middle - ONE_DAY)
