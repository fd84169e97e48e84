"""The parents that a run reads: what of each is proven so far, and so how far its mark grows (rules M1, M2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sources.aleta.catalogue.endpoint import Endpoint
from sources.aleta.errors import SkippableError
from sources.aleta.planning.windows import Window
from sources.aleta.reading.rows.fetch import Receipt, Status

from ...compare.proven_days import Scope
from ...ledger.ledger import Ledger
from ...ledger.marks import Mark
from ...ledger.readings import Horizon, Reading


@dataclass(slots=True)
class _ParentReading:
    """One parent's reading on its way through this run."""

    reading: Reading
    clean: bool = True  # nothing failed, nothing quarantined
    bare: bool = True  # no row so far
    proven: list[Window] = field(default_factory=list)  # what this reading found complete

    def doubts(self, receipt: Receipt) -> bool:
        """Whether days that could not be read after all had counted as complete in this run (W6)."""
        window = receipt.window
        return any(proven.first <= window.last and window.first <= proven.last for proven in self.proven)


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

    def follow(self, endpoint: Endpoint, readings: Mapping[str, Reading]) -> set[str]:
        """Begin to follow what is read of each parent, for the first time or once more; all that were followed."""
        for parent_id, reading in readings.items():
            self._readings[endpoint.name, parent_id] = _ParentReading(reading)
        return {parent_id for name, parent_id in self._readings if name == endpoint.name}

    def scope(self, endpoint: Endpoint, parent_id: str) -> Scope:
        """A reading of the whole history, from its first day on, settles all; a part settles what cannot move."""
        reading = self._readings[endpoint.name, parent_id].reading
        whole = self._horizon.has_all(reading)
        return Scope(
            mark=reading.mark,
            settles=whole or not endpoint.movable,
            reach=self._horizon.whole(reading.mark),
            ends=reading.span if whole else None,
        )

    def mark(self, endpoint: Endpoint, receipts: Sequence[Receipt], suspected: set[str]) -> None:
        """Grow the marks by what *receipts* prove; of the *suspected* parents they prove nothing."""
        for receipt in receipts:
            progress = self._readings[endpoint.name, receipt.parent_id]
            unread = receipt.status in {Status.QUARANTINED, Status.FAILED}
            if unread or receipt.parent_id in suspected:
                progress.clean = False
            progress.bare &= not receipt.rows
            mark = self._ledger.mark(endpoint.name, receipt.parent_id)
            if receipt.status is Status.FAILED and receipt.window.first <= self._horizon.elapsed:  # nor was it loaded
                mark = replace(mark, loaded=progress.reading.mark.loaded)
                self._ledger.set(endpoint.name, receipt.parent_id, mark)
            if unread and progress.doubts(receipt):  # nor was the whole history read, if that was noted already
                doubted = replace(mark.without(receipt.window), verified_at=progress.reading.mark.verified_at)
                mark = replace(doubted, due=mark.due) if endpoint.by_day else doubted  # the look-back asks it again
                self._ledger.set(endpoint.name, receipt.parent_id, mark)
            if isinstance(receipt.error, SkippableError):
                self._ledger.set(endpoint.name, receipt.parent_id, replace(mark, due=True))
            elif receipt.status is Status.COMPLETE and receipt.parent_id not in suspected and progress.reading.marks:
                self._ledger.set(endpoint.name, receipt.parent_id, self._grown(mark, receipt.window, progress))

    def _grown(self, mark: Mark, window: Window, progress: _ParentReading) -> Mark:
        reading = progress.reading
        progress.proven.append(window)
        ends = reading.whole and window.last == reading.span.last
        begins = window.first == reading.span.first and reading.mark.covered is None
        if begins or ends:  # what an earlier reading covered does not say how far this one came
            mark = replace(mark, reading_since=reading.mark.reading_since)
        if reading.whole and window.last >= min(reading.span.last, self._horizon.elapsed):  # days ahead may be refused
            mark = replace(mark, loaded=True)
        mark = mark.grow(window, elapsed=self._horizon.elapsed).led_from(self._horizon.history_start)
        if ends and progress.clean:
            since = reading.mark.reading_since or self._now
            return replace(mark, verified_at=since, reading_since=None, bare=progress.bare, due=False)
        return replace(mark, bare=mark.bare and progress.bare)
