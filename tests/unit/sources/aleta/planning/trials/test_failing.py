"""Requests that fail while the model of the cap is on trial: no false alarm, and nothing that was shown is lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

import pytest

from sources.aleta.planning.cap import RowCap
from sources.aleta.planning.coverage import Skips
from sources.aleta.planning.evidence.rows import Rows
from sources.aleta.planning.planner import Planner
from sources.aleta.planning.questions import Fate, Question
from sources.aleta.planning.trials.budget import FIRST_LOAD
from sources.aleta.planning.trials.prover import Prover
from sources.aleta.planning.trials.trial import Trial, Why
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
        fails: whether a question is answered by an error; *how*: what is made of it.
        hides: rows that an answer to a question leaves out.
    """

    values: Sequence[date]
    cap: int = 60
    shows: str = "any"
    fails: Callable[[Question], bool] = lambda _: False
    how: str = "fail"
    hides: Callable[[Question], Sequence[int]] = lambda _: ()
    prover: Prover = field(default_factory=lambda: Prover(planner=Planner(cap=RowCap()), budget=FIRST_LOAD))
    rng: Random = field(default_factory=lambda: Random(1))
    asked: list[Question] = field(default_factory=list)
    kept: set[Window] = field(default_factory=set)
    quarantined: set[Window] = field(default_factory=set)

    def run(self) -> None:
        self.prover.add("a", SPAN)
        while question := self.prover.ask():
            self.asked.append(question)
            if self.fails(question):
                self.fail(question)
            else:
                self.answer(question)
            for decision in self.prover.decisions():
                match decision.fate:
                    case Fate.KEPT:
                        self.kept.add(decision.window)
                    case Fate.DOUBTED:
                        self.kept.discard(decision.window)
                    case Fate.QUARANTINED:
                        self.quarantined.add(decision.window)
        assert not self.prover.parents

    def fail(self, question: Question) -> None:
        match self.how:
            case "refuse":
                self.prover.refuse(question)
            case "divide":
                self.prover.divide(question, why="too large", skips=Skips.NONE)
            case _:
                self.prover.fail(question)

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


@pytest.mark.parametrize("gone", [False, True])
def test_w7_rows_that_were_shown_before_the_contradiction_are_looked_for_in_what_was_read_strictly(gone):
    """W6: a cut answer shows rows that all strict ones leave out until a window is asked again; or that are gone."""
    reading, lost, strict = Reading(DAYS, shows="first"), range(40, 47), Counter[Window]()

    def hide(question: Question) -> Sequence[int]:
        reading.cap = 60 if len(reading.asked) < 3 else 100
        strict[question.window] += reading.prover.strict
        return lost if strict.total() and (gone or max(strict.values()) < 2) else ()

    reading.hides = hide
    reading.run()
    assert reading.prover.strict
    shown = {own for kept in reading.prover._plans.evidence.all() for own in kept.rows.known()}
    missing = set(range(len(DAYS))) - shown
    if gone:
        assert missing == set(lost)
    else:
        assert all(any(DAYS[own] in window for window in reading.quarantined) for own in missing)


FEW = DAYS[::10]


def one_answer(**more) -> Reading:
    """The whole history fits into one answer, which is tested in two parts at the end."""
    return Reading(FEW, prover=Prover(planner=Planner(cap=RowCap(configured=1000)), budget=FIRST_LOAD), cap=999, **more)


def is_trial(question: Question, *, older: bool) -> bool:
    return isinstance(question.trial, Trial) and question.window != SPAN and (question.window.first == FIRST) is older


@pytest.mark.parametrize("older", [True, False])
@pytest.mark.parametrize("how", ["fail", "refuse", "divide"])
def test_w6_a_trial_of_which_one_part_fails_is_judged_by_the_other(older, how):
    """W7: it shows rows that the answer which was kept left out; the part that fails is asked first, or last."""
    reading = one_answer(how=how, fails=lambda question: is_trial(question, older=older))
    reading.hides = lambda question: range(0, len(FEW), 10) if question.window == SPAN else ()
    reading.run()
    assert reading.prover.noticed == Why.BYTES
    assert SPAN not in reading.kept


def test_w7_a_row_that_came_while_it_was_tested_is_looked_for_where_the_whole_cannot_be_asked_again():
    """One row more is no contradiction; whether it moved, only the whole can say."""
    reading = one_answer(fails=lambda question: bool(question.trial) and question.window == SPAN)
    reading.hides = lambda _: [40] if len(reading.asked) == 1 else ()
    reading.run()
    assert reading.prover.noticed == ""
    assert [question.window for question in reading.asked if question.trial is None] == [SPAN, SPAN]


def asked_until(reading: Reading, when: Callable[[Question], bool]) -> Question:
    """The first question of which that is true; all before are answered."""
    reading.prover.add("a", SPAN)
    while (question := reading.prover.ask()) and not when(question):
        reading.asked.append(question)
        reading.answer(question)
    assert question
    return question


def test_f3_a_window_that_was_to_be_read_again_is_given_up_with_the_others():
    """W7: a row moved while it was tested; then the API is down."""
    reading = one_answer()
    reading.hides = lambda _: [40] if len(reading.asked) == 1 else ()
    whole = asked_until(reading, lambda question: bool(question.trial) and question.window == SPAN)
    reading.answer(whole)
    assert reading.prover.abandon() == ["a"]


def test_f3_what_a_trial_showed_before_all_was_given_up_is_not_lost():
    """W6: its other part will not come any more."""
    reading = one_answer()
    reading.hides = lambda question: range(0, len(FEW), 10) if question.window == SPAN else ()
    asked_until(reading, lambda question: is_trial(question, older=False))
    assert reading.prover.abandon() == ["a"]
    assert reading.prover.noticed == Why.BYTES


def test_c5_a_trial_may_outlive_what_is_remembered_of_its_window():
    """Rows of the oldest windows are forgotten where there are too many: not while they are tested."""
    reading = one_answer()
    older = asked_until(reading, lambda question: is_trial(question, older=True))
    older.trial.kept.rows = None
    reading.answer(older)
    reading.answer(reading.prover.ask())
    assert reading.prover.passed == 1
