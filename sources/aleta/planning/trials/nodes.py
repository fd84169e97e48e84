"""The windows of a strict reading, as a tree, and the sizes of answers that were proven cut (rule W6). Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum

from ..windows import Window
from .evidence import Rows

REMEMBERED = 20  # sizes that were proven cut
SHARE = 0.5  # of the smallest answer ever proven cut: smaller ones count without parts
HOPELESS = 5  # rows: where so small an answer was cut, no answer can be believed, and what is left is quarantined


class State(Enum):
    """What is known of a node."""

    OPEN = 1  # asked, or to be
    ACCEPTED = 2
    PARTED = 3  # its parts count in its place
    QUARANTINED = 4


@dataclass(slots=True, eq=False)
class Node:
    """A window that is read strictly.

    Args:
        above: the node that it is a part of.
        owed: rows that an earlier answer showed of its days, and a later one did not.
        undivided: nothing smaller than itself vouches for it: a part showed as many rows, or it is a single day.
        same: how often it showed the rows that it showed last.
        why: it is in quarantine, where that is another reason than the fate's own.
    """

    parent: str
    window: Window
    above: Node | None = None
    rows: Rows | None = None
    parts: tuple[Node, ...] = ()
    owed: set[int] = field(default_factory=set)
    state: State = State.OPEN
    proven: bool = False
    undivided: bool = False
    same: int = 0
    asks: int = 0
    why: str = ""
    comparing: bool = False  # its parts are asked to be held against it

    def leaves(self) -> Iterator[Node]:
        """What counts of it, oldest first."""
        if self.state is not State.PARTED:
            yield self
            return
        for part in self.parts:
            yield from part.leaves()

    @property
    def settled(self) -> bool:
        return all(leaf.state is not State.OPEN for leaf in self.leaves())


@dataclass(slots=True, kw_only=True)
class CutSizes:
    """Sizes of answers that were proven cut; 0 where an empty one left out rows that came with the next.

    Args:
        empties: whether an empty answer may have been cut, as rows that were shown before suggest.
    """

    sizes: set[int] = field(default_factory=set)
    empties: bool = False

    def add(self, *sizes: int) -> None:
        """Answers of these *sizes* left out rows that others showed; one of none is only suspected by that."""
        self.sizes.update(filter(None, sizes))
        self.empties |= 0 in sizes

    def give_up(self) -> None:
        """An empty answer was proven cut: no answer can be believed."""
        self.sizes.add(0)

    @property
    def least(self) -> int:
        return min(self.sizes, default=0)

    @property
    def smallest(self) -> tuple[int, ...]:
        """What later runs remember: so many are enough to tell what may be cut."""
        return tuple(sorted(self.sizes)[:REMEMBERED])

    @property
    def hopeless(self) -> bool:
        """Whether no answer with rows can be believed."""
        return bool(self.sizes) and self.least < HOPELESS

    def suspects(self, count: int) -> bool:
        """Whether an answer of *count* rows may have been cut."""
        return count in self.sizes or (count > 0 and count >= self.least * SHARE)

    def doubts(self, count: int) -> bool:
        """Whether what counted as whole, and has *count* rows, is to be read again."""
        return self.suspects(count) if count else self.empties
