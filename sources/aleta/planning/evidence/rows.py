"""What answers showed, row by row, so that one answer can be held against another (rules W6, W7). Pure.

Rows are told apart by a number made of their id. Which of a row's dates the server compares is not known, so a row must
be shown by a window only if all of its dates lie in it.
"""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from ..windows import Window

NO_DAY = 0  # stands for the dates of a row that has none: no window must show it


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """The rows of one answer.

    Args:
        ids: a number for each, equal for equal ids.
        first, last: the ordinals of its first and last date.
        size: bytes of the answer; 0 for not known.
        whole: no cap on rows cuts such an answer: its last page said that it is the last.
    """

    ids: Sequence[int] = field(default_factory=lambda: array("q"))
    first: Sequence[int] = field(default_factory=lambda: array("i"))
    last: Sequence[int] = field(default_factory=lambda: array("i"))
    size: int = 0
    whole: bool = False

    @classmethod
    def of_days(cls, ids: Iterable[int], days: Iterable[date], *, size: int = 0) -> Rows:
        """Rows that have one date each."""
        ordinals = array("i", [day.toordinal() for day in days])
        return cls(ids=array("q", ids), first=ordinals, last=ordinals, size=size)

    def __len__(self) -> int:
        return len(self.ids)

    def known(self) -> set[int]:
        return set(self.ids)

    def without(self, others: Collection[int]) -> Rows:
        """Those that are none of *others*."""
        dated = [row for row in zip(self.ids, self.first, self.last, strict=True) if row[0] not in others]
        ids, first, last = zip(*dated, strict=True) if dated else ((), (), ())
        return Rows(ids=ids, first=first, last=last)

    def within(self, window: Window) -> set[int]:
        """The rows that every answer to *window* must show."""
        first, last = window.first.toordinal(), window.last.toordinal()
        dated = zip(self.ids, self.first, self.last, strict=True)
        return {own for own, begins, ends in dated if first <= begins and ends <= last}

    def days(self, window: Window) -> list[int]:
        """The ordinals of the rows' first dates in *window*, sorted."""
        first, last = window.first.toordinal(), window.last.toordinal()
        dated = zip(self.first, self.last, strict=True)
        inside = (begins if begins >= first else ends for begins, ends in dated if begins)
        return sorted(day for day in inside if first <= day <= last)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contrast:
    """How the answers to parts of a window differ from the answer to the whole.

    Args:
        more: rows of the parts that the whole did not show.
        lacking: for each part, rows that the whole showed of its days, and it did not.
    """

    more: set[int]
    lacking: dict[Window, set[int]]

    @property
    def count(self) -> int:
        """Rows that differ: one that moved from part to part is one."""
        return len(self.more.union(*self.lacking.values()))

    def but_for(self, later: set[int]) -> Contrast:
        """Without what no part could show: it came *later*."""
        lacking = {window: rows - later for window, rows in self.lacking.items()}
        return Contrast(more=self.more, lacking={window: rows for window, rows in lacking.items() if rows})


def contrast(whole: Rows, parts: Iterable[tuple[Window, Rows]]) -> Contrast:
    """Hold *parts* of a window against the whole."""
    shown, known, lacking = set[int](), whole.known(), {}
    for window, rows in parts:
        found = rows.known()
        shown |= found
        lacking[window] = whole.within(window) - found
    return Contrast(more=shown - known, lacking={window: rows for window, rows in lacking.items() if rows})
