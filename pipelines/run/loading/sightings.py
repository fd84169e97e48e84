"""What answers showed that are not loaded, until it is held against the warehouse (rule W7)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from ..events import Sighted


@dataclass(slots=True)
class Sightings:
    """Those of one run that nobody was told of yet."""

    _waiting: list[Sighted] = field(default_factory=list)
    _news: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    @property
    def wait(self) -> bool:
        """Whether any is not judged yet."""
        return bool(self._waiting)

    @property
    def rows(self) -> int:
        """Of all that wait."""
        return sum(sighted.sighting.rows.num_rows for sighted in self._waiting)

    def note(self, sighted: Sighted) -> None:
        """Wait for what the warehouse has by then."""
        self._waiting.append(sighted)

    def forget_known(self, is_news: Callable[[Sighted], bool]) -> None:
        """Leave what *is_news*."""
        self._waiting = [sighted for sighted in self._waiting if is_news(sighted)]

    def believe(self) -> None:
        """What waits is news: of its parents, nothing else is to be known."""
        for sighted in self._waiting:
            self._news[sighted.endpoint.name].add(sighted.sighting.parent_id)
        self._waiting = []

    def take(self) -> Mapping[str, AbstractSet[str]]:
        """By endpoint, the parents that showed news since the last call."""
        taken, self._news = self._news, defaultdict(set)
        return taken
