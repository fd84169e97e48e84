"""Answers that cannot be asked for in parts, held against caps that were proven only after they came (rules W4, L3)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from sources.aleta.planning.questions import Fate
from sources.aleta.reading.rows.receipts import REASONS, Receipt, Status


@dataclass(slots=True)
class UndividedAnswers:
    """What one run kept of days and lists that nothing parts: only another endpoint can show a cap that cut them."""

    _kept: dict[int, list[Receipt]] = field(default_factory=dict)  # by their number of rows

    def note(self, receipt: Receipt) -> None:
        """Remember a window that was kept, without its rows."""
        dates, answer = receipt.endpoint.dates, receipt.answer
        if answer and not answer.chained and receipt.rows > 1 and dates and not dates.divisible:
            self._kept.setdefault(receipt.rows, []).append(replace(receipt, answer=None))

    def cut(self, caps: Collection[int], *, now: datetime) -> Iterator[Receipt]:
        """What has just as many rows as one of *caps*: in quarantine from now on; each is told once."""
        for cap in caps:
            for receipt in self._kept.pop(cap, ()):
                yield replace(
                    receipt,
                    status=Status.QUARANTINED,
                    fetched_at=now,
                    reason=REASONS[Fate.QUARANTINED],
                )
