"""Days and series that may have been cut, for all that their own reading shows (rules W4, L3). Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from ..reading.rows.receipts import Receipt
from ..reading.undivided import UndividedAnswers


@dataclass(slots=True)
class Undivided:
    """What one resource has read that nothing divides; its receipts wait until all of it is read."""

    answers: UndividedAnswers = field(default_factory=UndividedAnswers)
    waiting: list[Receipt] = field(default_factory=list)

    def take(self, package: Sequence[Receipt]) -> Sequence[Receipt]:
        """Keep the receipts that have to wait, without their rows; return the others."""
        for receipt in package:
            if not receipt.endpoint.divisible:
                self.answers.note(receipt)
                self.waiting.append(replace(receipt, answer=None))
        return [receipt for receipt in package if receipt.endpoint.divisible]


@dataclass(slots=True)
class Doubts:
    """What the resources of one extraction have read that nothing divides, held against one another's caps."""

    _ended: list[UndividedAnswers] = field(default_factory=list)
    _lengths: set[int] = field(default_factory=set)

    def settle(
        self, ended: Undivided, caps: Collection[int], *, row_cap: int, now: datetime
    ) -> tuple[Sequence[Receipt], Sequence[Receipt]]:
        """The receipts of a resource that has *ended*, and new ones of windows of others that had ended before.

        Whatever may have been cut is quarantined, and told once.

        Args:
            caps: that answers of this run proved.
            row_cap: that is configured, which then is the only one; 0 for none.
        """
        self._ended.insert(0, ended.answers)
        own, others = dict[tuple[str, object], Receipt](), list[Receipt]()
        for answers in self._ended:
            for receipt in answers.doubtful({*caps, *self._lengths}, row_cap=row_cap, now=now):
                self._lengths.add(receipt.rows)
                if answers is ended.answers:
                    own[receipt.parent_id, receipt.window] = receipt
                else:
                    others.append(receipt)
        return [own.get((receipt.parent_id, receipt.window), receipt) for receipt in ended.waiting], others
