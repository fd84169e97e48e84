"""Of ids that may stand for two contents, whoever may have one is asked once more (rule D8)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Protocol

import pyarrow as pa
import pyarrow.compute as pc

from schemas.table import answered, key_of
from sources.aleta.catalogue.endpoint import Endpoint
from sources.aleta.planning.windows import YEAR_DAYS, Window, clusters, one_each
from sources.aleta.reading.rows.fetch import Receipt, Status

from ...compare.row_hash import is_type
from ...ledger.ledger import Doubled
from ..events import Confronted

FAR_DAYS = 5 * YEAR_DAYS  # of a window that holds two days of one row; of one that was asked for as it is, fewer


class Asks(Protocol):
    """Who asks the API."""

    def listed(self, endpoint: Endpoint) -> Collection[str]:
        """The parents that this run can ask."""

    def is_gone(self, endpoint: Endpoint, parent: str) -> bool:
        """Whether the API does not have a parent any more, be it since an earlier run."""

    def whole(self, endpoint: Endpoint, parent: str) -> Window:
        """All days of a parent's history."""

    def look(self, endpoint: Endpoint, spans: Mapping[str, Window]) -> Iterator[Receipt]:
        """Ask each parent for days; the answers are evidence, and are not loaded."""

    def read_whole(
        self, endpoint: Endpoint, parents: Collection[str], watch: Callable[[Receipt], None] = lambda _: None
    ) -> None:
        """Read and load whole histories; *watch* is told of each receipt."""

    def distrust(self, endpoint: Endpoint, parents: Mapping[str, Window]) -> None:
        """Read whole histories again and strictly, whose answers left out rows of these days."""

    def read_days(
        self, endpoint: Endpoint, spans: Mapping[str, Window], watch: Callable[[Receipt], None] = lambda _: None
    ) -> None:
        """Read and load days that rows name, out of the reach of a whole history; no mark grows by them."""


@dataclass(slots=True, kw_only=True)
class Contents:
    """What answers show of some *ids*."""

    ids: Collection[str]
    failed: set[str] = field(default_factory=set)  # parents of which some days could not be read
    _shown: dict[tuple[str, str], set[tuple[object, ...]]] = field(default_factory=lambda: defaultdict(set))
    """By id and the parent that shows it."""

    def note(self, receipt: Receipt) -> None:
        """Take in what an answer shows, or that there is none."""
        if receipt.status in {Status.FAILED, Status.QUARANTINED}:
            self.failed.add(receipt.parent_id)
        if receipt.answer is None:
            return
        batch, key = receipt.answer.batch, key_of(receipt.endpoint.schema)[0]
        names = [column.name for column in answered(receipt.endpoint.schema) if not is_type(column)]
        for row in batch.filter(pc.is_in(batch[key], pa.array([*self.ids], pa.string()))).to_pylist():
            self._shown[row[key], receipt.parent_id].add(tuple(row[name] for name in names))

    @property
    def doubled(self) -> set[str]:
        """The ids that were shown with two contents."""
        contents: dict[str, set[tuple[object, ...]]] = defaultdict(set)
        for (own_id, _), shown in self._shown.items():
            contents[own_id] |= shown
        return {own_id for own_id, shown in contents.items() if len(shown) > 1}

    def shows(self, own_id: str, parent: str) -> bool:
        return (own_id, parent) in self._shown

    def all_show(self, own_id: str, parents: Collection[str]) -> bool:
        return all(self.shows(own_id, parent) for parent in parents)

    def after(self, earlier: Contents) -> Contents:
        """With what parents showed *earlier* on days that were not asked for again: beyond their whole histories."""
        return replace(self, _shown=defaultdict(set, {**earlier._shown, **self._shown}))


def confront(
    asks: Asks,
    endpoint: Endpoint,
    conflicts: Mapping[str, Doubled],
    *,
    new: Collection[str],
    narrowed: bool,
) -> Confronted:
    """Ask all that may have an id for the days of what they have.

    Where all show it, with two contents, that is all. Where one does not, it may have moved within its history, as a
    row that is missed (D6): the histories of all are read, and days beyond them on which one shows it; that is kept.

    Args:
        conflicts: by id, who may have it.
        new: ids that this run found, so that what the answers show is loaded already.
        narrowed: only some clients are read.
    """
    listed = set(asks.listed(endpoint))
    ids = {
        own_id: {parent: days for parent, days in parents.items() if parent in listed}
        for own_id, parents in conflicts.items()
        if all(parent in listed or asks.is_gone(endpoint, parent) for parent in parents)
    }
    whole = {parent: asks.whole(endpoint, parent) for parents in ids.values() for parent in parents}
    seen = look_once_more(ids, look=partial(asks.look, endpoint), whole=whole)
    standing = {own_id for own_id in seen.doubled if seen.all_show(own_id, ids[own_id])}
    same = {own_id for own_id in ids if own_id in new and seen.all_show(own_id, ids[own_id])} - standing
    again = {own_id: parents for own_id, parents in ids.items() if own_id not in standing | same}
    read = _read_whole(asks, endpoint, again, failed=seen.failed)
    standing |= read.after(seen).doubled & again.keys()
    left = {own_id: parents for own_id, parents in again.items() if own_id not in standing}
    for spans in rounds(_beyond(left, seen, whole=whole)):
        asks.read_days(endpoint, spans, read.note)
    unread = {own_id for own_id, parents in again.items() if read.failed & parents.keys()}
    return Confronted(
        resource=endpoint.name,
        standing=standing,
        over=same | again.keys() - standing - unread,
        elsewhere={own_id for own_id, parents in conflicts.items() if narrowed and not listed & parents.keys()},
    )


def look_once_more(
    ids: Mapping[str, Doubled],
    *,
    look: Callable[[Mapping[str, Window]], Iterator[Receipt]],
    whole: Mapping[str, Window],
) -> Contents:
    """Ask all that may have one of *ids* for the days of what they have.

    Where these are far from each other: for the *whole* history, and for both by themselves, which may lie beyond it.
    Where none are known: for the whole history, and for days beyond it that the others have it on.
    """
    seen = Contents(ids=ids.keys())
    windows: dict[str, list[Window]] = defaultdict(list)
    for parents in ids.values():
        for parent, parts in _asked(parents, whole).items():
            alone = parents[parent] and len(parts) == 1
            windows[parent] += [whole[parent], *parts] if parent in whole and not alone else parts
    for spans in rounds({parent: days for parent, days in windows.items() if days}):
        for receipt in look(spans):
            seen.note(receipt)
    return seen


def _asked(parents: Doubled, whole: Mapping[str, Window]) -> Mapping[str, Sequence[Window]]:
    """The days that each parent is asked for: its own.

    Where these are not sure, also those of others that its *whole* history does not reach.
    """
    own = {parent: _parts(days) for parent, days in parents.items()}
    named = [part for parts in own.values() for part in parts]
    beyond = {parent: [part for part in named if parent in whole and not whole[parent].covers(part)] for parent in own}
    return {
        parent: parts if len(parts) == 1 else list(dict.fromkeys([*parts, *beyond[parent]]))
        for parent, parts in own.items()
    }


def _parts(days: Window | None) -> list[Window]:
    """The days where something may be listed: where they are far from each other, the first and the last."""
    if days is None or days.days <= FAR_DAYS:
        return [days] if days else []
    return [Window(day, day) for day in (days.first, days.last)]


def _beyond(
    ids: Mapping[str, Doubled], seen: Contents, *, whole: Mapping[str, Window]
) -> Mapping[str, Sequence[Window]]:
    """By parent, days out of the reach of its *whole* history on which it may have shown one of *ids*."""
    windows: dict[str, list[Window]] = defaultdict(list)
    for own_id, parents in ids.items():
        for parent, parts in _asked(parents, whole).items():
            if seen.shows(own_id, parent):
                windows[parent] += [part for part in parts if not whole[parent].covers(part)]
    return {parent: found for parent, found in windows.items() if found}


def _read_whole(asks: Asks, endpoint: Endpoint, ids: Mapping[str, Doubled], *, failed: Collection[str]) -> Contents:
    """Of what is asked for day by day, the days alone: a history is a request for each, and no row moves in it."""
    read = Contents(ids=ids.keys(), failed=set(failed))
    windows: dict[str, list[Window]] = defaultdict(list)
    for parents in ids.values():
        for parent, days in parents.items():
            windows[parent] += [days] if days else []
    if endpoint.by_day:
        for spans in rounds({parent: days for parent, days in windows.items() if days}):
            asks.read_days(endpoint, spans, read.note)
    elif windows:
        asks.read_whole(endpoint, sorted(windows), read.note)
    return read


def rounds(windows: Mapping[str, Sequence[Window]]) -> Iterator[Mapping[str, Window]]:
    """Windows that hold all days of each parent, one of each parent at a time."""
    yield from one_each({parent: clusters(days) for parent, days in windows.items()})
