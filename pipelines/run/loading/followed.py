"""The parents that a run reads: what of each is proven so far, and so how far its mark grows (rules M1, M2)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import datetime

from sources.aleta.catalogue.endpoint import Endpoint
from sources.aleta.errors import SkippableError
from sources.aleta.planning.windows import Window, without
from sources.aleta.reading.rows.fetch import Receipt, Status

from ...compare.coming import Coming
from ...compare.proven_days import Scope
from ...ledger.ledger import Ledger
from ...ledger.marks import Mark
from ...ledger.readings import Horizon, Reading


@dataclass(slots=True)
class _ParentReading:
    """One parent's reading on its way through this run."""

    reading: Reading
    clean: bool = True  # nothing failed, nothing quarantined
    doubtful: bool = False  # something failed, or was doubted after it had counted as complete; or too much was gone
    bare: bool = True  # no row so far
    after_whole: bool = False  # of days beyond the whole history, which this run read before
    proven: list[Window] = field(default_factory=list)  # what this reading found complete
    coming: Coming = field(init=False)
    ended: bool = False  # all of it has come, and its mark says so

    def __post_init__(self) -> None:
        self.coming = Coming(self.reading.span)

    def doubts(self, receipt: Receipt) -> bool:
        """Whether days that could not be read after all had counted as complete in this run (W6)."""
        window = receipt.window
        return any(proven.first <= window.last and window.first <= proven.last for proven in self.proven)

    def came_past(self, receipt: Receipt) -> bool:
        """Whether days behind some that failed counted as complete in this run."""
        return any(proven.first > receipt.window.last for proven in self.proven)

    def unproven(self, days: Window) -> list[Window]:
        """Of *days*, those that did not count as complete in this run."""
        return without([days], *self.proven)

    @property
    def is_bare(self) -> bool:
        """Whether it found no row, nor may an earlier run have found one that it goes on from."""
        covered = self.reading.mark.covered
        return self.bare and (covered is None or self.reading.span.first <= covered.first)


class FollowedParents:
    """What one run reads of each parent, of every endpoint.

    Args:
        ledger: its marks grow here.
        horizon: how far the run looks; marks never grow past its last elapsed day (M2).
        now: when the run began.
    """

    def __init__(self, ledger: Ledger, horizon: Horizon, *, now: datetime) -> None:
        self._ledger = ledger
        self._horizon = horizon
        self._now = now
        self._readings: dict[tuple[str, str], _ParentReading] = {}
        self._waiting: set[tuple[str, str]] = set()  # due for nothing but days that rows name

    def follow(self, endpoint: Endpoint, readings: Mapping[str, Reading]) -> set[str]:
        """Begin to follow what is read of each parent, for the first time or once more; all that were followed."""
        for parent_id, reading in readings.items():
            earlier = self._readings.get((endpoint.name, parent_id))
            self._readings[endpoint.name, parent_id] = _ParentReading(
                reading,
                after_whole=bool(earlier and not reading.marks and self._has_history(earlier)),
                proven=earlier.proven if earlier and endpoint.by_day else [],  # of other days
            )
        return {parent_id for name, parent_id in self._readings if name == endpoint.name}

    def follows(self, endpoint: Endpoint, parent_id: str) -> bool:
        """Whether this run reads it."""
        return (endpoint.name, parent_id) in self._readings

    def _has_history(self, progress: _ParentReading) -> bool:
        """Whether this run read the whole history, but for days that are quarantined: what is missed is gone."""
        whole = progress.coming.is_over and self._horizon.has_all(progress.reading)
        return (whole or progress.after_whole) and not progress.doubtful

    def scope(self, endpoint: Endpoint, parent_id: str) -> Scope:
        """A reading of the whole history, from its first day on, settles all; a part settles what cannot move.

        Days beyond the history that are read after it settle rows that name no other day: they moved to no day of it.
        """
        progress = self._readings[endpoint.name, parent_id]
        reading, whole = progress.reading, self._horizon.has_all(progress.reading)
        return Scope(
            mark=reading.mark,
            settles=whole or not endpoint.movable,
            settles_inside=progress.after_whole,
            reach=self._horizon.whole(reading.mark),
            ends=reading.span if whole else None,
        )

    def take(self, receipts: Iterable[Receipt]) -> set[str]:
        """Take in what came; those of its parents whose whole history has come.

        Days that were left out keep nothing from being gone, but the last one: what is missed may have moved there.
        """
        followed = {receipt.parent_id: self._readings[receipt.endpoint.name, receipt.parent_id] for receipt in receipts}
        for receipt in receipts:
            followed[receipt.parent_id].coming.take(receipt)
        return {
            parent
            for parent, progress in followed.items()
            if progress.coming.is_over and self._horizon.has_all(progress.reading)
        }

    def unread(self) -> Iterator[tuple[str, str, Window]]:
        """Resource, parent and days that were to be read, never came, and of which no receipt says why."""
        for (resource, parent), progress in self._readings.items():
            for days in progress.coming.days if progress.clean else ():
                yield resource, parent, days

    def mark(
        self,
        endpoint: Endpoint,
        receipts: Sequence[Receipt],
        suspected: AbstractSet[str],
        *,
        missing: AbstractSet[str] = frozenset(),
        waiting: AbstractSet[str] = frozenset(),
    ) -> None:
        """Grow the marks by what *receipts* prove; what they leave open, the next run must ask again.

        Args:
            suspected: parents of which they prove nothing, for too many of their rows are gone (D3).
            missing: parents of which a row is missed, in these or by an earlier package of the reading, that may be
                elsewhere (D6): their whole histories are due, unless this run comes to their ends.
            waiting: parents of which a row names days that are still to be asked for (D7): likewise, until they are.
        """
        parents = {receipt.parent_id: (endpoint.name, receipt.parent_id) for receipt in receipts}
        for receipt in receipts:
            parent, followed = receipt.parent_id, parents[receipt.parent_id]
            progress, mark = self._readings[followed], self._ledger.mark(*followed)
            progress.bare &= not receipt.rows
            if parent in suspected or receipt.status in {Status.QUARANTINED, Status.FAILED}:
                progress.clean = False
                mark = self._left_open(mark, receipt, progress)
                self._waiting.discard(followed)
            elif receipt.status is Status.COMPLETE and progress.reading.marks:
                mark = self._grown(mark, receipt, progress)
            self._ledger.set(*followed, mark)
        for parent, followed in parents.items():
            mark = self._at_its_end(self._ledger.mark(*followed), self._readings[followed])
            mark = self._waits(mark, followed, waits=parent in waiting)
            if parent in missing:
                mark = replace(mark, due=True)
                self._waiting.discard(followed)
            self._ledger.set(*followed, mark)

    def _waits(self, mark: Mark, followed: tuple[str, str], *, waits: bool) -> Mark:
        """Due while days that rows name are still to be asked for; no longer, if it is due for nothing else."""
        if waits and not mark.due:
            self._waiting.add(followed)
        elif not waits and followed in self._waiting:
            self._waiting.remove(followed)
            return replace(mark, due=False)
        return replace(mark, due=True) if waits else mark

    def _left_open(self, mark: Mark, receipt: Receipt, progress: _ParentReading) -> Mark:
        """Without days that cannot be read, so that the next run goes on there (W4); or all of the history is due.

        Days that failed stay, while the mark did not come past them. What is due is read by the next run.
        """
        if receipt.endpoint.by_day:
            return self._owing(mark, receipt, progress)
        reading, endpoint, failed = progress.reading, receipt.endpoint, receipt.status is Status.FAILED
        due, left = mark.due or isinstance(receipt.error, SkippableError), False
        if failed and receipt.window.first <= self._horizon.elapsed:  # nor was it loaded
            mark = replace(mark, loaded=reading.mark.loaded)
        if progress.doubts(receipt):
            progress.doubtful = left = due = True
        elif receipt.status is Status.QUARANTINED and endpoint.divisible and reading.marks:
            left = True
        else:
            progress.doubtful, left = True, failed and progress.came_past(receipt)
            again = not failed or not reading.marks or (reading.mark.verified_at and self._horizon.has_all(reading))
            due |= bool(again)  # else the next run reads on where this one stopped
        mark = mark.without(receipt.window) if left else mark
        return replace(mark, due=due, verified_at=reading.mark.verified_at)

    def _owing(self, mark: Mark, receipt: Receipt, progress: _ParentReading) -> Mark:
        """Of what is asked for day by day: days that cannot be read are owed, and none behind them is due for it.

        Who was away is due instead (L4); who was due, and was given up, stays so.
        """
        reading, window, failed = progress.reading, receipt.window, receipt.status is Status.FAILED
        away = isinstance(receipt.error, SkippableError)
        due = mark.due or away or (failed and reading.mark.due)
        progress.doubtful |= failed
        if progress.doubts(receipt):
            mark = mark.without(window)
        if reading.owes and not away:
            given_up = Window(window.first, max(window.last, reading.span.last))
            mark = mark.owing(progress.unproven(given_up) if failed else [window])
        return replace(mark, due=due, verified_at=reading.mark.verified_at)

    def _grown(self, mark: Mark, receipt: Receipt, progress: _ParentReading) -> Mark:
        """The days that a backfill asks for one by one are kept aside: the first sync is not to ask for all since."""
        reading, window, aside = progress.reading, receipt.window, receipt.endpoint.by_day and not progress.reading.owes
        progress.proven.append(window)
        if window.first == reading.span.first and reading.mark.covered is None:
            mark = replace(mark, reading_since=reading.mark.reading_since)
        mark = mark.grow(window, elapsed=self._horizon.elapsed, aside=aside).led_from(self._horizon.history_start)
        return replace(mark, bare=mark.bare and progress.bare)

    def _at_its_end(self, mark: Mark, progress: _ParentReading) -> Mark:
        """Once a reading of the whole history has come, it is verified; or due for nothing but days that were left out.

        Not with its last day: older ones may still be on trial, and a kill would leave them unread (C1, W6).
        """
        reading = progress.reading
        if reading.whole and progress.proven and not progress.coming.waits_for(self._horizon.elapsed):
            mark = replace(mark, loaded=True)  # days ahead may be refused
        if progress.ended or progress.coming.days or not reading.whole:
            return mark
        progress.ended, since = True, reading.mark.reading_since
        if progress.clean and not mark.owed:
            bare = progress.is_bare
            return replace(mark, verified_at=since or self._now, reading_since=None, bare=bare, due=False)
        told = progress.coming.has_last and self._horizon.has_all(reading)  # what it missed is gone
        settled = (told or reading.owes) and not progress.doubtful
        # what an earlier reading covered does not say how far this one came
        return replace(mark, reading_since=since, due=mark.due and not settled)
