"""What the answers of one endpoint prove about the server's hidden row cap (rule W3). Pure.

Two facts are enough. An answer of n rows proves that the cap is at least n, so an answer with fewer rows than the
largest was not cut. And where the parts of a span hold more than its own answer did, that answer was cut, and its size
is the cap. No size is assumed.

A cap may be lowered overnight, and then an old belief would hide the loss. So only the answers of the same run clear
one another; what earlier runs believed can only make this one more careful.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

MOVED = 2  # rows that two answers show differently may have moved while we read


class Judgement(StrEnum):
    """What the evidence says of one answer."""

    WHOLE = "whole"
    SUSPECT = "suspect"  # the largest so far: cut or whole, only its parts can tell
    CUT = "cut"


@dataclass(slots=True, kw_only=True)
class RowCap:
    """A belief about the cap, and what this run's answers prove.

    Args:
        known: the cap, once an answer was proven cut; None before. Lives from run to run.
        configured: a `row_cap` the operator set; replaces the learning (0: none).
        divisible: whether windows can be asked in parts. Where they can not, nothing can be learned: only an answer of
            as many rows as a cap *elsewhere* is doubted.
        elsewhere: the caps that other endpoints of this server showed.
    """

    known: int | None = None
    configured: int = 0
    divisible: bool = True
    elsewhere: Collection[int] = ()
    overtaken: int = 0  # rows of an answer that was cut though a larger one came: the cap is no constant; 0 for none
    _largest: int = 0
    _proven_whole: int = 0  # an answer of this size, then the largest, was the sum of its parts

    def see(self, count: int) -> None:
        """Take in the size of an answer; one that beats the known cap ends the belief in it."""
        self._largest = max(self._largest, count)
        if self.known is not None and count > self.known:
            self.known = None

    def judge(self, count: int) -> Judgement:
        """Whether an answer of *count* rows, already seen, may be missing rows."""
        if count <= 1:
            return Judgement.WHOLE
        if self.configured:
            return Judgement.CUT if count >= self.configured else Judgement.WHOLE
        if not self.divisible:
            return Judgement.CUT if count in self.elsewhere else Judgement.WHOLE
        if self.known is not None and count >= self.known:
            return Judgement.CUT
        return Judgement.WHOLE if count < self._largest else Judgement.SUSPECT

    def add_up(self, whole: int, parts: int, *, complete: bool) -> None:
        """Compare an answer of *whole* rows with what the parts of its span held.

        Args:
            whole: rows in the answer that was split.
            parts: rows in the answers of the parts so far: no fewer rows exist.
            complete: whether every part has answered.
        """
        if self.configured:
            return
        if whole < self._largest:
            if parts > whole + MOVED:
                self.overtaken = whole
        elif parts > whole:
            self.known = whole
        elif complete:
            self._proven_whole = whole

    @property
    def largest(self) -> int:
        """Rows of the largest answer of this run: the cap is no smaller."""
        return self._largest

    @property
    def proven_whole(self) -> bool:
        """Whether an answer as large as the largest was the sum of its parts."""
        return 0 < self._largest == self._proven_whole

    @property
    def value(self) -> int | None:
        """The cap as far as it is known, for reports and for choosing where to split."""
        return self.configured or self.known
