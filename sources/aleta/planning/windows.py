"""Date windows that tile a span (rules W1, W2, W5). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

ONE_DAY = timedelta(days=1)
YEAR_DAYS = 366


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

    def covers(self, other: Window) -> bool:
        return self.first <= other.first and other.last <= self.last

    def overlaps(self, other: Window) -> bool:
        return self.first <= other.last and other.first <= self.last

    def meets(self, other: Window) -> bool:
        """Whether *other* begins with the day after this one."""
        return self.last < other.first and (other.first - self.last).days == 1

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    def cut_after(self, day: date) -> tuple[Window, Window]:
        """Two windows that tile this one, the first ending with *day*."""
        return Window(self.first, day), Window(day + ONE_DAY, self.last)

    def parted(self, border: date | None) -> tuple[Window, ...]:
        """In two, the second beginning with *border*; itself where that is not inside."""
        return self.cut_after(border - ONE_DAY) if border and self.first < border <= self.last else (self,)

    def part(self, days: int, *, back: bool = False) -> Window:
        """Its first days, or the last if *back*; no more than it has."""
        span = timedelta(days=min(days, self.days) - 1)
        return Window(self.last - span, self.last) if back else Window(self.first, self.first + span)

    def without(self, other: Window) -> Iterator[Window]:
        """What of this one lies before *other*, and what behind it."""
        if self.first < other.first:
            yield Window(self.first, min(self.last, day_before(other.first)))
        if other.last < self.last:
            yield Window(max(self.first, day_after(other.last)), self.last)

    def joined(self, other: Window) -> Window | None:
        """This one and *other* as one, where they lie side by side."""
        if self.meets(other):
            return Window(self.first, other.last)
        return Window(other.first, self.last) if other.meets(self) else None

    def hull(self, other: Window) -> Window:
        """From the first day of the two to the last."""
        return Window(min(self.first, other.first), max(self.last, other.last))

    def widened(self, days: int) -> Window:
        """With so many more days at both ends, as far as the calendar goes."""
        more = timedelta(days=days)
        first = self.first - more if self.first - date.min >= more else date.min
        return Window(first, self.last + more if date.max - self.last >= more else date.max)

    def tiles(self, width: int) -> Iterator[Window]:
        """Windows of at most *width* days that tile this one."""
        left: Window | None = self
        while left:
            yield (tile := left.part(width))
            left = Window(day_after(tile.last), left.last) if tile.last < left.last else None


def day_after(day: date) -> date:
    """The next day; the calendar's last is its own."""
    return day + ONE_DAY if day < date.max else day


def day_before(day: date) -> date:
    """The day before; the calendar's first is its own."""
    return day - ONE_DAY if day > date.min else day


def hulls(known: Mapping[str, Window | None], more: Mapping[str, Window | None]) -> dict[str, Window | None]:
    """By name, days that hold those of both, or of the one that knows any; None where neither does."""

    def hull(name: str, days: Window | None) -> Window | None:
        others = known.get(name)
        return days.hull(others) if days and others else days or others

    return {**known, **{name: hull(name, days) for name, days in more.items()}}


def without(windows: Iterable[Window], *others: Window) -> list[Window]:
    """What of *windows* is in none of *others*."""
    left = [*windows]
    for other in others:
        left = [part for window in left for part in window.without(other)]
    return left


def clusters(windows: Iterable[Window], *, apart: int = YEAR_DAYS) -> list[Window]:
    """Few windows that hold all of *windows*, without the years that lie between them.

    Args:
        apart: days from one to the next that are no gap yet; 1: the windows hold no other day.
    """
    found: list[Window] = []
    for window in sorted(windows):
        if found and window.first.toordinal() - found[-1].last.toordinal() <= apart:
            found[-1] = found[-1].hull(window)
        else:
            found.append(window)
    return found


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


def width_learned(width: int, *, configured: int, before: int) -> int:
    """The widest window, in days, that refusals taught (W5); 0 for no limit. What was configured is no lesson.

    Args:
        width: that a planner ends with.
        before: what was known when it began.
    """
    return before if width == configured else width


def one_each(windows: Mapping[str, Sequence[Window]]) -> Iterator[Mapping[str, Window]]:
    """The first window of each parent, then the second of those that have one, and so on."""
    waiting = dict(windows)
    while waiting:
        yield {parent: days[0] for parent, days in waiting.items()}
        waiting = {parent: days[1:] for parent, days in waiting.items() if len(days) > 1}
