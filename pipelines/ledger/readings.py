"""What a night reads of each parent, from the marks (rules D1, M3). Pure."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from sources.aleta.catalogue.endpoint import By, DateParams
from sources.aleta.planning.windows import ONE_DAY, Window, without

from ..settings import TenantSettings
from .marks import Mark

BEHIND = timedelta(hours=12)  # UTC-12 is where a day ends last
SAME_NIGHT = timedelta(hours=20)  # two runs closer than this share one night's quota
A_HUNDRED = 100  # of what comes in turn, so many come every night: who has no more sees all of it every morning


@dataclass(frozen=True, slots=True, kw_only=True)
class Horizon:
    """How far a run looks: fixed for the whole run.

    Args:
        now: when the run began, aware.
        snapshot_days: what is asked for day by day begins so many days before the first run.
        by_months: windows begin and end with a month, so that the same are asked for night after night: v1 can answer
            304 only to a question that it was asked before. Without a day to look ahead they end today.
    """

    now: datetime
    history_start: date
    look_back_days: int
    look_ahead_days: int
    reverify_days: int
    snapshot_days: int = 7
    by_months: bool = False

    @classmethod
    def of(cls, tenant: TenantSettings, *, now: datetime) -> Horizon:
        return cls(
            now=now,
            history_start=tenant.history_start,
            look_back_days=tenant.look_back_days,
            look_ahead_days=tenant.look_ahead_days,
            reverify_days=tenant.reverify_days,
            snapshot_days=tenant.snapshot_days,
            by_months=tenant.track == "v1",
        )

    @property
    def elapsed(self) -> date:
        """The last day that has fully elapsed everywhere on earth (M2)."""
        return (self.now.astimezone(UTC) - BEHIND).date() - ONE_DAY

    @property
    def end(self) -> date:
        last = self.now.date() + timedelta(days=self.look_ahead_days)
        return _month_end(last) if self.by_months and self.look_ahead_days else last

    def border(self, dates: DateParams) -> date | None:
        """The day that nightly windows of rows with these *dates* begin with; None where windows are no spans."""
        days = self.look_back_days if dates.look_back_days is None else dates.look_back_days
        return self._back_from(self.elapsed, days) if dates.divisible else None

    def looking_back(self, dates: DateParams) -> Horizon:
        """With the look-back of rows with these *dates*."""
        own = dates.look_back_days
        return self if own is None else replace(self, look_back_days=own)

    def _back_from(self, covered: date, days: int) -> date:
        first = covered + ONE_DAY - timedelta(days=days)
        return first.replace(day=1) if self.by_months else first

    def whole(self, mark: Mark) -> Window:
        """All of a parent's history."""
        first = mark.earliest(self.history_start)
        return Window(first, max(first, self.end))

    def has_all(self, reading: Reading) -> bool:
        """Whether it is of a parent's whole history, from its first day on: none that goes on where a run broke off."""
        return reading.whole and reading.span.first <= reading.mark.earliest(self.history_start)

    def nightly(self, mark: Mark) -> Window:
        """From the look-back on (D1); the whole history while its beginning is not covered (M3)."""
        whole = self.whole(mark)
        base = mark.holding(self.history_start)
        if base is None:
            return whole
        back = self.back_from(base.last)
        return Window(min(max(whole.first, back), whole.last), whole.last)

    def back_from(self, covered: date) -> date:
        """The first day of the look-back of what is covered to the day *covered*."""
        return self._back_from(covered, self.look_back_days)

    def days_back_from(self, covered: date) -> date:
        """The same of what is asked for day by day."""
        return covered + ONE_DAY - timedelta(days=self.look_back_days)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a run reads of one parent.

    Args:
        span: from its first day to its last, both included.
        mark: the parent's mark as the run begins.
        whole: whether the span, read to its end, completes a reading of the whole history.
        marks: whether the mark grows by it; not by days that only some odd rows name (D7).
        owes: whether its days that cannot be read are asked for by every run from now on.
    """

    span: Window
    mark: Mark
    whole: bool
    marks: bool = True
    owes: bool = False


def _month_end(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - ONE_DAY


def tonight(
    marks: Mapping[str, Mark], listed: Sequence[str], horizon: Horizon, dates: DateParams | None = None
) -> dict[str, Reading]:
    """What a nightly run reads of each parent that was listed."""
    dates = dates or DateParams()
    horizon = horizon.looking_back(dates)
    match dates.by:
        case By.SPAN:
            known = marks.keys() & set(listed) if dates.skip_empty_parents else set()
            resting = {parent for parent in known if _rests(marks[parent], horizon)}
            awake = [parent for parent in listed if parent not in resting]
            again = in_turn(marks, sorted(resting), horizon, every_days=horizon.reverify_days)
            return _spans(marks, awake, horizon) | {parent: whole_reading(marks[parent], horizon) for parent in again}
        case By.DAY:
            return {parent: snapshots(marks.get(parent, Mark()), horizon) for parent in listed}
        case By.WHOLE:
            turn = in_turn(marks, listed, horizon, every_days=dates.every_days)
            return {parent: whole_reading(marks.get(parent, Mark()), horizon) for parent in turn}


def _rests(mark: Mark, horizon: Horizon) -> bool:
    """Whether a reading of all that is asked for found nothing: `history_start` may have moved since (M3)."""
    whole = mark.verified_at is not None and mark.holding(horizon.history_start) is not None
    return mark.bare and whole and not mark.due


def whole_reading(mark: Mark, horizon: Horizon) -> Reading:
    """All of a parent's history, from now on."""
    return Reading(span=horizon.whole(mark), mark=replace(mark, reading_since=horizon.now), whole=True)


def odd_days(mark: Mark, span: Window) -> Reading:
    """Days that only some rows name (D7): the mark does not grow by them."""
    return Reading(span=span, mark=mark, whole=False, marks=False)


def _spans(marks: Mapping[str, Mark], listed: Sequence[str], horizon: Horizon) -> dict[str, Reading]:
    """From the look-back to the look-ahead; the whole histories that are due come first.

    First, because their large answers clear the small ones of the others (rule W3).
    """
    readings = {parent: whole_reading(marks[parent], horizon) for parent in due(marks, listed, horizon)}
    for parent in listed:
        readings.setdefault(parent, _nightly(marks.get(parent, Mark()), horizon))
    return dict(sorted(readings.items(), key=lambda item: not item[1].whole))


def _nightly(mark: Mark, horizon: Horizon) -> Reading:
    begun = mark.verified_at or _goes_on(mark, horizon)
    span = horizon.nightly(mark) if begun else horizon.whole(mark)  # not begun: only a backfill was here
    from_the_start = span.first == mark.earliest(horizon.history_start)
    whole = from_the_start or mark.verified_at is None
    since = horizon.now if from_the_start else mark.reading_since
    return Reading(span=span, mark=replace(mark, reading_since=since), whole=whole)


def look_backs(
    readings: Mapping[str, Reading], failed: Mapping[str, Window], horizon: Horizon, dates: DateParams | None = None
) -> dict[str, Reading]:
    """What is read all the same of those that *failed*, each with the last window that did (D1, F3).

    Old days that cannot be read, night after night, would keep the newest ones back. What was due stays so.
    """
    dates = dates or DateParams()
    horizon, found = horizon.looking_back(dates), {}
    for parent, window in sorted(failed.items()):
        reading = readings.get(parent)
        first = reading and _looks_back_from(reading, horizon, dates)
        if reading and first and max(reading.span.first, window.first) < first <= reading.span.last:
            found[parent] = replace(reading, span=Window(first, reading.span.last), whole=False)
    return found


def _looks_back_from(reading: Reading, horizon: Horizon, dates: DateParams) -> date | None:
    """The first day of its look-back; None where none is read by itself."""
    if dates.by is By.DAY:
        reached = reading.mark.reached if reading.whole else None  # else it was read from there
        return horizon.days_back_from(reached or reading.span.last) if reading.owes else None
    newest = reading.mark.newest if reading.whole and reading.mark.verified_at else None
    return newest and horizon.back_from(newest)


def owed(readings: Mapping[str, Reading]) -> dict[str, list[Window]]:
    """Of each parent, what earlier runs owe it of days that *readings* do not ask for again."""
    found = {parent: without(reading.mark.owed, reading.span) for parent, reading in readings.items() if reading.owes}
    return {parent: windows for parent, windows in found.items() if windows}


def paying(readings: Mapping[str, Reading], spans: Mapping[str, Window]) -> dict[str, Reading]:
    """What reads days that are owed, after *readings*."""
    return {parent: replace(readings[parent], span=span, whole=False) for parent, span in spans.items()}


def _goes_on(mark: Mark, horizon: Horizon) -> bool:
    """Whether a reading that broke off is read on: what it saw must not be older than `reverify_days` (D1).

    Nor may a clock that was ahead have claimed days that it did not see (M6).
    """
    since = mark.reading_since
    return not mark.due and since is not None and horizon.now - since <= timedelta(days=horizon.reverify_days)


def snapshots(mark: Mark, horizon: Horizon) -> Reading:
    """Each day is a request: from the look-back to today, and at first no more than `snapshot_days`.

    Where all is due, from the first day that was ever read: a clock that was ahead has claimed days that it never read
    (M6), and nobody knows when. Days that are owed are asked for by themselves: with all behind them, they would cost a
    request more each night.
    """
    today = horizon.now.date()
    if mark.covered is None or mark.reached is None:
        first = max(horizon.history_start, today - timedelta(days=horizon.snapshot_days))
    elif mark.due:
        first = mark.covered.first
    else:
        first = max(mark.covered.first, horizon.days_back_from(mark.reached))
    span = Window(min(first, today), today)
    whole = mark.due or mark.verified_at is None
    return Reading(span=span, mark=replace(mark, reading_since=horizon.now), whole=whole, owes=True)


def due(marks: Mapping[str, Mark], listed: Collection[str], horizon: Horizon) -> list[str]:
    """Whose whole history is read again tonight (D1): a fair share of all, and whoever is overdue; oldest first.

    With `reverify_days` of 1 or 0 that is everyone, in every run. Parents that were never read whole are not here: they
    are read anyway.
    """
    at_once = [parent for parent in listed if parent in marks and marks[parent].due and marks[parent].verified_at]
    turn = _turn(_read_at(marks, listed), horizon, every_days=horizon.reverify_days)
    return list(dict.fromkeys([*at_once, *turn]))


def in_turn(marks: Mapping[str, Mark], listed: Iterable[str], horizon: Horizon, *, every_days: int) -> list[str]:
    """Whose turn it is of what is read whole: whoever never was, and a share of the others, but at least a hundred.

    What had no rows comes every `reverify_days`, the others every *every_days* (or as often, if that is less).
    """
    listed = list(listed)
    new = [parent for parent in listed if (mark := marks.get(parent, Mark())).due or mark.verified_at is None]
    turn = list(new)
    for bare, days in ((False, min(every_days, horizon.reverify_days)), (True, horizon.reverify_days)):
        alike = [parent for parent in listed if parent in marks and marks[parent].bare is bare]
        turn += _turn(_read_at(marks, alike), horizon, every_days=days, least=A_HUNDRED)
    return list(dict.fromkeys(turn))


def _read_at(marks: Mapping[str, Mark], listed: Iterable[str]) -> list[tuple[datetime, str]]:
    dated = ((parent, marks[parent].verified_at) for parent in listed if parent in marks)
    return sorted((at, parent) for parent, at in dated if at is not None)


def _turn(read_at: Sequence[tuple[datetime, str]], horizon: Horizon, *, every_days: int, least: int = 0) -> list[str]:
    """The oldest: a share of ceil(parents / days) a night reaches everyone in time; who was read tonight counts."""
    parents = [parent for _, parent in read_at]
    if every_days <= 1 or len(parents) <= least:
        return parents
    share = max(least, math.ceil(len(parents) / every_days))
    already = sum(horizon.now - at < SAME_NIGHT for at, _ in read_at)
    limit = horizon.now - timedelta(days=every_days) + SAME_NIGHT
    overdue = sum(at <= limit for at, _ in read_at)
    return parents[: max(overdue, share - already)]
