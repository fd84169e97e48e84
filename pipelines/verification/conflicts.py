"""Ids that two parents show with two contents (rule D8): found by comparisons, and looked at once more."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from sources.aleta.planning.windows import Window, hulls
from sources.aleta.reading.rows.fetch import Receipt

from ..compare.rows.findings import Conflict
from ..ledger.ledger import Doubled
from ..run.reading.conflicts import look_once_more

Look: TypeAlias = Callable[[Mapping[str, Window]], Iterator[Receipt]]


@dataclass(slots=True)
class Conflicts:
    """Those of one endpoint.

    Args:
        listed: the parents that can be asked.
        whole: of each, all that is covered.
    """

    listed: Collection[str]
    whole: Mapping[str, Window]
    _found: dict[str, Doubled] = field(default_factory=dict)

    def note(self, conflicts: Iterable[Conflict]) -> None:
        """Take in what a comparison found."""
        for conflict in conflicts:
            asked = {parent: days for parent, days in conflict.parents.items() if parent in self.listed}
            self._found[conflict.id] = hulls(self._found.get(conflict.id, {}), asked)

    def standing(self, look: Look) -> Iterator[tuple[str, Doubled, bool]]:
        """Of these, the ids that answers to *look* show with two contents, and that they do; or who did not answer."""
        seen = look_once_more(self._found, look=look, whole=self.whole)
        for own_id, parents in self._found.items():
            if own_id in seen.doubled or seen.failed & parents.keys():
                yield own_id, parents, own_id in seen.doubled
