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
    """

    def __init__(self, had_rows: Collection[str]) -> None:
        self._had_rows = had_rows
        self._answered: set[str] = set()
        self._waiting: list[NotFound] = []
        self._doubted: defaultdict[str, list[NotFound]] = defaultdict(list)

    def add(self, question: Question, error: ParentGoneError) -> None:
        doubted = question.parent in self._had_rows and question.parent not in self._answered
        (self._doubted[question.parent] if doubted else self._waiting).append((question, error))

    def note_answer(self, parent: str) -> None:
        self._answered.add(parent)
        self._waiting += self._doubted.pop(parent, [])

    def explained(self) -> Sequence[NotFound]:
        """Those that mean that there are no rows, now that the endpoint has answered somebody."""
        taken, self._waiting = self._waiting, []
        return taken

    def rest(self) -> Sequence[NotFound]:
        """Those that nothing explained."""
        taken = [*self.explained(), *(found for doubted in self._doubted.values() for found in doubted)]
        self._doubted.clear()
        return taken
