"""404s that may mean that there are no rows, until an answer tells whether they do (rules F2, D3). Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import TypeAlias

from ...errors import ParentGoneError
from ...planning.questions import Question

NotFound: TypeAlias = tuple[Question, ParentGoneError]


class UnexplainedNotFound:
    """Of parents that exist. If every response is 404, a 404 proves nothing.

    Args:
        had_rows: parents with rows in the days that are asked for: theirs is explained only by an answer to themselves.
        none_before: parents that were read without a row: theirs says so again, be it that nobody else is answered, but
            not where one that had rows is 404, too.
    """

    def __init__(self, had_rows: Collection[str], none_before: Collection[str] = ()) -> None:
        self._had_rows = had_rows
        self._none_before = none_before
        self._contradicted = False
        self._answered: set[str] = set()
        self._waiting: list[NotFound] = []
        self._doubted: defaultdict[str, list[NotFound]] = defaultdict(list)

    def add(self, question: Question, error: ParentGoneError) -> None:
        doubted = question.parent in self._had_rows and question.parent not in self._answered
        (self._doubted[question.parent] if doubted else self._waiting).append((question, error))

    def note_answer(self, parent: str) -> None:
        self._answered.add(parent)
        self._waiting += self._doubted.pop(parent, [])

    def note_refused(self) -> None:
        """A 404 to a parent that may have rows: nobody knows what the others mean, unless somebody is answered."""
        self._contradicted = True

    def repeated(self) -> Sequence[NotFound]:
        """Those that say once more what was known, where nothing else explains them."""
        if self._contradicted or self._doubted:
            return []
        taken = [found for found in self._waiting if found[0].parent in self._none_before]
        self._waiting = [found for found in self._waiting if found[0].parent not in self._none_before]
        return taken

    def explained(self) -> Sequence[NotFound]:
        """Those that mean that there are no rows, now that the endpoint has answered somebody."""
        taken, self._waiting = self._waiting, []
        return taken

    def rest(self) -> Sequence[NotFound]:
        """Those that nothing explained."""
        taken = [*self.explained(), *(found for doubted in self._doubted.values() for found in doubted)]
        self._doubted.clear()
        return taken
