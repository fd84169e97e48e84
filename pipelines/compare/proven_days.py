"""What one run has proven of each parent: spans of days without a gap, and the rows that reach beyond them."""

from __future__ import annotations

import bisect
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import date

import pyarrow as pa

from schemas.table import key_of
from sources.aleta.catalogue.endpoint import Endpoint
from sources.aleta.jsonapi.answer import Answer
from sources.aleta.planning.windows import Window, clusters

from ..ledger.marks import Mark
from ..warehouse.warehouse import Warehouse
from .rows.arrow_rows import reaches_beyond
from .rows.differences import differences
from .rows.findings import Conflict, Differences, Loss, Missed, Proven, Run, Unasked

MOST_STAMPS = 200_000
"""Rows: of what a run removes beyond, `first_seen_at` begins anew where a later package shows it (C5)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What the reading of one parent may conclude.

    Args:
        mark: as the run began.
        settles: a row that is missed is gone. A partial reading settles nothing: the row may have moved (D6).
        settles_inside: it is gone if all of its days were asked for: days beyond a history that was read before.
        reach: of a partial reading, all days that a reading of the whole history would ask for.
        ends: the span that is the whole history. A row that is missed may show itself in a later part of it, so what is
            missed is gone at its end; and once all of it is proven, rows out of reach of any window are judged (D7).
    """

    mark: Mark
    settles: bool = True
    settles_inside: bool = False
    reach: Window | None = None
    ends: Window | None = None


@dataclass(slots=True)
class _ProvenSpan:
    """Days of one parent without a gap; and what it showed on any day in this run.

    Args:
        elsewhere: other days of the same reading, with gaps between: those that are in doubt come later (W6).
    """

    window: Window
    straddling: list[tuple[Window, set[str]]] = field(default_factory=list)
    """Ids whose dates reach beyond the span, or are missing, by the days that showed them: oldest first, none twice."""
    closed: bool = False  # it proves nothing of what comes later
    elsewhere: list[Window] = field(default_factory=list)

    def take(self, window: Window) -> _ProvenSpan:
        """With *window*, which may fill a gap; or the one that begins there, where the days are read again."""
        self._forget(window)
        known = [self.window, *self.elsewhere]
        if self.closed or any(days.overlaps(window) for days in known):
            return _ProvenSpan(window, self.straddling)
        found = clusters([*known, window], apart=1)
        [own] = [days for days in found if days.covers(window)]
        return _ProvenSpan(own, self.straddling, elsewhere=[days for days in found if days is not own])

    def around(self, run: Window) -> Window:
        """The days without a gap that *run* is part of."""
        return next((days for days in (self.window, *self.elsewhere) if days.covers(run)), run)

    def note(self, window: Window, ids: set[str]) -> None:
        """Of the rows that *window* showed, those that reach beyond the span."""
        self._forget(window)
        bisect.insort(self.straddling, (window, ids), key=_first_day)

    def _forget(self, window: Window) -> None:
        """What those days showed before, they may not show any more. Searched: there may be thousands of windows."""
        first = bisect.bisect_left(self.straddling, window.first, key=lambda shown: shown[0].last)
        until = bisect.bisect_right(self.straddling, window.last, lo=first, key=_first_day)
        read_again = self.straddling[first:until]
        self.straddling[first:until] = [(left, ids) for days, ids in read_again for left in days.without(window)]


def _first_day(shown: tuple[Window, set[str]]) -> date:
    return shown[0].first


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvenWindow:
    """A window proven complete, and its rows."""

    parent_id: str
    window: Window
    answer: Answer


@dataclass(slots=True)
class ProvenDays:
    """One endpoint's windows of one run, reading by reading, package by package.

    They come in any order: those that were in doubt later (W6), and the newest first where older ones fail.

    Args:
        scope: what the reading of a parent may conclude.
    """

    endpoint: Endpoint
    scope: Callable[[str], Scope]
    parents: Collection[str] = ()
    unasked: dict[tuple[str, str], Unasked] = field(default_factory=dict)
    """By id and parent, rows that whole histories did not show, with the days that nobody asked for (D7): whoever is
    asked for the last of them, and does not show it, has it no more."""
    losses: dict[str, Loss] = field(default_factory=dict)  # by parent: what this run removed so far
    missed: dict[tuple[str, str], Missed] = field(default_factory=dict)
    """By id and parent, rows that partial readings did not show (D6): either account of an exchange may list it."""
    looked_for: dict[tuple[str, str], Missed] = field(default_factory=dict)  # missed, and whole histories are read next
    absent: dict[tuple[str, str], Missed] = field(default_factory=dict)
    """By id and parent, what was looked for: it is gone, unless the whole history shows it."""
    late: Counter[str] = field(default_factory=Counter)  # by parent: rows in days that were covered before, added now
    came: Counter[str] = field(default_factory=Counter)  # by parent: rows that this run added to it so far (D3)
    stamps: list[pa.Table] = field(default_factory=list)  # of rows that this run removed, and may show yet
    _ended: set[str] = field(default_factory=set)  # parents whose whole history has come
    _spans: dict[str, _ProvenSpan] = field(default_factory=dict)

    def follow(self, parents: Collection[str]) -> None:
        """Begin a reading: it proves by itself, and knows what those before it showed, missed and removed.

        Args:
            parents: all that the run reads. If it is limited to clients, a row that another parent lists too is not
                gone because these do not list it.
        """
        self.parents = parents
        self.absent, self.looked_for = self.looked_for, {}
        self.missed, self.late, self._ended = {}, Counter(), set()
        self._close(self._spans.keys())

    def compare(
        self, warehouse: Warehouse, package: Sequence[ProvenWindow], run: Run, *, ended: AbstractSet[str]
    ) -> Differences:
        """The package against the warehouse; with it, its windows are part of what is proven.

        Args:
            ended: parents whose whole history has come with it, but for days before the last that were left out: what
                was missed is gone. Of a parent of which days failed, nothing is: they may show it (D3).
        """
        self._ended |= ended
        proven, asked_for = self._prove(package), self._asked_for(package)
        read = sorted(package, key=lambda part: part.answer.fetched_at)  # of a row that moved the last reading counts
        with warehouse.open() as store:
            found = differences(
                store,
                self.endpoint,
                [part.answer.batch for part in read],
                proven,
                asked=[(part.parent_id, part.window) for part in read],
                seen_before=self._seen_before(package),
                run=run,
                missed_before={own_id for own_id, _ in (*self.missed, *self.absent, *self.unasked)},
                absent=[row for row in self.absent.values() if row.parent_id in self._ended]
                + [_missed(row) for row in asked_for if not row.days],
                readable=self.parents if run.clients else None,
                stamps=self.stamps,
            )
        found = replace(found, conflicts=[conflict for conflict in found.conflicts if not self._has_moved(conflict)])
        self.losses.update({loss.parent_id: loss for loss in found.losses})
        self.came.update(found.came)
        if found.stamps and sum(map(len, self.stamps)) < MOST_STAMPS:
            self.stamps.append(found.stamps)
        self._note_missed(found)
        self._note_unasked(found, asked_for)
        for proven_window in package:
            self._remember(proven_window)
        self._doubt({suspicion.parent_id for suspicion in found.suspicions} & self._spans.keys())
        return found

    def _doubt(self, parents: AbstractSet[str]) -> None:
        """More rows were gone than is believed: days that are read later must not make them gone one by one."""
        self._close(parents)
        for row in [row for row in self.unasked if row[1] in parents]:
            del self.unasked[row]

    def _close(self, parents: Iterable[str]) -> None:
        for parent in parents:
            self._spans[parent].closed = True

    def take_missed(self) -> list[Missed]:
        """What partial readings missed; whoever takes it looks for it in the whole histories.

        A row of which only some days were asked for is judged by these alone.
        """
        missed, self.missed = [*self.missed.values()], {}
        self.looked_for |= {(row.id, row.parent_id): row for row in missed if row.inside}
        return missed

    def _has_moved(self, conflict: Conflict) -> bool:
        """Whether the whole histories of all that had the row before are being read, and did not show it so far."""
        by = {parent for own_id, parent in self.absent if own_id == conflict.id}
        return bool(conflict.unasked) and by.issuperset(conflict.unasked)

    def _note_missed(self, found: Differences) -> None:
        self.late.update(found.late)
        for row in found.missed:
            if not self._waits(self.scope(row.parent_id)):
                self.missed[row.id, row.parent_id] = row
            elif row.inside:  # of what names days that nobody asks for, the whole history tells at its end (D7)
                self.absent[row.id, row.parent_id] = row
        self.missed = {key: row for key, row in self.missed.items() if key[0] not in found.found}
        self.absent = {
            (own_id, parent): row
            for (own_id, parent), row in self.absent.items()
            if own_id not in found.found and parent not in self._ended
        }

    def _asked_for(self, package: Sequence[ProvenWindow]) -> list[Unasked]:
        """What nobody asked for before and *package* did: with the days that are left."""
        windows = defaultdict(list)
        for part in package:
            windows[part.parent_id].append(part.window)
        return [
            replace(row, days=frozenset(day for day in row.days if not any(day in days for days in asked)))
            for row in self.unasked.values()
            if (asked := windows.get(row.parent_id))
        ]

    def _note_unasked(self, found: Differences, asked_for: Iterable[Unasked]) -> None:
        self.unasked.update({(row.id, row.parent_id): row for row in (*asked_for, *found.unasked)})
        over = [
            (own_id, parent) for (own_id, parent), row in self.unasked.items() if own_id in found.found or not row.days
        ]
        for row in over:
            del self.unasked[row]

    def _waits(self, scope: Scope) -> bool:
        """Whether a row that is missed may have moved to days that this reading comes to later."""
        return scope.settles and scope.ends is not None and self.endpoint.movable

    def _prove(self, package: Iterable[ProvenWindow]) -> list[Proven]:
        """A gap ends a span until it is filled; days that are read a second time (W6), and doubts (D3), begin anew."""
        windows: defaultdict[str, list[ProvenWindow]] = defaultdict(list)
        for part in package:
            before = self._spans.get(part.parent_id)
            self._spans[part.parent_id] = before.take(part.window) if before else _ProvenSpan(part.window)
            windows[part.parent_id].append(part)
        return [
            self._proven(parent, run, [part for part in parts if run.covers(part.window)])
            for parent, parts in windows.items()
            for run in clusters([part.window for part in parts], apart=1)
        ]

    def _proven(self, parent: str, run: Window, parts: Iterable[ProvenWindow]) -> Proven:
        """What is known of *parent* with *run*, days without a gap that *parts* of one package bring."""
        span, scope, loss = self._spans[parent].around(run), self.scope(parent), self.losses.get(parent)
        return Proven(
            parent_id=parent,
            span=span,
            new=run,
            covered=scope.mark.covered,
            first_load=scope.mark.verified_at is None and not scope.mark.loaded,
            settles=scope.settles and (parent in self._ended or not self._waits(scope)),
            settles_inside=scope.settles_inside,
            partial=not scope.settles,
            reach=scope.reach,
            lost=loss.gone if loss else 0,
            had=loss.rows if loss else 0,
            came=self.came[parent],
            chained=all(part.answer.chained for part in parts),
            ended=scope.ends is not None and span.covers(scope.ends),
        )

    def _seen_before(self, package: Iterable[ProvenWindow]) -> set[str]:
        parents = {proven_window.parent_id for proven_window in package}
        return {own_id for parent in parents for _, ids in self._spans[parent].straddling for own_id in ids}

    def _remember(self, proven_window: ProvenWindow) -> None:
        """A row seen here, whose dates reach beyond what is proven, must not count as gone when the rest is."""
        if not (self.endpoint.dates and self.endpoint.dates.columns):
            return
        span, batch = self._spans[proven_window.parent_id], proven_window.answer.batch
        beyond = reaches_beyond(batch, self.endpoint.dates.columns, span.window)
        if ids := batch[key_of(self.endpoint.schema)[0]].filter(beyond).to_pylist():
            span.note(proven_window.window, set(ids))


def _missed(row: Unasked) -> Missed:
    return Missed(id=row.id, parent_id=row.parent_id, window=Window(date.min, date.max), late=row.late)
