"""Keeps receipts back for a while: a trial may still put their windows in doubt (rule W6).

What is handed on is compared with the warehouse and committed. Held back are as many rows as fit into memory (C5), and
only for some seconds, so that a crash loses little (C1).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator

from ...clock import Clock
from ...jsonapi.answer import Answer
from ...planning.windows import Window
from .receipts import Receipt

HELD_ROWS = 50_000
HELD_S = 15.0


class Holding:
    """Receipts in the order they were given.

    Args:
        rows: so many may be held; 0 for none.
    """

    def __init__(self, clock: Clock, *, rows: int = HELD_ROWS) -> None:
        self._clock = clock
        self._most = rows
        self._rows = 0
        self._number = 0
        self._held: OrderedDict[int, tuple[float, Receipt]] = OrderedDict()
        self._kept: dict[tuple[str, Window], int] = {}

    def add(self, receipt: Receipt) -> None:
        """A window that is held already, and was read again meanwhile, is handed on once."""
        if receipt.answer:
            self.take_back(receipt.parent_id, receipt.window)
        self._number += 1
        self._held[self._number] = self._clock.monotonic(), receipt
        if receipt.answer:
            self._kept[receipt.parent_id, receipt.window] = self._number
            self._rows += receipt.rows

    def take_back(self, parent_id: str, window: Window) -> Answer | None:
        """The answer of a window that was kept, and is in doubt; None where it was handed on."""
        number = self._kept.pop((parent_id, window), 0)
        if not number:
            return None
        _, receipt = self._held.pop(number)
        self._rows -= receipt.rows
        return receipt.answer

    def release(self, *, everything: bool = False) -> Iterator[Receipt]:
        """Hand on what is held for long enough, or is too much."""
        while self._held:
            number, (since_s, receipt) = next(iter(self._held.items()))
            young = self._clock.monotonic() - since_s < HELD_S
            if young and self._rows <= self._most and self._most and not everything:
                return
            del self._held[number]
            if receipt.answer:
                del self._kept[receipt.parent_id, receipt.window]
                self._rows -= receipt.rows
            yield receipt
