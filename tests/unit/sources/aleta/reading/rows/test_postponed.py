"""Refusals that wait for an answer that explains them (rules F2, F3)."""

import pytest

from sources.aleta.errors import ForbiddenError, ParentGoneError, UnauthorizedError, UnavailableError
from sources.aleta.planning.coverage import Asked
from sources.aleta.planning.questions import Question
from sources.aleta.planning.windows import Window
from sources.aleta.reading.rows.not_found import UnexplainedNotFound
from sources.aleta.reading.rows.postponed import PostponedRefusals
from sources.aleta.reading.rows.refused import MOST
from tests.stores import on

REFUSED, GONE = ForbiddenError("403"), ParentGoneError("404")


def postponed(*existing: str, by_day: bool = True) -> PostponedRefusals:
    return PostponedRefusals(existing_parents=existing, by_day=by_day, not_found=UnexplainedNotFound(existing))


def day(parent: str, number: int = 0) -> Question:
    return Question(parent, Asked(Window(on(number), on(number))))


def days(found) -> list[tuple[str, int]]:
    return [(question.parent, question.window.first.toordinal() - on(0).toordinal()) for question, _ in found]


def test_f3_days_that_are_refused_are_alone_once_another_is_shown():
    """Those before the answer, and those after it."""
    waits = postponed()
    assert waits.take(day("a", 0), REFUSED, takes_none=True)
    assert waits.settle(answered=True, asking=True).total == 0
    waits.note_answer("b")
    assert waits.settle(answered=True, asking=True).total == 0
    waits.note_answer("a")
    assert days(waits.settle(answered=True, asking=True).alone) == [("a", 0)]
    waits.take(day("a", 2), REFUSED, takes_none=True)
    assert days(waits.settle(answered=True, asking=True).alone) == [("a", 2)]
    assert waits.settle(answered=True, asking=False).total == 0


def test_f3_a_parent_that_is_refused_all_days_is_away():
    """Once no answer is to come; or a week of it was refused, for a backfill may ask for years."""
    waits = postponed()
    waits.take(day("a"), REFUSED, takes_none=True)
    for number in range(MOST):
        assert waits.settle(answered=True, asking=True).total == 0
        waits.take(day("b", number), REFUSED, takes_none=True)
    assert days(waits.settle(answered=True, asking=True).failed) == [("b", number) for number in range(MOST)]
    assert days(waits.settle(answered=True, asking=False).failed) == [("a", 0)]


@pytest.mark.parametrize("error", [UnauthorizedError("401"), UnavailableError("503")])
def test_f3_nothing_else_waits(error):
    """A refused token is no day's own, and a failure is judged at once."""
    assert not postponed().take(day("a"), error, takes_none=True)


def test_f3_where_windows_are_spans_a_refusal_is_of_the_parent():
    """One request tells."""
    assert not postponed(by_day=False).take(day("a"), REFUSED, takes_none=True)


def test_f2_a_404_of_a_parent_that_exists_waits_for_an_answer_to_anybody():
    """To itself, where it had rows. Against another answer it is no evidence, and of a stranger it is a refusal."""
    waits = postponed("a")
    assert not waits.take(day("stranger"), GONE, takes_none=True)
    assert not waits.take(day("a"), GONE, takes_none=False)
    assert waits.take(day("a"), GONE, takes_none=True)
    assert waits.settle(answered=True, asking=True).total == 0
    waits.note_answer("a")
    assert [question.parent for question in waits.settle(answered=True, asking=True).none] == ["a"]
