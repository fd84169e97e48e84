"""Whose reads failed in this run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from sources.aleta.catalogue.endpoint import Endpoint
from sources.aleta.errors import GivenUpError, SkippableError
from sources.aleta.reading.rows.fetch import Receipt, Status


@dataclass(slots=True)
class Failing:
    """By endpoint, those of which a window failed."""

    _own: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def note(self, receipt: Receipt) -> None:
        if receipt.status is Status.FAILED:
            own = self._own[receipt.endpoint.name]
            if not isinstance(receipt.error, SkippableError | GivenUpError):
                own.add(receipt.parent_id)

    def any(self, endpoint: Endpoint) -> bool:
        """Whether any read of it failed."""
        return endpoint.name in self._own

    def windows_of(self, endpoint: Endpoint) -> AbstractSet[str]:
        """Parents that are there, and of which other windows may be readable; none where windows are no spans."""
        if not endpoint.divisible:
            return frozenset()
        return self._own.get(endpoint.name, set())
