"""Whether the days of a question are heeded: a server may overlook them, and show all rows whatever is asked. Pure.

The vendor's pages call the dates of some tables optional and name no parameter for others. Of such answers no part says
anything of the whole: each would be parted down to days, and the days quarantined.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from ..windows import Window
from .rows import NO_DAY, Rows

NEAR = 3  # days beside a window that a row may be of: the vendor's day may be another, and ends may not be read
REMEMBERED = 8  # rows of one parent: all of them come each time


@dataclass(slots=True)
class OverlookedDays:
    """The rows of one endpoint that came astray: far from the window that was asked.

    One window alone proves nothing: the server may compare a date that rows do not show. But then a row is in only one
    of two windows that share no day.
    """

    _astray: dict[str, dict[int, Window]] = field(default_factory=dict)  # by parent and row, where it was shown last

    def shown_by(self, parent: str, window: Window, rows: Rows) -> Window | None:
        """Take in an answer; the other window, where one of *rows* is astray in both and they share no day.

        Of that parent nothing is remembered any more.
        """
        known = self._astray.get(parent, {})
        for own in _astray(window, rows):
            if own in known and not known[own].overlaps(window):
                return self._astray.pop(parent)[own]
            if own in known or len(known) < REMEMBERED:
                known[own] = window
                self._astray[parent] = known
        return None


def _astray(window: Window, rows: Rows) -> Iterator[int]:
    first, last = window.first.toordinal() - NEAR, window.last.toordinal() + NEAR
    if rows and (min(rows.first) < first or max(rows.last) > last):
        for own, begins, ends in zip(rows.ids, rows.first, rows.last, strict=True):
            if begins != NO_DAY and (ends < first or begins > last):
                yield own
