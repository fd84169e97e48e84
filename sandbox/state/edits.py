"""Edits of computed data: recomputed days, and points of a series set by hand. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Self

from ..world.jsontext import Num


@dataclass(frozen=True, slots=True, kw_only=True)
class Recomputed:
    """Days of a reporting entity, both ends included, with new figures; *salt* decides which."""

    reporting_entity: str
    first: int
    last: int
    salt: int

    def covers(self, reporting_entity: str, day: int) -> bool:
        return self.reporting_entity == reporting_entity and self.first <= day <= self.last


@dataclass(slots=True, kw_only=True)
class Edits:
    """All edits, oldest first; *points* is by the id of the point."""

    recomputed: list[Recomputed] = field(default_factory=list)
    points: dict[str, Num] = field(default_factory=dict)

    def snapshot(self) -> Self:
        """A copy that later edits do not change."""
        return type(self)(recomputed=list(self.recomputed), points=dict(self.points))
