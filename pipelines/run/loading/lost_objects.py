"""Objects that lists counted as gone, and that are there: what rows name is asked for by its id later in a run (L2)."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field

import pyarrow.compute as pc

from schemas.table import REMOVED, key_of, name_of

from ...compare.objects import Objects


@dataclass(slots=True)
class LostObjects:
    """What this run counted as removed."""

    _ids: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))  # by table

    def any(self) -> bool:
        """Whether anything was; it must be committed before other objects are compared with the warehouse."""
        return any(self._ids.values())

    def counted(self, found: Objects) -> Counter[str]:
        """The counts of *found*; what the run counted as removed and is back was never changed."""
        rows, key = found.rows.data, key_of(found.rows.schema)[0]
        here = pc.is_null(rows[REMOVED.name])
        lost = self._ids[name_of(found.rows.schema)]
        back = lost.intersection(rows.filter(here)[key].to_pylist())
        lost -= back
        lost.update(rows.filter(pc.invert(here))[key].to_pylist())
        counts = Counter(found.counts)
        counts.update(modified=-len(back), removed=-len(back), unchanged=len(back))
        return counts
