"""One span on its way to being covered: what to ask, what is kept, how far without a gap (rules W1, W2, W5). Pure."""

from __future__ import annotations

from bisect import insort
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import Enum, auto

from .density import Density
from .windows import Window, day_after, day_before, split

SKIPPED = 3  # days of one parent that are left out since their answers cannot be taken in


class Skips(Enum):
    """Which single days are left out whose answers cannot be taken in."""

    NONE = auto()
    FEW = auto()  # of a parent, and no more
    EACH = auto()


@dataclass(slots=True, eq=False)
class Asked:
    """A window that was asked, or is to be; and the one that it is a part of, where that one is put to the test."""

    window: Window
    whole: Asked | None = None
    count: int = 0
    open_parts: int = 0
    parts_sum: int = 0
    gap: bool = False  # given up: nothing is known of these days

    def __lt__(self, other: Asked) -> bool:
        return self.window < other.window


@dataclass(slots=True)
class Coverage:
    """The plan of one parent.

    Args:
        span: what is to be covered.
        max_days: the widest window that may be asked; 0 for no limit.
        density: what is guessed of its rows.
        skipped: days that were left out since their answer could not be taken in.
        border: a day that no window lies on both sides of.
    """

    span: Window
    max_days: int = 0
    density: Density = field(default_factory=Density)
    skipped: int = 0
    border: date | None = None
    _todo: list[Asked] = field(default_factory=list)  # oldest first
    _open: int = 0
    _settled: dict[date, Asked] = field(default_factory=dict)
    _next: date = date.min

    def __post_init__(self) -> None:
        self._next = self.span.first
        self._todo = [Asked(part) for part in self.span.parted(self.border)]
        width, self.max_days = self.max_days, 0
        self.narrow(width)

    @property
    def waiting(self) -> bool:
        """Whether there is a window to ask."""
        return bool(self._todo)

    @property
    def ready(self) -> bool:
        """Whether to ask it now: not while an answer is awaited that will say how far to ask."""
        return self._tested or not (self._open and self.density.open)

    @property
    def busy(self) -> bool:
        """Whether a window is out, and the next can wait for its answer."""
        return self._open > 0 and not self._tested

    @property
    def _tested(self) -> bool:
        """Whether the next is a part of what is put to the test: others wait for what it shows."""
        return self.waiting and self._todo[0].whole is not None

    @property
    def done(self) -> bool:
        """Whether nothing is left to ask and nothing is out."""
        return not self._todo and not self._open

    @property
    def ahead(self) -> int:
        """Windows out, or settled behind an older one that is not."""
        return self._open + len(self._settled)

    def ask(self, cap: int | None, *, may_wait: bool = True) -> Asked:
        """The next window, no longer than a *cap* that is known lets hope for a whole answer.

        It is of the oldest that waits; its oldest part, unless what is kept *may wait* behind an older one. It is out
        until it is kept, asked again, tested, halved or skipped.
        """
        self._open += 1
        asked = self._todo.pop(0)
        return self._only(asked, self.density.choose(asked.window, cap, may_wait=may_wait)) if cap else asked

    def keep(self, asked: Asked, days: Sequence[date]) -> None:
        """The answer was whole; *days* are those of its rows."""
        self._open -= 1
        self.density.kept(asked.window, days)
        self._settled[asked.window.first] = asked

    def skip(self, asked: Asked) -> None:
        """Leave a gap where *asked* is."""
        asked.gap = True
        self._open -= 1
        self._settled[asked.window.first] = asked

    def again(self, asked: Asked, days: Sequence[date]) -> None:
        """The answer was cut: ask its days in shorter windows; the *days* of its rows steer how short."""
        self._open -= 1
        self.density.cut(asked.window, days)
        self._wait(Asked(asked.window))

    def test(self, asked: Asked, days: Sequence[date]) -> None:
        """Ask *asked* again in two parts, to hold them against the whole; *days* are those of its rows."""
        self._open -= 1
        self.density.cut(asked.window, days)
        parts = split(asked.window, days)
        asked.open_parts = len(parts)
        for part in parts:
            insort(self._todo, Asked(part, asked))

    def halve(self, asked: Asked) -> bool:
        """The API refused *asked* as too wide (W5): ask it, and all that waits, in windows half as wide.

        Where a wider one was answered, it has days that the API refuses: then only *asked* is parted, to find them.

        Returns:
            False for a single day: too wide cannot be the reason.
        """
        if asked.window.days <= max(1, self.density.experience.widest):
            return self.divide(asked, skips=Skips.NONE)
        self._open -= 1
        self._wait(asked)
        half = (asked.window.days + 1) // 2
        self._tile_waiting(min(half, self.max_days or half))
        return True

    def divide(self, asked: Asked, *, skips: Skips) -> bool:
        """The answer to *asked* cannot be taken in: ask its days in two windows; others stay as wide as they are."""
        if asked.window.days == 1:
            if skips is Skips.NONE or (skips is Skips.FEW and self.skipped == SKIPPED):
                return False
            self.skipped += skips is Skips.FEW
            self.skip(asked)
            return True
        self._open -= 1
        parts = list(asked.window.tiles((asked.window.days + 1) // 2))
        if asked.whole is not None:
            asked.whole.open_parts += len(parts) - 1
        for part in parts:
            insort(self._todo, Asked(part, asked.whole))
        return True

    def narrow(self, width: int) -> None:
        """Ask no window wider than *width* days from now on (0: no limit)."""
        if width and not 0 < self.max_days <= width:
            self._tile_waiting(width)

    def take(self) -> list[Asked]:
        """Settled windows that continue the span from the left, each given once, without the gaps."""
        taken: list[Asked] = []
        while self._next in self._settled:
            asked = self._settled.pop(self._next)
            self._next = day_after(asked.window.last)
            taken.append(asked)
        return [asked for asked in taken if not asked.gap]

    def take_rest(self) -> list[Asked]:
        """Settled windows behind one that will not come, oldest first."""
        rest = [self._settled[first] for first in sorted(self._settled)]
        self._settled.clear()
        return [asked for asked in rest if not asked.gap]

    def open_windows(self) -> list[Window]:
        """What of the span is not settled, oldest first."""
        if self.done:
            return []
        left, at = list[Window](), self._next
        for first in sorted(self._settled):
            if at < first:
                left.append(Window(at, day_before(first)))
            last = self._settled[first].window.last
            if last >= self.span.last:
                return left
            at = day_after(last)
        return left if at > self.span.last else [*left, Window(at, self.span.last)]

    def _wait(self, asked: Asked) -> None:
        """Put a window among those to ask; joined with its neighbours, where they are parts of the same."""
        for other in [waiting for waiting in self._todo if waiting.whole is asked.whole]:
            joined = asked.window.joined(other.window)
            if joined and not 0 < self.max_days < joined.days:
                self._todo.remove(other)
                if asked.whole is not None:
                    asked.whole.open_parts -= 1
                asked = Asked(joined, asked.whole)
        insort(self._todo, asked)

    def _only(self, asked: Asked, chosen: Window) -> Asked:
        """The days *chosen*; the rest waits."""
        if chosen == asked.window:
            return asked
        for rest in asked.window.without(chosen):
            if asked.whole is not None:
                asked.whole.open_parts += 1
            self._wait(Asked(rest, asked.whole))
        return Asked(chosen, asked.whole)

    def _tile_waiting(self, width: int) -> None:
        self.max_days = width
        waiting, self._todo = self._todo, []
        for asked in waiting:
            parts = list(asked.window.tiles(width))
            if asked.whole is not None:
                asked.whole.open_parts += len(parts) - 1
            self._todo.extend([asked] if len(parts) == 1 else [Asked(part, asked.whole) for part in parts])
