"""What a planner asks, and what it says of the answers. Pure."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from enum import StrEnum

from .coverage import Asked
from .windows import Window


class Fate(StrEnum):
    """What became of a window."""

    KEPT = "kept"
    SPLIT = "split"
    TOO_WIDE = "too_wide"
    QUARANTINED = "quarantined"
    CHECKED = "checked"  # asked only to be held against another answer
    DOUBTED = "doubted"  # was kept; it is kept again if its parts agree
    DROPPED = "dropped"  # was kept, and is asked for again


@dataclass(frozen=True, slots=True)
class Decision:
    """What became of a window of *parent*. Kept ones come oldest first, so that a mark can follow them.

    Args:
        why: the reason, where it is another than the fate's own.
    """

    parent: str
    window: Window
    fate: Fate
    count: int = 0
    why: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """A window to read for one parent."""

    parent: str
    asked: Asked
    proof: bool = False  # only the size of the answer matters: nothing of it is kept
    trial: Hashable = None  # what it is asked for, where it is to test another answer: nothing of it is kept

    @property
    def window(self) -> Window:
        return self.asked.window


@dataclass(frozen=True, slots=True)
class Proof:
    """The largest answer of a run: asked again, it shows in one request that the cap has not come down since."""

    parent: str
    window: Window
    count: int


def larger(one: Proof | None, other: Proof | None) -> Proof | None:
    """That of the larger answer; *one* where they are equal, and whichever there is."""
    if one is None or other is None:
        return one or other
    return other if other.count > one.count else one
