"""Days and series that may have been cut, for all that their own reading shows (rules W4, L3). Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from ..planning.windows import Window
from ..reading.rows.receipts import Receipt
from ..reading.undivided import UndividedAnswers


@dataclass(slots=True)
class Undivided:
    """What one resource has read that nothing divides; its receipts wait until all resources have read theirs."""

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
    _doubtful: dict[tuple[str, str, Window], Receipt] | None = None

    def note(self, ended: Undivided) -> None:
        """What a resource has read."""
        self._ended.append(ended.answers)

    def settle(self, ended: Undivided, caps: Collection[int], *, row_cap: int, now: datetime) -> Sequence[Receipt]:
        """The receipts of one resource, once all have noted what they read; what may have been cut is quarantined.

        Args:
            caps: that answers of this run proved.
            row_cap: that is configured, which then is the only one; 0 for none.
        """
        if self._doubtful is None:
            found = [each for answers in self._ended for each in answers.doubtful(caps, row_cap=row_cap, now=now)]
            lengths = {receipt.rows for receipt in found}
            found += [each for answers in self._ended for each in answers.cut(lengths, now=now)]
            self._doubtful = {_key(receipt): receipt for receipt in found}
        return [self._doubtful.get(_key(receipt), receipt) for receipt in ended.waiting]


def _key(receipt: Receipt) -> tuple[str, str, Window]:
    return receipt.endpoint.name, receipt.parent_id, receipt.window
