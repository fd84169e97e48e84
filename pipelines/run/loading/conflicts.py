"""Ids that may stand for two contents (rule D8): remembered with the package that found them, named until they end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

from sources.aleta.catalogue.endpoint import Endpoint
from sources.aleta.planning.windows import hulls

from ...compare.rows.conflicts import stored_days
from ...compare.rows.findings import Conflict
from ...ledger.ledger import Ledger
from ...report.report import Problem
from ...warehouse.store import Store
from ..errors import problems
from ..events import Confronted, Doubts


class Conflicts:
    """Those of one run, and those of earlier runs that *ledger* remembers.

    Args:
        tables: that the tenant asks for. Of others nothing is read: theirs are remembered, and not named.
    """

    def __init__(self, ledger: Ledger, tables: Collection[str]) -> None:
        self._ledger = ledger
        self._tables = tables
        self._new: dict[str, set[str]] = defaultdict(set)
        self._standing: dict[str, set[str]] = defaultdict(set)
        self._elsewhere: dict[str, set[str]] = defaultdict(set)

    def note(self, endpoint: Endpoint, conflict: Conflict) -> None:
        """Remember what a comparison found."""
        if conflict.id not in self._ledger.conflicts.get(endpoint.name, {}):
            self._new[endpoint.name].add(conflict.id)
        self._ledger.note_conflict(endpoint.name, conflict.id, conflict.parents)

    def any(self) -> bool:
        """Whether there is one in a table that the tenant asks for."""
        return any(ids for name, ids in self._ledger.conflicts.items() if name in self._tables)

    def doubts(self, store: Store, endpoints: Iterable[Endpoint]) -> Doubts:
        """Those of *endpoints*, and who may have each on which days: the row that is stored may have moved since."""
        conflicts = {}
        for endpoint in endpoints:
            if ids := self._ledger.conflicts.get(endpoint.name):
                now = stored_days(store, endpoint, ids)
                conflicts[endpoint.name] = {own_id: hulls(ids[own_id], now.get(own_id, {})) for own_id in ids}
        return Doubts(conflicts=conflicts, new={name: frozenset(ids) for name, ids in self._new.items()})

    def settle(self, event: Confronted) -> None:
        """Forget those that are over; of the others, know which are sure."""
        self._ledger.forget_conflicts(event.resource, event.over)
        self._standing[event.resource].update(event.standing)
        self._elsewhere[event.resource].update(event.elsewhere)

    def problems(self) -> Sequence[Problem]:
        """One for each that is not over; but for those of tables and clients that are not read."""
        return [
            problems.of_conflict(name, own_id, parents, asked=own_id in self._standing[name])
            for name, ids in self._ledger.conflicts.items()
            for own_id, parents in ids.items()
            if name in self._tables and own_id not in self._elsewhere[name]
        ]
