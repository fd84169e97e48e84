"""Refusals that wait until an answer explains them, or nothing does (rules F2, F3, D3). Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from ...errors import ForbiddenError, ParentGoneError, SkippableError
from ...planning.questions import Question
from .not_found import UnexplainedNotFound
from .refused import RefusedDays


class Settled(NamedTuple):
    """What the refusals are that need not wait any more.

    Args:
        none: answers without a row.
        alone: refusals of one day.
        failed: refusals of a parent.
    """

    none: Sequence[Question]
    alone: Sequence[tuple[Question, SkippableError]]
    failed: Sequence[tuple[Question, SkippableError]]

    @property
    def total(self) -> int:
        """How many they are."""
        return len(self.none) + len(self.alone) + len(self.failed)


@dataclass(slots=True, kw_only=True)
class PostponedRefusals:
    """Of one endpoint.

    Args:
        existing_parents: whose 404 may mean that there are no rows.
        by_day: each day is asked for by itself, and may be refused by itself.
    """

    existing_parents: Collection[str]
    by_day: bool
    not_found: UnexplainedNotFound
    refused: RefusedDays = field(default_factory=RefusedDays)

    def note_answer(self, parent: str) -> None:
        """*parent* was answered with rows, or none."""
        self.not_found.note_answer(parent)
        self.refused.note_answer(parent)

    def take(self, question: Question, result: Exception, *, takes_none: bool) -> bool:
        """Whether *result* is to wait; *takes_none*: a 404 may stand for an answer without rows."""
        match result:
            case ParentGoneError() if takes_none and question.parent in self.existing_parents:
                self.not_found.add(question, result)
            case ParentGoneError():
                self.not_found.note_refused()
                return False
            case ForbiddenError() if self.by_day:
                self.refused.add(question, result)
            case _:
                return False
        return True

    def settle(self, *, answered: bool, asking: bool) -> Settled:
        """What is explained by now; or by nothing, once no answer is to come.

        Args:
            answered: whether the endpoint answered anybody in this run.
            asking: whether answers are still to come.
        """
        none = self.not_found.explained() if answered else ()
        none = none or (() if asking else self.not_found.repeated())
        settled = Settled([question for question, _ in none], self.refused.alone(), self.refused.away(asking=asking))
        return settled if asking or settled.total else settled._replace(failed=self.not_found.rest())
