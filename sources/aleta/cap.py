"""What the answers of one endpoint prove about the server's hidden row cap (rule W3). Pure.

Two facts are enough. An answer of n rows proves that the cap is at least n, so an answer with fewer rows than the
largest was not cut. And where the parts of a span hold more than its own answer did, that answer was cut, and its size
is the cap. No size is assumed.

A cap may be lowered overnight, and then old beliefs would hide the loss. So the largest answer of every run is proven
by its parts once more, whatever earlier runs believed: a cut answer is always the largest of its run.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Judgement(StrEnum):
    """What the evidence says of one answer."""

    WHOLE = "whole"
    SUSPECT = "suspect"  # the largest so far: cut or whole, only its parts can tell
    CUT = "cut"


@dataclass(slots=True, kw_only=True)
class RowCap:
    """A belief about the cap, and what it rests on; `known` and `largest` live from run to run.

    Args:
        known: the cap, once an answer was proven cut; None before.
        largest: rows of the largest answer ever seen.
        configured: a `row_cap` the operator set; replaces the learning (0: none).
    """

    known: int | None = None
    largest: int = 0
    configured: int = 0
    _run_largest: int = 0
    _proven_whole: int = 0  # of this run: an answer of this size, then the largest, was the sum of its parts

    def see(self, count: int) -> None:
        """Take in the size of an answer; one that beats the known cap ends the belief in it."""
        self._run_largest = max(self._run_largest, count)
        self.largest = max(self.largest, count)
        if self.known is not None and count > self.known:
            self.known = None

    def judge(self, count: int) -> Judgement:
        """Whether an answer of *count* rows, already seen, may be missing rows."""
        if count <= 1:
            return Judgement.WHOLE
        if self.configured:
            return Judgement.CUT if count >= self.configured else Judgement.WHOLE
        if self.known is not None and count >= self.known:
            return Judgement.CUT
        if count < self._run_largest or (count < self.largest and count == self._proven_whole):
            return Judgement.WHOLE
        return Judgement.SUSPECT

    def add_up(self, whole: int, parts: int, *, complete: bool) -> None:
        """Compare an answer of *whole* rows with what the parts of its span held.

        Args:
            parts: rows in the answers of the parts so far: no fewer rows exist.
            complete: whether every part has answered.
        """
        if self.configured or whole < self._run_largest:
            return
        if parts > whole:
            self.known = self.largest = whole
        elif complete:
            self._proven_whole = whole

    @property
    def value(self) -> int | None:
        """The cap as far as it is known, for reports and for choosing where to split."""
        return self.configured or self.known
