"""The windows of a strict reading, as a tree, and the sizes of answers that were proven cut (rule W6). Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum

from ..cap import MOVED
from ..evidence.kept import KeptWindow
from ..evidence.rows import Rows
from ..windows import Window

REMEMBERED = 20  # sizes that were proven cut
SHARE = 0.5  # of the smallest answer ever proven cut: smaller ones count without parts
LARGE = 20  # rows
SELDOM = 2  # times that a row or two of a large answer move while it is held against its parts
MANY = 10  # of so many cut answers more than one lacks a row or two: that is how this server cuts
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
        rests_on: the rows of the largest part that vouches for it, of those that have parts themselves.
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
    rests_on: int = 0
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
    _lacking: int = 0  # large answers that lacked a row or two
    _losing: int = 0  # answers that lacked more
    _lightest: int = 0  # bytes of the smallest answer that was proven cut; 0 where that is not known

    def note(self, size: int, *, by: int, weight: int = 0) -> None:
        """An answer of *size* rows lacks *by* rows: it was cut, but for what may only have moved, and seldom does.

        Args:
            weight: its bytes; 0 for not known.
        """
        self._lacking += size >= LARGE and 0 < by <= MOVED
        self._losing += by > MOVED
        if by > MOVED or (by and size >= LARGE and self._lacking > SELDOM):
            self.add(size)
            self.weigh(weight)

    def weigh(self, weight: int) -> None:
        """An answer of so many bytes was proven cut: it may be bytes that the server counts."""
        self._lightest = min(weight, self._lightest or weight) or self._lightest

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
    def reach(self) -> tuple[int, int, bool, bool]:
        """Changes with what decides which answers are doubted: any size, for a day that is full has just its own."""
        return len(self.sizes), self._lightest, self.empties, self.often  # sizes are added, until all is read anew

    @property
    def hopeless(self) -> bool:
        """Whether no answer with rows can be believed."""
        return bool(self.sizes) and self.least < HOPELESS

    def suspects(self, count: int, weight: int = 0) -> bool:
        """Whether an answer of *count* rows and so many bytes may have been cut."""
        large = count >= self.least * SHARE or (self._lightest > 0 and weight >= self._lightest * SHARE)
        return count in self.sizes or (count > 0 and large)

    def reached(self, count: int, weight: int) -> bool:
        """Whether it is as large as one that was proven cut."""
        return count >= self.least or 0 < self._lightest <= weight

    @property
    def often(self) -> bool:
        """Whether so many cut answers lack but a row or two that a whole and its part may lack the same."""
        return self._lacking > max(SELDOM, self._losing // MANY)

    def may_lack(self, count: int) -> bool:
        """Whether a part of *count* rows is no evidence for its whole, though both show the same."""
        return self.often and count > 0 and self.suspects(count)

    def doubts(self, kept: KeptWindow) -> bool:
        """Whether what counted as whole is to be read again."""
        if kept.proven:
            return self.may_lack(kept.rests_on)
        return self.suspects(kept.count, kept.size) if kept.count else self.empties
