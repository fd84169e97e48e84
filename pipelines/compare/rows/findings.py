"""What a comparison of rows is given, and what it finds. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TypeAlias

import pyarrow as pa

from sources.aleta.planning.windows import Window

from ...warehouse.package import Rows

AskedFor: TypeAlias = tuple[str, Window | None]
"""The parent whose rows an answer has, and the days that it was asked for; None where these are not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proven:
    """What this run has proven of one parent, up to and with this package.

    Args:
        span: read without a gap in this run.
        new: the days that this package adds to it: others were compared by an earlier package.
        covered: what was covered before this run began; None at a first load.
        first_load: its history was never read to its end: what is added is no news.
        settles: a row that is missed is gone. Not in a partial reading, for it may have moved out of what is read (D6);
            nor in one of the whole history before its end, for it may have moved to days that come later.
        settles_inside: of a partial reading, a row that is missed and names no other day is gone all the same.
        partial: its reading is none of the whole history: what it had may be on other days now.
        reach: of a partial reading, all days that a reading of the whole history would ask for.
        ended: with this package its whole history is read: rows out of reach of any window are judged too (D7).
        lost: of its rows, those that earlier packages of this run removed.
        had: rows before the first of these; 0 if there were none.
        came: rows that earlier packages of this run added to it.
        chained: its answers came in pages, the last of which says so (v1): no cap cut them.
    """

    parent_id: str
    span: Window
    new: Window
    covered: Window | None
    first_load: bool
    settles: bool = True
    settles_inside: bool = False
    partial: bool = False
    reach: Window | None = None
    ended: bool = False
    lost: int = 0
    had: int = 0
    came: int = 0
    chained: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """So many rows of one parent are gone; where that is more than is believed at once, they are not removed.

    Args:
        left: of a series or a day, how many rows it shows now; 0 if the rows of the parent were counted.
    """

    parent_id: str
    gone: int
    rows: int
    left: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """A row that a reading did not show where it was, and that may have moved (D6).

    Args:
        window: holds all its days.
        late: they were covered before this run.
        inside: all of them were asked for; not only some, so that it may be listed on another.
    """

    id: str
    parent_id: str
    window: Window
    late: bool = False
    inside: bool = True

    def width(self) -> tuple[int, str]:
        """How many days it names, for an order."""
        return self.window.days, self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Unasked:
    """A row that a whole history did not show, and that may be listed on *days* out of its reach (D7)."""

    id: str
    parent_id: str
    days: frozenset[date]
    late: bool = False


def unasked_days(rows: Iterable[Unasked]) -> Mapping[str, set[date]]:
    """By parent, all their days that nobody asked for."""
    days: dict[str, set[date]] = {}
    for row in rows:
        days.setdefault(row.parent_id, set()).update(row.days)
    return days


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """One id that has two contents, or may have (D8).

    Args:
        parents: whose answers or rows have it, each with the days of what it has, or on which it was shown;
            None: no window is known to list it.
        unasked: of these, who had it before, and whose answers in this package cannot have shown it.
    """

    id: str
    parents: Mapping[str, Window | None]
    unasked: Collection[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Differences:
    """What a package changes.

    Args:
        missed: rows to look for before anybody calls them removed.
        unasked: rows of whole histories, which are gone unless further days show them.
        late: by parent, rows that partial readings add in days that were covered: how many.
        found: of the rows missed before, those that this package shows.
        conflicts: ids that have two contents, or may have; the newer reading is kept.
        losses: by parent, what is removed of it, with what earlier packages removed.
        came: by parent, the rows that it did not have.
        stamps: of rows that are removed: when they were first seen and last changed, should a later package show them.
        removed: some of the rows that are removed, of each parent those that name the fewest days.
    """

    rows: Rows
    changes: Rows | None  # where the endpoint has a feed, or the run describes every change
    counts: Counter[str]
    suspicions: Sequence[Loss]
    missed: Sequence[Missed] = ()
    unasked: Sequence[Unasked] = ()
    late: Mapping[str, int] = field(default_factory=dict)
    found: Collection[str] = ()
    conflicts: Sequence[Conflict] = ()
    losses: Sequence[Loss] = ()
    came: Mapping[str, int] = field(default_factory=dict)
    stamps: pa.Table | None = None
    removed: Sequence[Missed] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Whose differences these are.

    Args:
        tells_all: every change is described, also where no feed keeps it.
        distrusts: the rows in the warehouse are hashed again, instead of trusting their `row_hash`.
        clients: only these are read; what hangs below others is neither changed nor removed. Empty: all.
        caps: on the rows of an answer, that answers proved by now.
        row_cap: that the configuration knows of, which then is the only one; 0 for none.
    """

    run_id: str
    now: datetime
    max_removed_share: float
    tells_all: bool = False
    distrusts: bool = False
    clients: Sequence[str] = ()
    caps: Collection[int] = ()
    row_cap: int = 0
