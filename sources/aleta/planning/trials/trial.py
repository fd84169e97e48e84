"""Which answers that count as whole are put to the test, and how a test ends (rule W6). Pure.

A trial asks for one or two parts of a window again, with a border drawn by chance: they must show the same rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import cycle
from random import Random
from types import MappingProxyType

from ..cap import MOVED
from ..evidence import borders
from ..evidence.borders import NEWER, OLDER
from ..evidence.kept import Evidence, KeptWindow
from ..evidence.rows import Contrast, Rows, contrast
from ..experience import Experience, Shows
from ..windows import Window
from .sizes import repeated

SILENT = 20  # rows missing on the days without any, by the rate of the days before: that may be a cut
FIRST_OF_SIZE = 2  # answers of a repeated size that are tested
WIDE = 2  # a row's bytes, to those of the average one: by so much an answer cut by bytes may stay under the most
TELLING = MappingProxyType({Shows.FIRST: {NEWER}, Shows.LAST: {OLDER}, Shows.ANY: {OLDER, NEWER}})
"""The parts in which a cut answer leaves rows out, by the rows that it shows: the other part shows what it did."""
AGAIN = 3  # borders that are tried, where a part is as large as what was proven cut


class Why(StrEnum):
    """What made an answer suspicious."""

    LARGEST = "largest"
    WEIGHT = "weight"  # drawn with its rows as weight
    SIZE = "size"
    BYTES = "bytes"
    EDGE = "edge"
    ROWS = "rows"
    RANDOM = "random"
    LATE = "late"  # rows came late, in days that were covered


class Verdict(StrEnum):
    """How a trial ended."""

    PASSED = "passed"
    UNDECIDED = "undecided"  # another border is needed
    MOVED = "moved"  # a row or two may have moved: the whole must be asked again
    CUT = "cut"


BOTH = (Why.ROWS, Why.LATE)
"""Trials of two parts, where it is not known which rows are shown."""
READING = (Why.LARGEST, Why.WEIGHT)
ENDING = (Why.EDGE, Why.ROWS, Why.EDGE, Why.ROWS, Why.BYTES, Why.EDGE, Why.ROWS, Why.RANDOM)


@dataclass(slots=True, eq=False)
class Trial:
    """One test of one answer.

    Args:
        asks: for which parts.
        parts: what is asked, and the answers; nothing yet, where the rows of the window are not remembered.
        whole: the window asked again, where a row or two differed.
        failed: one of its requests did: it is judged by the answers that come all the same.
    """

    kept: KeptWindow
    why: Why
    asks: Sequence[int]
    parts: dict[Window, Rows | None] = field(default_factory=dict)
    whole: Rows | None = None
    tries: int = 1
    failed: bool = False
    _rows: Rows | None = field(init=False)  # of what is tested, which may be too much to remember meanwhile

    def __post_init__(self) -> None:
        self._rows = self.kept.rows

    @property
    def requests(self) -> int:
        """That it takes, if no row moves."""
        return len(self.asks) + (self.kept.rows is None)

    @property
    def forgotten(self) -> bool:
        """Whether all of the window must be asked for before its parts are."""
        return self._rows is None

    def recall(self, rows: Rows) -> None:
        """What the window shows now."""
        self._rows = rows

    @property
    def waits(self) -> bool:
        return any(rows is None for rows in self.parts.values())

    @property
    def shown(self) -> list[tuple[Window, Rows]]:
        return [(window, rows) for window, rows in self.parts.items() if rows is not None]

    def take(self, window: Window, rows: Rows) -> None:
        """An answer came, to a part or to the whole."""
        if window in self.parts:
            self.parts[window] = rows
        else:
            self.whole = rows

    def part(self, rng: Random) -> None:
        """Draw a border: these parts are asked."""
        assert self._rows is not None
        parts = borders.parts(self.kept.window, self._rows.days(self.kept.window), rng)
        self.parts = dict.fromkeys(parts[part] for part in self.asks)

    def again(self) -> None:
        """Try another border, and both parts."""
        self.tries += 1
        self.asks = OLDER, NEWER

    def contrast(self) -> Contrast:
        """How the parts differ from the window, as it was shown last: a row or two that only that shows came later."""
        found = contrast(self._shown_whole, self.shown)
        if self.whole is None or self._rows is None:
            return found
        later = self.whole.known() - self._rows.known()
        return found if len(later) > MOVED else found.but_for(later)

    @property
    def _shown_whole(self) -> Rows:
        """What the window showed, when it was asked last."""
        whole = self._rows if self.whole is None else self.whole
        assert whole is not None
        return whole

    def judge(self, cut: set[int]) -> Verdict:
        """How it ended, once all answers have come.

        Args:
            cut: sizes of answers that were proven cut: a part of such a size is no evidence.
        """
        found = self.contrast().count
        if not found and any(len(rows) in cut for _, rows in self.shown) and self.tries < AGAIN:
            return Verdict.UNDECIDED
        if not found:
            return Verdict.PASSED
        return Verdict.MOVED if found <= MOVED and self.whole is None else Verdict.CUT

    def sizes(self) -> list[int]:
        """The sizes of the answers that are proven cut."""
        found = self.contrast()
        lacking = [len(rows) for window, rows in self.shown if window in found.lacking]
        return [len(self._shown_whole), *lacking] if found.more else lacking


@dataclass(slots=True, kw_only=True)
class Choice:
    """Chooses what to test.

    Args:
        experience: says which rows a cut answer shows, as far as is known.
    """

    evidence: Evidence
    experience: Experience
    rng: Random
    _reading: Iterator[Why] = field(default_factory=lambda: cycle(READING))
    _ending: Iterator[Why] = field(default_factory=lambda: cycle(ENDING))
    _of_size: Counter[int] = field(default_factory=Counter)
    _back: bool = True  # the end that was looked at last, where it is not known which rows are shown

    def while_reading(self) -> Trial | None:
        return self._best(next(self._reading))

    def at_the_end(self) -> Trial | None:
        """The next trial of the budget; None where all that can be tested was."""
        return next(filter(None, (self._best(next(self._ending)) for _ in ENDING)), None)

    def suspect(self, parent: str) -> Trial | None:
        """A trial of the largest answer of one parent, if it can be tested."""
        free = self._testable(self.evidence.of(parent))
        return self.trial(max(free, key=lambda kept: kept.count), Why.LATE) if free else None

    def sizes(self, most: int) -> list[Trial]:
        """Trials of the answers whose sizes come too often; no more than *most*."""
        free = self._testable(self.evidence.all())
        counts = Counter(kept.count for kept in self.evidence.all() if kept.count and not kept.explained)
        chosen = []
        for size in repeated(counts):
            same = [kept for kept in free if kept.count == size and not kept.explained]
            self.rng.shuffle(same)
            more = same[: max(0, FIRST_OF_SIZE - self._of_size[size])]
            self._of_size[size] += len(more)
            chosen += more
        return [self.trial(kept, Why.SIZE, both=True) for kept in chosen[:most]]

    def bytes(self, most: int) -> list[Trial]:
        """Trials of the answers that are about as large, in bytes, as the largest of any kind; as above."""
        size = self.evidence.most_bytes
        large = [
            kept
            for kept in self._testable(self.evidence.all())
            if kept.size and kept.size + WIDE * kept.size / kept.count >= size
        ]
        return [self.trial(kept, Why.BYTES, both=True) for kept in large[:most]]

    def trial(self, kept: KeptWindow, why: Why, *, both: bool = False) -> Trial:
        shows = self.experience.shows
        if both or (shows is Shows.ANY and why in BOTH):
            asks = [OLDER, NEWER]
        elif why is Why.EDGE:
            asks = [self._edge]
        else:
            asks = [self.rng.choice(sorted(TELLING[shows] - kept.tried))]
        kept.tried = kept.tried.union(asks)
        return Trial(kept, why, asks)

    @property
    def _edge(self) -> int:
        """The end that is looked at: both in turn, where it is not known which rows are shown."""
        [*ends] = TELLING[self.experience.shows]
        return ends[0] if len(ends) == 1 else OLDER if self._back else NEWER

    def _testable(self, some: Iterable[KeptWindow]) -> list[KeptWindow]:
        """Those with a part left to ask for in which rows may have been left out."""
        telling = TELLING[self.experience.shows]
        return [kept for kept in some if kept.testable and telling - kept.tried]

    def _best(self, why: Why) -> Trial | None:
        free = self._testable(self.evidence.all())
        if why is Why.EDGE:
            self._back = not self._back
            edge = self._edge
            edged = [(kept.silence()[edge], n) for n, kept in enumerate(free) if kept.entire and edge not in kept.tried]
            score, index = max(edged, default=(0.0, 0))
            return self.trial(free[index], why) if score > SILENT else None
        if not free:
            return None
        match why:
            case Why.LARGEST | Why.ROWS:
                kept = max(free, key=lambda kept: kept.count)
            case Why.BYTES:
                kept = max(free, key=lambda kept: kept.size)
            case Why.WEIGHT:
                kept = self.rng.choices(free, [kept.count for kept in free])[0]
            case _:
                kept = self.rng.choice(free)
        return self.trial(kept, why)
