"""What answers showed, row by row, so that one answer can be held against another (rules W6, W7). Pure.

Rows are told apart by a number made of their id. Which of a row's dates the server compares is not known, so a row must
be shown by a window only if all of its dates lie in it.
"""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Self

from ..windows import Window
from . import borders

NO_DAY = 0  # stands for the dates of a row that has none: no window must show it
OLDER, NEWER = 0, 1  # the two parts of a window, as `borders.parts` has them


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


@dataclass(slots=True, eq=False)
class KeptWindow:
    """An answer that counts as whole.

    Args:
        rows: what it showed; None where that was too much to remember.
        entire: whether it is all that its parent was asked for.
        proven: its parts showed the same rows.
        rests_on: rows of the largest part that proved it, of those that have parts themselves.
        explained: all of its rows had been shown by an answer that was cut, so the planner chose its size.
        tried: the parts of it that were asked for again, by trials of one part.
    """

    parent: str
    window: Window
    count: int
    rows: Rows | None
    size: int = 0
    entire: bool = False
    proven: bool = False
    rests_on: int = 0
    explained: bool = False
    tried: frozenset[int] = frozenset()
    _silence: tuple[float, float] | None = None

    @classmethod
    def of(cls, parent: str, window: Window, rows: Rows, *, entire: bool, explained: bool) -> Self:
        """An answer that showed *rows*; one that no cap cuts is proven by that."""
        return cls(parent, window, len(rows), rows, rows.size, entire=entire, proven=rows.whole, explained=explained)

    def prove(self, parts: Iterable[tuple[Window, Rows]]) -> None:
        """Its *parts* show the same rows."""
        self.proven, self.rests_on = True, largest_divisible(parts)

    @property
    def testable(self) -> bool:
        """Whether its parts can be held against it, and were not."""
        return self.count > 0 and self.window.days > 1 and not self.proven

    def silence(self) -> tuple[float, float]:
        """See `borders.silence`: at the older end, at the newer."""
        if self._silence is None:
            days = self.rows.days(self.window) if self.rows is not None else []
            ends = (borders.silence(self.window, days, back=back) for back in (True, False))
            self._silence = next(ends), next(ends)
        return self._silence

    def forget(self) -> None:
        """Remember none of its rows: who tests it asks for all of it once more."""
        self.silence()
        self.rows = None


def largest_divisible(parts: Iterable[tuple[Window, Rows]]) -> int:
    """The rows of the largest of *parts* that has parts itself; 0 where none has."""
    return max((len(rows) for window, rows in parts if window.days > 1), default=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradiction:
    """The cap is not one constant number of rows.

    Args:
        sizes: of answers that are proven cut.
        why: what showed it.
        doubted: windows that were kept and lack rows.
    """

    sizes: Sequence[int]
    why: str
    doubted: Collection[KeptWindow] = ()


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


@dataclass(slots=True)
class Evidence:
    """All answers that count as whole, in the order they were kept, and the largest of any kind.

    Args:
        most_rows: as many rows may be remembered; from then on, the oldest are forgotten (C5).
    """

    most_rows: int = 1_000_000
    most_bytes: int = 0
    _kept: dict[tuple[str, Window], KeptWindow] = field(default_factory=dict)
    _of: dict[str, dict[Window, KeptWindow]] = field(default_factory=dict)
    _rows: int = 0

    def keep(self, kept: KeptWindow) -> None:
        self.drop(kept.parent, kept.window)
        self._kept[kept.parent, kept.window] = kept
        self._of.setdefault(kept.parent, {})[kept.window] = kept
        self._rows += kept.count
        if self._rows > self.most_rows:
            self._forget()

    def drop(self, parent: str, window: Window) -> None:
        """It does not count any more."""
        kept = self._kept.pop((parent, window), None)
        if kept is not None:
            del self._of[parent][window]
            self._rows -= kept.count if kept.rows is not None else 0

    def holds(self, kept: KeptWindow) -> bool:
        return self._kept.get((kept.parent, kept.window)) is kept

    def all(self) -> list[KeptWindow]:
        return list(self._kept.values())

    def of(self, parent: str) -> list[KeptWindow]:
        return list(self._of.get(parent, {}).values())

    def _forget(self) -> None:
        for kept in self._kept.values():
            if self._rows <= self.most_rows // 2:
                return
            if kept.rows is not None:
                self._rows -= kept.count
                kept.forget()
