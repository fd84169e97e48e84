"""What answers showed that are not loaded, until it is held against the warehouse (rule W7)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow.compute as pc

from schemas.table import key_of
from sources.aleta.planning.windows import Window

from ...warehouse.package import Rows
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

    def touches(self, pending: Iterable[Rows]) -> bool:
        """Whether *pending* changes or removes a row that was sighted."""
        return any(
            pc.any(pc.is_in(rows.data[key], value_set=sighted.sighting.rows[key]), min_count=0).as_py()
            for sighted in self._waiting
            for rows in pending
            if rows.schema is sighted.endpoint.schema
            for key in key_of(rows.schema)
        )

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
