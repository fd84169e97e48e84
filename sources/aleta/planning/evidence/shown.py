"""Rows that an answer showed and no window that was kept has, yet: they are looked for once more (rule W7). Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date

from ..cap import MOVED
from ..windows import Window, without
from .kept import KeptWindow
from .rows import Rows

SHIFT = 22  # bits that hold any ordinal


@dataclass(slots=True)
class ShownRows:
    """What answers showed that were not kept, of the parents that are being read; without what was kept since."""

    _rows: dict[str, dict[int, int]] = field(default_factory=dict)  # ids, and their first and last days in one number
    _again: set[str] = field(default_factory=set)  # parents that are read a second time
    _forgiven: dict[str, list[Window]] = field(default_factory=dict)
    _given_up: set[str] = field(default_factory=set)  # parents that were not read to the end
    _sought: dict[str, set[int]] = field(default_factory=dict)  # asked for in the windows that should have them

    def show(self, parent: str, rows: Rows, within: Window | None = None) -> None:
        """An answer was not kept; *within*: only what lies in that window for sure."""
        shown = self._rows.setdefault(parent, {})
        wanted, forgiven = None if within is None else rows.within(within), self._forgiven.get(parent, ())
        for own, first, last in zip(rows.ids, rows.first, rows.last, strict=True):
            if (wanted is None or own in wanted) and not any(_touches(window, first, last) for window in forgiven):
                shown[own] = first << SHIFT | last

    def forgive(self, parent: str, window: Window) -> None:
        """Nothing is known of these days, and that is said: their rows are not missing besides."""
        self._forgiven.setdefault(parent, []).append(window)
        shown = self._rows.get(parent, {})
        for own in [own for own, days in shown.items() if _touches(window, *_ends(days))]:
            del shown[own]

    def give_up(self, parent: str) -> None:
        """Nothing is known of its days without a window that was kept, and that is said."""
        self._given_up.add(parent)

    def keep(self, parent: str, rows: Rows) -> bool:
        """An answer was kept; whether all of its rows had been shown before."""
        shown = self._rows.get(parent, {})
        found = sum(shown.pop(own, None) is not None for own in rows.ids) if shown else 0
        return found == len(rows)

    def missing(self, parent: str, kept: Collection[KeptWindow]) -> Missing:
        """*parent* is read, or given up: what was shown, and is in no window that was *kept* and should have it."""
        if parent in self._given_up and self._rows.get(parent):
            for gap in _gaps(self._rows[parent].values(), kept):
                self.forgive(parent, gap)
        missing, holes = self._rows.get(parent, {}), dict[KeptWindow, set[int]]()
        for own, days in missing.items():
            for whole in kept:
                if _touches(whole.window, *_ends(days)):
                    holes.setdefault(whole, set()).add(own)
        return Missing(rows=frozenset(missing), holes=holes)

    def not_sought(self, parent: str, missing: Missing) -> dict[KeptWindow, set[int]]:
        """The windows that should have rows of which none was asked for them yet; from now on they were."""
        sought = self._sought.setdefault(parent, set())
        holes = {hole: rows - sought for hole, rows in missing.holes.items() if rows - sought}
        sought.update(*holes.values())
        return holes

    def forget(self, parent: str) -> None:
        """What was shown of *parent* is looked for no longer than by the next reading."""
        self._rows.pop(parent, None)

    def parents(self) -> list[str]:
        """Those of which rows were shown that no window has."""
        return [parent for parent, rows in self._rows.items() if rows]

    def again(self, parent: str) -> bool:
        """Read *parent* a second time: once in a run."""
        first = parent not in self._again
        self._again.add(parent)
        return first


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """Rows that were shown, and the windows that should have them: which of them each."""

    rows: Collection[int] = ()
    holes: dict[KeptWindow, set[int]] = field(default_factory=dict)

    @property
    def sizes(self) -> list[int]:
        """The sizes of the answers that are proven cut: they lack more rows than may have moved."""
        return [hole.count for hole, rows in self.holes.items() if len(rows) > MOVED]


def _ends(days: int) -> tuple[int, int]:
    return days >> SHIFT, days & ((1 << SHIFT) - 1)


def _gaps(shown: Iterable[int], kept: Iterable[KeptWindow]) -> list[Window]:
    """The days from the first row to the last that no window was kept of."""
    dates = [date.fromordinal(day) for days in shown for day in _ends(days) if day]
    return without([Window(min(dates), max(dates))] if dates else [], *(whole.window for whole in kept))


def _touches(window: Window, first: int, last: int) -> bool:
    return first <= window.last.toordinal() and window.first.toordinal() <= last
