"""What answers showed that are not loaded, until it is held against the warehouse (rule W7)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from sources.aleta.planning.windows import Window

from ..events import Sighted


@dataclass(slots=True)
class Sightings:
    """Those of one run that nobody was told of yet."""

    _waiting: list[Sighted] = field(default_factory=list)
    _news: dict[str, dict[str, list[Window]]] = field(default_factory=dict)

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
        """What waits is news."""
        for sighted in self._waiting:
            days = self._news.setdefault(sighted.endpoint.name, {}).setdefault(sighted.sighting.parent_id, [])
            days.append(sighted.sighting.window)
        self._waiting = []

    def take(self) -> Mapping[str, Mapping[str, Sequence[Window]]]:
        """By endpoint and parent, the days of which news was shown since the last call."""
        taken, self._news = self._news, {}
        return taken
