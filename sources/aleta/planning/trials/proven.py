"""Caps that were proven in this run, and answers that beat them (rule W6). Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from .evidence import Contradiction

LARGER = "a larger answer"


@dataclass(slots=True)
class ProvenCaps:
    """All caps that were proven in this run: an API has one."""

    sizes: set[int] = field(default_factory=set)
    _answers: Counter[int] = field(default_factory=Counter)

    def see(self, count: int) -> Contradiction | None:
        """An answer of *count* rows came; it contradicts smaller caps that two answers had reached."""
        self._answers[count] += 1
        beaten = [cap for cap in self.sizes if cap < count and self._answers[cap] > 1]
        return Contradiction(sizes=beaten, why=LARGER) if beaten else None
