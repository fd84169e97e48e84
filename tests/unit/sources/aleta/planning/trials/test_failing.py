"""Requests that fail while the model of the cap is on trial: no false alarm, and nothing that was shown is lost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

import pytest

from sources.aleta.planning.cap import RowCap
from sources.aleta.planning.planner import Planner
from sources.aleta.planning.questions import Fate, Question
from sources.aleta.planning.trials.budget import FIRST_LOAD
from sources.aleta.planning.trials.evidence import Rows
from sources.aleta.planning.trials.prover import Prover
from sources.aleta.planning.windows import Window

FIRST = date(2024, 1, 1)
SPAN = Window(FIRST, FIRST + timedelta(days=364))
SETTLES = timedelta(days=2)  # from the trade to the value


def day(number: int) -> date:
    return FIRST + timedelta(days=number)


@dataclass
class Reading:
    """One account's trades, of a server that compares value dates and cuts at a number of rows.

    Args:
        shows: which rows are shown: the first, the last or any.
        fails: whether a question is answered by an error.
        hides: rows that an answer to a question leaves out.
    """

    values: Sequence[date]
    cap: int = 60
    shows: str = "any"
    fails: Callable[[Question], bool] = lambda _: False
    hides: Callable[[Question], Sequence[int]] = lambda _: ()
    prover: Prover = field(default_factory=lambda: Prover(planner=Planner(cap=RowCap()), budget=FIRST_LOAD))
    rng: Random = field(default_factory=lambda: Random(1))
    asked: list[Question] = field(default_factory=list)
    kept: set[Window] = field(default_factory=set)

    def run(self) -> None:
        self.prover.add("a", SPAN)
        while question := self.prover.ask():
            self.asked.append(question)
            if self.fails(question):
                self.prover.fail(question)
            else:
                self.answer(question)
            for decision in self.prover.decisions():
                if decision.fate is Fate.KEPT:
                    self.kept.add(decision.window)
        assert not self.prover.parents

    def answer(self, question: Question) -> None:
        hidden = self.hides(question)
        found = [own for own, value in enumerate(self.values) if value in question.window and own not in hidden]
        shown = self.cut(found) if len(found) > self.cap else found
        rows = Rows(
            ids=shown,
            first=[(self.values[own] - SETTLES).toordinal() for own in shown],
            last=[self.values[own].toordinal() for own in shown],
            size=len(shown) * 500,
        )
        self.prover.answer(question, rows, [self.values[own] for own in shown])

    def cut(self, found: Sequence[int]) -> Sequence[int]:
        match self.shows:
            case "first":
                return found[: self.cap]
            case "last":
                return found[-self.cap :]
            case _:
                return sorted(self.rng.sample(found, self.cap))


DAYS = [day(number) for number in range(3, 360) for _ in range(3)]


@pytest.mark.parametrize("shows", ["first", "last", "any"])
@pytest.mark.parametrize("nth", range(2, 12))
def test_f3_a_part_of_an_account_that_fails_is_no_contradiction(shows, nth):
    """W7: rows that a wider answer showed of days that failed are missing nowhere, be it that they reach across."""
    for seed in range(5):
        reading = Reading(DAYS, shows=shows, rng=Random(seed), fails=lambda _: len(reading.asked) == nth)  # noqa: B023
        reading.run()
        assert not reading.prover.strict
        assert [question.window for question in reading.asked if not question.trial].count(SPAN) == 1


def test_w7_rows_that_were_shown_of_days_that_did_not_fail_are_missing():
    """Another part of the account fails; the answer that was kept leaves out three and more that lie in its days."""
    reading = Reading(DAYS, shows="first", fails=lambda _: len(reading.asked) == 4)

    def hide(question: Question) -> Sequence[int]:
        return range(20, 30) if question.window != SPAN and question.trial is None else ()

    reading.hides = hide
    reading.run()
    assert reading.prover.noticed == "rows that were shown"
