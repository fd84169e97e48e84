"""The answers that a run kept: how many rows they had, and who was read only partly."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from sources.aleta.catalogue.endpoint import Endpoint
from sources.aleta.planning.windows import Window
from sources.aleta.reading.rows.fetch import Receipt


@dataclass(slots=True)
class KeptAnswers:
    """By endpoint and parent."""

    _rows: defaultdict[str, dict[str, list[tuple[Window, int]]]] = field(default_factory=lambda: defaultdict(dict))
    _partly: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def note(self, receipt: Receipt, *, whole: bool) -> None:
        """Args: whole: the answer is of a reading of the parent's whole history."""
        if receipt.answer:
            kept = self._rows[receipt.endpoint.name].setdefault(receipt.parent_id, [])
            kept.append((receipt.window, receipt.rows))
            if not whole:
                self._partly[receipt.endpoint.name].add(receipt.parent_id)

    def parents(self, endpoint: Endpoint) -> AbstractSet[str]:
        """All of whom there is an answer."""
        return self._rows[endpoint.name].keys()

    def read_partly(self, endpoint: Endpoint) -> AbstractSet[str]:
        """Parents that were not read whole."""
        return self._partly[endpoint.name]

    def sizes_of(self, endpoint: Endpoint, parent: str, window: Window) -> list[int]:
        """Of the answers that hold *window*, how many rows they had."""
        return [rows for asked, rows in self._rows[endpoint.name].get(parent, ()) if asked.covers(window)]
