"""Answers that are whole by their last page: no cap is looked for in them, and none is learned from them."""

from __future__ import annotations

import pytest

from sources.aleta.planning.cap import RowCap
from sources.aleta.planning.evidence.rows import Rows
from sources.aleta.planning.planner import Planner
from sources.aleta.planning.questions import Fate
from sources.aleta.planning.strict.nodes import CutSizes
from sources.aleta.planning.trials.budget import FIRST_LOAD
from sources.aleta.planning.trials.prover import Prover
from tests.stores import on
from tests.unit.sources.aleta.planning.planned import SPAN, spread, window


def read_all(prover: Prover, *, count: int) -> list[str]:
    """Answer every question with *count* rows that are whole; which windows were asked."""
    asked = []
    while question := prover.ask():
        asked.append(f"{question.parent} {question.window.first}")
        days = spread(question.window, count)
        rows = Rows.of_days(range(len(days)), days)
        prover.answer(question, Rows(ids=rows.ids, first=rows.first, last=rows.last, whole=True), days)
        prover.decisions()
    return asked


@pytest.mark.parametrize("cap", [RowCap(), RowCap(known=50), RowCap(configured=0)], ids=["unknown", "known", "learned"])
def test_a_whole_answer_costs_one_request(cap):
    """Equal sizes, record sizes, sizes of a cap: nothing is asked again."""
    prover = Prover(planner=Planner(cap=cap), budget=FIRST_LOAD)
    for parent in "abcdef":
        prover.add(parent, window(0, 0))
    assert len(read_all(prover, count=50)) == 6
    assert (prover.parents, prover.strict, prover.tried) == (0, False, 0)


def test_nothing_is_learned_of_a_cap():
    """What v2 is read by stays as it was."""
    planner = Planner(cap=RowCap(known=50))
    planner.add("a", SPAN)
    question = planner.ask()
    assert question is not None
    planner.answer(question, 500, spread(question.window, 500), whole=True)
    assert [decision.fate for decision in planner.decisions()] == [Fate.KEPT]
    assert (planner.cap.known, planner.cap.largest, planner.next_proof) == (50, 0, None)


def test_where_the_model_was_contradicted_a_whole_answer_counts():
    """An earlier night found that caps differ: of v2, not of a chain."""
    prover = Prover(planner=Planner(cap=RowCap()), budget=FIRST_LOAD, cut=CutSizes(sizes={20}))
    prover.add("a", SPAN)
    assert prover.strict
    asked = read_all(prover, count=60)
    assert len(asked) - prover.tried == 1  # but for the probe of a window's ends (W8)
    assert prover.parents == 0


def test_nightly_windows_are_asked_by_themselves_from_the_first():
    """A whole history in two: what lies before the border, and what nights will ask for."""
    planner = Planner(cap=RowCap(), border=on(70))
    planner.add("a", SPAN)
    asked = []
    while question := planner.ask():
        asked.append(question.window)
        planner.answer(question, 3, spread(question.window, 3), whole=True)
    assert asked == [window(0, 69), window(70, 99)]


@pytest.mark.parametrize("day", [-1, 0, 100])
def test_a_border_that_is_not_inside_parts_nothing(day):
    """A night's window begins with it."""
    assert SPAN.parted(on(day)) == (SPAN,)
    assert SPAN.parted(None) == (SPAN,)
