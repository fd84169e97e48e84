"""Rows that move while answers are on trial: whatever is read again, every day of every span is settled (W6, D6)."""

from collections.abc import Iterable
from datetime import date, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources.aleta.planning.cap import RowCap
from sources.aleta.planning.evidence.rows import Rows
from sources.aleta.planning.planner import Planner
from sources.aleta.planning.questions import Decision, Fate, Question
from sources.aleta.planning.trials.budget import FIRST_LOAD
from sources.aleta.planning.trials.prover import Prover
from sources.aleta.planning.windows import Window, without
from tests.lengths import examples

SPAN = Window(date(2015, 1, 1), date(2025, 12, 31))
SIZES = (1500, 600, 600, 600)
CAP, WORKERS = 100, 8
SETTLED = {Fate.KEPT, Fate.QUARANTINED}
UNSETTLED = {Fate.DOUBTED, Fate.DROPPED}


class Api:
    """Rows of a few accounts behind a cap that shows any of them; from one answer on, now and then one moves."""

    def __init__(self, seed: int, *, moves: int) -> None:
        self.rng = Random(seed)
        self.days = [{number * 10_000 + own: self._day() for own in range(size)} for number, size in enumerate(SIZES)]
        self._moves = moves

    def _day(self) -> date:
        return SPAN.first + timedelta(days=self.rng.randrange(SPAN.days))

    def move(self) -> None:
        """One row that is on trial, or another: nobody can tell."""
        if self._moves and self.rng.random() < 0.2:
            self._moves -= 1
            rows = self.rng.choice(self.days)
            rows[self.rng.choice([*rows])] = self._day()

    def read(self, parent: str, window: Window) -> tuple[Rows, list[date]]:
        rows = self.days[int(parent)]
        shown = [own for own, day in rows.items() if day in window]
        if len(shown) > CAP:
            shown = self.rng.sample(shown, CAP)
        shown.sort(key=lambda own: (rows[own], own))
        days = [rows[own] for own in shown]
        return Rows.of_days(shown, days), days


def play(api: Api, prover: Prover, *, fails: float = 0.0) -> dict[str, set[Window]]:
    """The windows that count of each account in the end, but for those of whom a question failed."""
    settled: dict[str, set[Window]] = {str(number): set() for number in range(len(SIZES))}
    for parent in settled:
        prover.add(parent, SPAN)
    out: list[Question] = []
    while True:
        while len(out) < WORKERS and (question := prover.ask()):
            out.append(question)
        _note(settled, prover.decisions())
        if not out:
            return settled
        question = out.pop(api.rng.randrange(len(out)))
        if question.trial is not None:
            api.move()
        if api.rng.random() < fails:
            settled.pop(question.parent if prover.follows(question) else "", None)  # given up, and that is said
            prover.fail(question)
        else:
            prover.answer(question, *api.read(question.parent, question.window))
        _note(settled, prover.decisions())


def _note(settled: dict[str, set[Window]], decisions: Iterable[Decision]) -> None:
    for decision in decisions:
        if decision.parent not in settled:
            continue
        if decision.fate in SETTLED:
            settled[decision.parent].add(decision.window)
        elif decision.fate in UNSETTLED:
            settled[decision.parent].discard(decision.window)


@settings(max_examples=examples(40), deadline=None)
@given(seed=st.integers(0, 10**6), moves=st.integers(1, 12), fails=st.sampled_from([0.0, 0.02, 0.1]))
def test_w6_every_day_is_settled_though_rows_move_while_answers_are_tested(seed, moves, fails):
    """W6: two windows of one account that are read again are two; one of them was forgotten, without a word."""
    prover = Prover(planner=Planner(cap=RowCap()), budget=FIRST_LOAD, rng=Random(seed))
    settled = play(Api(seed, moves=moves), prover, fails=fails)
    assert prover.parents == 0
    assert not {parent: gaps for parent, windows in settled.items() if (gaps := without([SPAN], *windows))}


def test_a_parent_has_one_span_at_a_time():
    """The second would take the place of the first, of which nothing would be said any more."""
    planner = Planner(cap=RowCap())
    planner.add("a", SPAN)
    with pytest.raises(AssertionError, match="never be settled"):
        planner.add("a", SPAN)
    planner.ask()
    with pytest.raises(AssertionError, match="never be settled"):
        planner.add("a", SPAN)
