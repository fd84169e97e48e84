"""Caps that were proven in this run, and answers that beat them (rule W6). Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from .kept import KeptWindow

LARGER = "a larger answer"


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
