"""The answers that a run kept: how many rows they had, and who was read only partly."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from sources.aleta.catalogue.endpoint import Endpoint
from sources.aleta.planning.windows import Window
from sources.aleta.reading.rows.fetch import Receipt

from ...ledger.readings import Horizon, Reading


@dataclass(slots=True)
class KeptAnswers:
    """By endpoint and parent."""

    _rows: defaultdict[str, dict[str, list[tuple[Window, int]]]] = field(default_factory=lambda: defaultdict(dict))
    _answered: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    _partly: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def note(self, receipt: Receipt, *, whole: bool) -> None:
        """Args: whole: the answer is of a reading of the parent's whole history."""
        if receipt.answer:
            kept = self._rows[receipt.endpoint.name].setdefault(receipt.parent_id, [])
            kept.append((receipt.window, receipt.rows))
            if receipt.rows or receipt.answer.size:
                self._answered[receipt.endpoint.name].add(receipt.parent_id)
            if not whole:
                self._partly[receipt.endpoint.name].add(receipt.parent_id)

    def believed_beside(
        self, endpoint: Endpoint, readings: Mapping[str, Reading], horizon: Horizon
    ) -> AbstractSet[str]:
        """Parents of which something was taken for whole that *readings* do not read: in this run or earlier."""
        begun = {parent for parent, reading in readings.items() if not reading.mark.blank}
        beyond = {parent for parent in begun if not horizon.has_all(readings[parent])}
        return beyond | (self._rows[endpoint.name].keys() - readings.keys())

    def answered(self, endpoint: Endpoint) -> AbstractSet[str]:
        """Parents that were answered, be it without rows; a 404 that stands for that is no answer."""
        return self._answered[endpoint.name]

    def read_partly(self, endpoint: Endpoint) -> AbstractSet[str]:
        """Parents that were not read whole."""
        return self._partly[endpoint.name]

    def sizes_of(self, endpoint: Endpoint, parent: str, window: Window) -> list[int]:
        """Of the answers that hold *window*, how many rows they had."""
        return [rows for asked, rows in self._rows[endpoint.name].get(parent, ()) if asked.covers(window)]
