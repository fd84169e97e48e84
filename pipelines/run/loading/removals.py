"""Rows that a run removes: of some it asks once more whether they are gone (rules D6, W6)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sources.aleta.catalogue.endpoint import Endpoint

from ...compare.rows.findings import Missed
from ...compare.rows.missed_rows import A_FEW

PARENTS = 20  # who lost transactions, each A_FEW rows that are asked about, at a request each
OTHERS = 5  # of each other table: computed rows are replaced by the thousand


@dataclass(slots=True)
class Removals:
    """What was removed and is not handed out yet."""

    _rows: dict[str, dict[str, list[Missed]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))
    """By endpoint and parent."""
    _parents: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))  # in the whole run

    def note(self, endpoint: Endpoint, removed: Iterable[Missed]) -> None:
        rows, parents = self._rows[endpoint.name], self._parents[endpoint.name]
        most = PARENTS if endpoint.guarded else OTHERS
        for row in removed:
            if row.parent_id in rows or (row.parent_id not in parents and len(parents) < most):
                parents.add(row.parent_id)
                rows[row.parent_id] = [*rows[row.parent_id], row][:A_FEW]

    def take(self) -> Mapping[str, Mapping[str, Sequence[Missed]]]:
        """By endpoint and parent, rows that were removed since the last call; each parent once in a run."""
        taken, self._rows = self._rows, defaultdict(lambda: defaultdict(list))
        return {endpoint: parents for endpoint, parents in taken.items() if parents}
