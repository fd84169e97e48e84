"""Whose reads failed in this run, and of which days."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from sources.aleta.catalogue.endpoint import Endpoint
from sources.aleta.errors import GivenUpError, SkippableError
from sources.aleta.planning.windows import Window
from sources.aleta.reading.rows.fetch import Receipt, Status


@dataclass(slots=True)
class Failing:
    """By endpoint, those of which a window failed."""

    _names: set[str] = field(default_factory=set)
    _own: defaultdict[str, dict[str, Window]] = field(default_factory=lambda: defaultdict(dict))

    def note(self, receipt: Receipt) -> None:
        if receipt.status is Status.FAILED:
            self._names.add(receipt.endpoint.name)
            away = () if receipt.endpoint.by_day else (SkippableError,)
            if not isinstance(receipt.error, (GivenUpError, *away)):
                self._own[receipt.endpoint.name][receipt.parent_id] = receipt.window

    def any(self, endpoint: Endpoint) -> bool:
        """Whether any read of it failed."""
        return endpoint.name in self._names

    def since(self, endpoint: Endpoint) -> Mapping[str, Window]:
        """Parents of which other windows may be readable, each with the last that failed since the last call.

        None where there is but one window. Who is refused a day may be shown another, where each is a request.
        """
        failed = self._own.pop(endpoint.name, {})
        return failed if endpoint.divisible or endpoint.by_day else {}
