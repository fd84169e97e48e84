"""Whether windows are heeded: a server that overlooks them shows all of its rows, whichever days are asked for. Pure.

The vendor's pages call the dates of some tables optional and name no parameter for others. Of such answers no part says
anything of the whole: each would be parted down to days, and the days quarantined.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from ..windows import Window
from .rows import NO_DAY, Rows

NEAR = 3  # days beside a window that a row may be of: the vendor's day may be another, and ends may not be read
REMEMBERED = 64  # rows of one parent


@dataclass(slots=True)
class Heed:
    """The rows of one endpoint that came astray, though far from the window that was asked.

    One alone proves nothing: the server may compare a date that rows do not show. But each day has such a date once.
    """

    _astray: dict[str, dict[int, Window]] = field(default_factory=dict)

    def contradicts(self, parent: str, window: Window, rows: Rows) -> Window | None:
        """Take in an answer: the days that showed one of its *rows* astray, if none of these is of *window*."""
        known = self._astray.get(parent, {})
        if known:
            for own in known.keys() & rows.ids:
                if not known[own].overlaps(window):
                    return known[own]
        for own in islice(_astray(window, rows), REMEMBERED - len(known)):
            self._astray.setdefault(parent, {}).setdefault(own, window)
        return None


def _astray(window: Window, rows: Rows) -> Iterator[int]:
    first, last = window.first.toordinal() - NEAR, window.last.toordinal() + NEAR
    if rows and (min(rows.first) < first or max(rows.last) > last):
        for own, begins, ends in zip(rows.ids, rows.first, rows.last, strict=True):
            if begins != NO_DAY and (ends < first or begins > last):
                yield own
