"""Whose turn it is: of the parents that were begun, one after the other. Pure."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field

from .coverage import Coverage


@dataclass(slots=True)
class Turns:
    """The order of the parents that have a window to ask."""

    _turn: OrderedDict[str, None] = field(default_factory=OrderedDict)

    def queue(self, parent: str, *, first: bool = True) -> None:
        """*parent* has, or will have, a window to ask: it is the *first*, or the last, of those that wait."""
        self._turn[parent] = None
        self._turn.move_to_end(parent, last=not first)

    def next(self, plans: Mapping[str, Coverage], *, busy: bool, least: int, room: int) -> str | None:
        """A parent that may ask now.

        Args:
            plans: of the parents; one without a plan, or with nothing to ask, is forgotten here.
            busy: of which a window is out, or none.
            least: windows that a busy one may have ahead where there is no *room* for more.
        """
        done, found = [], None
        for parent in self._turn:
            plan = plans.get(parent)
            if plan is None or not plan.waiting:
                done.append(parent)
            elif plan.busy is busy and plan.ready and (not busy or plan.ahead < least or room > 0):
                found = parent
                break
        for parent in done:
            del self._turn[parent]
        return found
