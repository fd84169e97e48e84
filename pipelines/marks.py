"""What is proven complete, per parent: intervals of days that grow by windows, and what they ask to be read next. Pure.

Rules M1 to M3, and D1 for what is read again. Marks live in dlt's state as small JSON lists.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import TypeAlias

from sources.aleta.windows import ONE_DAY, Window

Stored: TypeAlias = list[object]
BEHIND = timedelta(hours=12)  # UTC-12 is where a day ends last
SAME_NIGHT = timedelta(hours=20)  # two runs closer than this share one night's quota


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What is known of one parent's rows.

    Args:
        covered: the interval proven complete (M1); None before the first window.
        islands: further intervals proven complete that do not touch it: a gap lies between, and is not papered over.
        verified_at: when its whole history was last read to the end; None before the first load is whole.
        reading_since: when the reading of the whole history began that is not at its end yet.
    """

    covered: Window | None = None
    islands: tuple[Window, ...] = ()
    verified_at: datetime | None = None
    reading_since: datetime | None = None

    def grow(self, window: Window, *, elapsed: date) -> Mark:
        """Add a window proven complete, as far as its days have fully elapsed everywhere (M2)."""
        if window.first > elapsed:
            return self
        window = Window(window.first, min(window.last, elapsed))
        if self.covered is None or touches(self.covered, window):
            covered, islands = _absorb(_hull(self.covered or window, window), self.islands)
            return replace(self, covered=covered, islands=islands)
        island, others = _absorb(window, self.islands)
        return replace(self, islands=tuple(sorted([*others, island])))

    def led_from(self, history_start: date) -> Mark:
        """With the interval that holds *history_start* as the mark, where it reaches further: runs continue it."""
        lead = self.holding(history_start)
        if lead is None or self.covered is None or lead.last <= self.covered.last:
            return self
        islands = sorted([*(one for one in self.islands if one != lead), self.covered])
        return replace(self, covered=lead, islands=tuple(islands))

    def holding(self, day: date) -> Window | None:
        """The interval that *day* lies in."""
        return next((one for one in self._all() if day in one), None)

    def earliest(self, history_start: date) -> date:
        """Where reading the whole history begins: also before `history_start`, where a backfill went further."""
        return min([history_start, *(one.first for one in self._all())])

    def _all(self) -> Iterable[Window]:
        return [*([self.covered] if self.covered else []), *self.islands]


def touches(one: Window, other: Window) -> bool:
    """Whether the two overlap or lie side by side."""
    return one.first <= other.last + ONE_DAY and other.first <= one.last + ONE_DAY


def _hull(one: Window, other: Window) -> Window:
    return Window(min(one.first, other.first), max(one.last, other.last))


def _absorb(window: Window, islands: Sequence[Window]) -> tuple[Window, tuple[Window, ...]]:
    """*window* with every island that it, grown, touches; and the islands left over."""
    left: list[Window] = []
    for island in sorted(islands):
        if touches(window, island):
            window = _hull(window, island)
        else:
            left.append(island)
    return window, tuple(left)


@dataclass(frozen=True, slots=True, kw_only=True)
class Horizon:
    """How far a run looks: fixed for the whole run.

    Args:
        now: when the run began, aware.
    """

    now: datetime
    history_start: date
    look_back_days: int
    look_ahead_days: int
    reverify_days: int

    @property
    def elapsed(self) -> date:
        """The last day that has fully elapsed everywhere on earth (M2)."""
        return (self.now.astimezone(UTC) - BEHIND).date() - ONE_DAY

    @property
    def end(self) -> date:
        return self.now.date() + timedelta(days=self.look_ahead_days)

    def whole(self, mark: Mark) -> Window:
        """All of a parent's history."""
        first = mark.earliest(self.history_start)
        return Window(first, max(first, self.end))

    def nightly(self, mark: Mark) -> Window:
        """From the look-back on (D1); the whole history while its beginning is not covered (M3)."""
        whole = self.whole(mark)
        base = mark.holding(self.history_start)
        if base is None:
            return whole
        back = base.last + ONE_DAY - timedelta(days=self.look_back_days)
        return Window(min(max(whole.first, back), whole.last), whole.last)


def due(marks: Mapping[str, Mark], listed: Collection[str], horizon: Horizon) -> list[str]:
    """Whose whole history is read again tonight (D1): a fair share of all, and whoever is overdue; oldest first.

    A share of ceil(parents / reverify_days) a night reaches everyone in time; whoever was read earlier tonight counts.
    With `reverify_days` of 1 or 0 that is everyone, in every run. Parents that were never read whole are not here: they
    are read anyway.
    """
    dated = ((parent, marks[parent].verified_at) for parent in listed if parent in marks)
    known = sorted((at, parent) for parent, at in dated if at is not None)
    if horizon.reverify_days <= 1:
        return [parent for _, parent in known]
    share = math.ceil(len(known) / horizon.reverify_days)
    tonight = sum(horizon.now - at < SAME_NIGHT for at, _ in known)
    limit = horizon.now - timedelta(days=horizon.reverify_days) + SAME_NIGHT
    overdue = sum(at <= limit for at, _ in known)
    return [parent for _, parent in known[: max(overdue, share - tonight)]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a run reads of one parent.

    Args:
        span: from its first day to its last, both included.
        mark: the parent's mark as the run begins.
        whole: whether the span, read to its end, completes a reading of the whole history.
    """

    span: Window
    mark: Mark
    whole: bool


def tonight(marks: Mapping[str, Mark], listed: Sequence[str], horizon: Horizon) -> dict[str, Reading]:
    """What a nightly run reads of each parent that was listed: the whole histories first.

    First, because their large answers clear the small ones of the others (rule W3).
    """
    again = due(marks, listed, horizon)
    readings = {
        parent: Reading(
            span=horizon.whole(marks[parent]), mark=replace(marks[parent], reading_since=horizon.now), whole=True
        )
        for parent in again
    }
    for parent in listed:
        readings.setdefault(parent, _nightly(marks.get(parent, Mark()), horizon))
    return dict(sorted(readings.items(), key=lambda one: not one[1].whole))


def _nightly(mark: Mark, horizon: Horizon) -> Reading:
    begun = mark.verified_at or mark.reading_since
    span = horizon.nightly(mark) if begun else horizon.whole(mark)  # not begun: only a backfill was here
    from_the_start = span.first == mark.earliest(horizon.history_start)
    whole = from_the_start or mark.verified_at is None
    since = horizon.now if from_the_start else mark.reading_since
    return Reading(span=span, mark=replace(mark, reading_since=since), whole=whole)


def store(mark: Mark) -> Stored:
    """As JSON for dlt's state."""
    return [
        _days(mark.covered),
        [_days(one) for one in mark.islands],
        mark.verified_at.isoformat() if mark.verified_at else None,
        mark.reading_since.isoformat() if mark.reading_since else None,
    ]


def restore(stored: Sequence[object]) -> Mark:
    """The mark that `store` wrote."""
    covered, islands, verified_at, reading_since = stored
    assert isinstance(islands, list)
    return Mark(
        covered=_window(covered),
        islands=tuple(window for one in islands if (window := _window(one))),
        verified_at=datetime.fromisoformat(verified_at) if isinstance(verified_at, str) else None,
        reading_since=datetime.fromisoformat(reading_since) if isinstance(reading_since, str) else None,
    )


def _days(window: Window | None) -> list[str] | None:
    return [f"{window.first}", f"{window.last}"] if window else None


def _window(days: object) -> Window | None:
    return Window(*(date.fromisoformat(day) for day in days)) if isinstance(days, list) else None
