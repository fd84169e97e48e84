"""What answers showed that are not loaded, until it is held against the warehouse (rule W7)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow.compute as pc

from schemas.table import key_of
from sources.aleta.planning.windows import Window

from ...compare.rows.findings import Run
from ...compare.rows.sighted import is_news
from ...ledger.ledger import Ledger
from ...ledger.readings import Horizon
from ...warehouse.package import Rows
from ...warehouse.store import Store
from ...warehouse.warehouse import Warehouse
from ..events import Sighted
from .followed import FollowedParents

MOST_ROWS = 30_000  # that may wait until the end (C5)


@dataclass(slots=True, kw_only=True)
class Sightings:
    """Those of one run that nobody was told of yet."""

    warehouse: Warehouse
    ledger: Ledger
    followed: FollowedParents
    horizon: Horizon
    run: Run
    _waiting: list[Sighted] = field(default_factory=list)
    _news: dict[str, dict[str, list[Window]]] = field(default_factory=dict)

    def note(self, sighted: Sighted) -> None:
        """Wait for what the warehouse has by then."""
        self._waiting.append(sighted)

    @property
    def full(self) -> bool:
        """Whether too much waits."""
        rows: int = sum(sighted.sighting.rows.num_rows for sighted in self._waiting)
        return rows >= MOST_ROWS

    def judge(self, pending: Sequence[Rows], *, commit: Callable[[], None]) -> None:
        """Find out what is news.

        Args:
            pending: compared, and not in the warehouse yet. It may be what was sighted, or change or remove that.
            commit: loads it.
        """
        committed = not pending
        if self._touches(pending):
            commit()
            committed = True
        self._forget_known()
        if self._waiting and not committed:
            commit()
            self._forget_known()
        for sighted in self._waiting:
            days = self._news.setdefault(sighted.endpoint.name, {}).setdefault(sighted.sighting.parent_id, [])
            days.append(sighted.sighting.window)
        self._waiting = []

    def take(self) -> Mapping[str, Mapping[str, Sequence[Window]]]:
        """By endpoint and parent, the days of which news was shown since the last call."""
        taken, self._news = self._news, {}
        return taken

    def _touches(self, pending: Iterable[Rows]) -> bool:
        return any(
            pc.any(pc.is_in(rows.data[key], value_set=sighted.sighting.rows[key]), min_count=0).as_py()
            for sighted in self._waiting
            for rows in pending
            if rows.schema is sighted.endpoint.schema
            for key in key_of(rows.schema)
        )

    def _forget_known(self) -> None:
        if self._waiting:
            with self.warehouse.open() as store:
                self._waiting = [sighted for sighted in self._waiting if self._is_news(store, sighted)]

    def _is_news(self, store: Store, sighted: Sighted) -> bool:
        """Not of whom this run reads nothing, or all is to be read anyway; ids of two contents (D8) are asked for."""
        name, parent = sighted.endpoint.name, sighted.sighting.parent_id
        mark, conflicts = self.ledger.mark(name, parent), self.ledger.conflicts.get(name, {})
        if mark.verified_at is None or not self.followed.follows(sighted.endpoint, parent):
            return False
        reach = self.horizon.whole(mark)
        return is_news(store, sighted.endpoint, sighted.sighting, self.run, reach=reach, but_for=conflicts.keys())
