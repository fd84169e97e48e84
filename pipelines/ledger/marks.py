"""What is proven complete, per parent: intervals of days that grow by windows. Pure.

Rules M1 to M3. Marks live in dlt's state, those of one resource as one text.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TypeAlias
from urllib.parse import quote, unquote

import msgspec

from sources.aleta.planning.windows import ONE_DAY, Window, clusters, without

Stored: TypeAlias = list[object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What is known of one parent's rows.

    Args:
        covered: the interval proven complete (M1); None before the first window.
        islands: further intervals proven complete that do not touch it: the gap between them is kept.
        verified_at: when its whole history was last read to the end; None before the first load is whole.
        reading_since: when the reading of the whole history began that is not at its end yet.
        bare: that reading found no row.
        due: its whole history is to be read at once, whenever it was last: it was away, or the clock was wrong.
        loaded: a reading of its whole history came to the last elapsed day, be it that others could not be read.
        owed: days that are asked for one by one, and that no night could read yet.
    """

    covered: Window | None = None
    islands: tuple[Window, ...] = ()
    verified_at: datetime | None = None
    reading_since: datetime | None = None
    bare: bool = False
    due: bool = False
    loaded: bool = False
    owed: tuple[Window, ...] = ()

    @property
    def blank(self) -> bool:
        """Whether no run has proven anything of its rows."""
        return not (self.covered or self.islands or self.verified_at or self.loaded)

    def clamped(self, *, now: datetime, elapsed: date) -> Mark:
        """Without what lies ahead of *now* (M6): a clock was wrong, and what it claimed is due again.

        What is proven has *elapsed*; what is owed may be of today, or of a day that is not over everywhere.
        """
        windows = _no_later(self._all(), elapsed)
        instants = [at for at in (self.verified_at, self.reading_since) if at is not None]
        owed = tuple(_no_later(self.owed, now.date()))
        if windows == [*self._all()] and owed == self.owed and all(at <= now for at in instants):
            return self
        return replace(
            self._of(windows),
            verified_at=min(self.verified_at, now) if self.verified_at else None,
            reading_since=self.reading_since if self.reading_since and self.reading_since <= now else None,
            owed=owed,
            due=True,
        )

    def grow(self, window: Window, *, elapsed: date, aside: bool = False) -> Mark:
        """Add a window proven complete, as far as its days have fully elapsed everywhere (M2).

        Args:
            aside: it begins no interval for runs to continue, only an island.
        """
        paid = replace(self, owed=tuple(without(self.owed, window)))
        if window.first > elapsed:
            return paid
        window = Window(window.first, min(window.last, elapsed))
        if touches(self.covered, window) if self.covered else not aside:
            covered, islands = _absorb(window.hull(self.covered or window), self.islands)
            return replace(paid, covered=covered, islands=islands)
        island, others = _absorb(window, self.islands)
        return replace(paid, islands=tuple(sorted([*others, island])))

    def without(self, window: Window) -> Mark:
        """Without the days of *window*: what counted as proven does not any more."""
        before = [*self._all()]
        intervals = without(before, window)
        if intervals == before:
            return self
        return replace(self._of(intervals), due=True)

    def owing(self, windows: Iterable[Window]) -> Mark:
        """With days of *windows* owed, be they among those that were proven in an earlier run."""
        return replace(self, owed=tuple(clusters([*self.owed, *windows], apart=1)))

    def led_from(self, history_start: date) -> Mark:
        """With the interval that holds *history_start* as the mark, where it reaches further: runs continue it."""
        lead = self.holding(history_start)
        if lead is None or self.covered is None or lead.last <= self.covered.last:
            return self
        islands = sorted([*(island for island in self.islands if island != lead), self.covered])
        return replace(self, covered=lead, islands=tuple(islands))

    def holding(self, day: date) -> Window | None:
        """The interval that *day* lies in."""
        return next((interval for interval in self._all() if day in interval), None)

    @property
    def reached(self) -> date | None:
        """How far days were asked for without a gap: they are proven, or owed."""
        reached = self.covered
        for days in sorted([*self.islands, *self.owed]):
            if reached and touches(reached, days):
                reached = reached.hull(days)
        return reached.last if reached else None

    @property
    def newest(self) -> date | None:
        """The last day that is proven complete."""
        return max((interval.last for interval in self._all()), default=None)

    def earliest(self, history_start: date) -> date:
        """Where reading the whole history begins: also before `history_start`, where a backfill went further."""
        return min([history_start, *(interval.first for interval in self._all())])

    def _of(self, intervals: Sequence[Window]) -> Mark:
        """With these, of which the first leads on where one did."""
        leads = 1 if self.covered else 0
        return replace(self, covered=next(iter(intervals[:leads]), None), islands=tuple(intervals[leads:]))

    def _all(self) -> Iterable[Window]:
        return [*([self.covered] if self.covered else []), *self.islands]


def touches(window: Window, other: Window) -> bool:
    """Whether the two overlap or lie side by side."""
    return window.first <= other.last + ONE_DAY and other.first <= window.last + ONE_DAY


def _no_later(windows: Iterable[Window], last: date) -> list[Window]:
    return [Window(window.first, min(window.last, last)) for window in windows if window.first <= last]


def _absorb(window: Window, islands: Sequence[Window]) -> tuple[Window, tuple[Window, ...]]:
    """*window* with every island that it, grown, touches; and the islands left over."""
    left: list[Window] = []
    for island in sorted(islands):
        if touches(window, island):
            window = window.hull(island)
        else:
            left.append(island)
    return window, tuple(left)


class Packed:
    """Marks as one text for dlt's state, which dlt reads, hashes and packs a dozen times a package.

    A line for each of the few dozen marks that parents share: the mark as JSON, a space, those parents.
    """

    def __init__(self) -> None:
        self._marks: dict[str, Mark] = {}  # as they were last time: most are still the same
        self._lines: dict[bytes, dict[str, str]] = defaultdict(dict)

    def text(self, marks: Mapping[str, Mark]) -> str:
        """What `unpack` reads."""
        before = self._marks
        for parent in [parent for parent, mark in marks.items() if before.get(parent) is not mark]:
            self._forget(parent)
            before[parent] = marks[parent]
            self._lines[_line(marks[parent])][parent] = quote(parent)
        if len(before) > len(marks):
            for parent in before.keys() - marks.keys():
                self._forget(parent)
        return "\n".join(f"{line.decode()} {','.join(parents.values())}" for line, parents in self._lines.items())

    def _forget(self, parent: str) -> None:
        mark = self._marks.pop(parent, None)
        if mark is not None:
            line = _line(mark)
            del self._lines[line][parent]
            if not self._lines[line]:
                del self._lines[line]


def unpack(stored: object) -> dict[str, Mark]:
    """The marks of one resource, by parent; also as JSON by parent: format 2 has it as text, format 1 as it is."""
    if isinstance(stored, str) and not stored.startswith("{"):
        lines = (line.partition(" ") for line in stored.splitlines())
        shared = ((restore(msgspec.json.decode(mark)), parents.split(",")) for mark, _, parents in lines)
        return {unquote(parent): mark for mark, parents in shared for parent in parents}
    parents = msgspec.json.decode(stored) if isinstance(stored, str) else stored
    return {parent: restore(mark) for parent, mark in parents.items()} if isinstance(parents, dict) else {}


def _line(mark: Mark) -> bytes:
    return msgspec.json.encode(store(mark))


def store(mark: Mark) -> Stored:
    """As short JSON: days as numbers, without empty values at the end."""
    stored: Stored = [
        _days(mark.covered),
        [_days(island) for island in mark.islands],
        mark.verified_at.isoformat() if mark.verified_at else None,
        mark.reading_since.isoformat() if mark.reading_since else None,
        mark.bare,
        mark.due,
        mark.loaded,
        [_days(days) for days in mark.owed],
    ]
    while stored and not stored[-1]:
        stored.pop()
    return stored


def restore(stored: Sequence[object]) -> Mark:
    """The mark that `store` wrote."""
    covered, islands, verified_at, reading_since, bare, due, loaded, owed = (*stored, *NOTHING[len(stored) :])
    assert isinstance(islands, list)
    assert isinstance(owed, list)
    return Mark(
        covered=_window(covered),
        islands=tuple(filter(None, map(_window, islands))),
        verified_at=datetime.fromisoformat(verified_at) if isinstance(verified_at, str) else None,
        reading_since=datetime.fromisoformat(reading_since) if isinstance(reading_since, str) else None,
        bare=bool(bare),
        due=bool(due),
        loaded=bool(loaded),
        owed=tuple(filter(None, map(_window, owed))),
    )


NOTHING: Stored = [None, [], None, None, False, False, False, []]


def _days(window: Window | None) -> list[int] | None:
    return [window.first.toordinal(), window.last.toordinal()] if window else None


def _window(days: object) -> Window | None:
    return Window(*map(_day, days)) if isinstance(days, list) else None


def _day(stored: object) -> date:
    """Format 1 has days as text."""
    return date.fromordinal(stored) if isinstance(stored, int) else date.fromisoformat(str(stored))
