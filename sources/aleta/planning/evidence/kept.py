"""Answers that count as whole (rules W6, W7). Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Self

from ..windows import Window
from . import borders
from .rows import Rows


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
