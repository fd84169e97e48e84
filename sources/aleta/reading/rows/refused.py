"""Days that are refused (403) to parents that may be shown others, until an answer tells (rule F3). Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from ...errors import ForbiddenError
from ...planning.questions import Question

MOST = 7  # days of one parent, a week, of which all were refused: it is the parent that is
RefusedDay: TypeAlias = tuple[Question, ForbiddenError]


@dataclass(slots=True)
class RefusedDays:
    """Of what is asked for day by day; each day fails for itself where its parent is shown another."""

    _shown: set[str] = field(default_factory=set)  # parents
    _waiting: defaultdict[str, list[RefusedDay]] = field(default_factory=lambda: defaultdict(list))

    def add(self, question: Question, error: ForbiddenError) -> None:
        """A day was refused."""
        self._waiting[question.parent].append((question, error))

    def note_answer(self, parent: str) -> None:
        """*parent* is shown a day."""
        self._shown.add(parent)

    def alone(self) -> Sequence[RefusedDay]:
        """Days whose parents are shown others."""
        return [day for parent in self._waiting.keys() & self._shown for day in self._waiting.pop(parent)]

    def away(self, *, asking: bool) -> Sequence[RefusedDay]:
        """Days of parents that are shown none: so many of them, or all that there are unless others are *asking*."""
        parents = [parent for parent, days in self._waiting.items() if not asking or len(days) >= MOST]
        return [day for parent in parents for day in self._waiting.pop(parent)]
