"""What the planner asks next, and in which pieces (W1, C5)."""

from random import Random

import pytest

from sources.aleta.planning.cap import RowCap
from sources.aleta.planning.evidence.rows import Rows
from sources.aleta.planning.planner import Planner
from sources.aleta.planning.questions import Decision, Fate, Question
from sources.aleta.planning.strict.nodes import CutSizes
from sources.aleta.planning.strict.planner import StrictPlanner
from tests.stores import on
from tests.unit.sources.aleta.planning.planned import SPAN, answer, ask_all, fates, planner, window


def test_w1_each_parent_is_asked_for_its_whole_span_first():
    """Nothing is parted without evidence."""
    found = planner("a", "b")
    assert [(question.parent, question.window) for question in ask_all(found)] == [("a", SPAN), ("b", SPAN)]
    assert found.parents == 2


def test_an_answer_below_the_largest_is_kept_at_once():
    """The largest waits for evidence; what is smaller needs none."""
    found = planner("big", "small")
    big, small = ask_all(found)
    answer(found, big, 50)
    assert found.decisions() == []
    answer(found, small, 49)
    assert found.decisions() == [Decision("small", SPAN, Fate.KEPT, 49)]
    assert found.parents == 1


def test_an_empty_answer_needs_no_proof():
    """No row and one row were never cut."""
    found = planner("a", "b")
    for question, count in zip(ask_all(found), (0, 1), strict=True):
        answer(found, question, count)
    assert fates(found) == [("a", Fate.KEPT), ("b", Fate.KEPT)]
    assert found.ask() is None
    assert found.parents == 0


def test_w5_a_refusal_is_remembered_for_every_parent():
    """Halved until taken; the next parent is asked no wider."""
    found = planner("a", "b")
    assert found.refuse(found.ask())
    assert found.decisions() == [Decision("a", SPAN, Fate.TOO_WIDE)]
    question = found.ask()
    assert (question.parent, question.window.days) == ("a", 50)
    answer(found, question, 0)
    assert found.max_days == 50
    assert all(question.window.days <= 50 for question in ask_all(found))


def read_from(found: Planner | StrictPlanner, *, refused_after: int) -> int:
    """Ask of an API that refuses what reaches beyond a day; returns how many requests that took."""
    requests = 0
    while question := found.ask():
        requests += 1
        if question.window.last > on(refused_after):
            if not found.refuse(question):
                found.fail(question)
        elif isinstance(found, Planner):
            answer(found, question, 0)
        else:
            found.answer(question, Rows())
    return requests


@pytest.mark.parametrize("strict", [False, True])
def test_w5_days_that_are_refused_make_no_other_window_narrow(strict):
    """An API that refuses tomorrow has no widest window: its parts tell."""
    found = StrictPlanner(cut=CutSizes(), rng=Random(1)) if strict else Planner(cap=RowCap())
    requests = []
    for parent in ("a", "b", "c"):
        found.add(parent, window(0, 4000))
        requests.append(read_from(found, refused_after=3970))
        assert found.parents == 0
    assert max(requests) < 30
    assert found.max_days > 1000


def test_w5_a_refused_day_is_not_too_wide():
    """The caller fails it."""
    found = planner("a", span=window(0, 0))
    question = found.ask()
    assert not found.refuse(question)
    found.fail(question)
    assert found.parents == 0


def test_c5_no_parent_runs_further_ahead_than_it_may():
    """Newer windows wait for the oldest, so that memory stays bounded; it then goes on."""
    found = planner("a", max_days=1, ahead=4)
    oldest, *others = ask_all(found)
    assert len(others) == 3
    for question in others:
        answer(found, question, 0)
    assert found.ask() is None
    answer(found, oldest, 0)
    assert [decision.window for decision in found.decisions()] == [window(day, day) for day in range(4)]
    assert len(ask_all(found)) == 4


def indivisible(*parents: str, **more) -> Planner:
    """Of what is asked for day by day, or whole."""
    return planner(*parents, cap=RowCap(divisible=False, elsewhere={40}), **more)


def test_what_cannot_be_divided_is_asked_in_one_piece_and_kept():
    """No answer waits for a larger one, and none is put to the test."""
    found = indivisible("a", "b")
    first, second = ask_all(found)
    answer(found, first, 90)
    answer(found, second, 90)
    assert fates(found) == [("a", Fate.KEPT), ("b", Fate.KEPT)]
    assert (found.ask(), found.parents) == (None, 0)


def test_day_by_day_each_day_is_a_question():
    """The planner tiles the span; nothing is ever asked in less than a day."""
    found = indivisible("a", max_days=1, span=window(0, 4))
    questions = ask_all(found)
    assert [question.window for question in questions] == [window(day, day) for day in range(5)]
    for question in reversed(questions):
        answer(found, question, 39)
    assert fates(found) == [("a", Fate.KEPT)] * 5


def test_w4_what_cannot_be_divided_and_has_just_the_cap_is_quarantined():
    """The gap is named, nothing is asked again, and the others are kept."""
    found = indivisible("a", "b", max_days=1, span=window(0, 1))
    for question in ask_all(found):
        answer(found, question, 40 if question.parent == "a" and question.window == window(0, 0) else 3)
    assert found.ask() is None
    decided = {(decision.parent, decision.window.first, decision.fate) for decision in found.decisions()}
    assert decided == {
        ("a", on(0), Fate.QUARANTINED),
        ("a", on(1), Fate.KEPT),
        ("b", on(0), Fate.KEPT),
        ("b", on(1), Fate.KEPT),
    }
    assert found.parents == 0


def test_w5_a_refusal_of_what_cannot_be_divided_is_not_about_its_width():
    """So it is a failure, told by whoever asked."""
    found = indivisible("a")
    question = found.ask()
    assert not found.refuse(question)
    found.fail(question)
    assert (found.decisions(), found.parents) == ([], 0)


@pytest.mark.parametrize("workers", [1, 8])
def test_w1_parents_read_from_the_look_back_on_do_not_say_where_a_history_begins(workers):
    """A day over the cap, years back, costs a handful: no day is parted from the end, one after the other."""
    found = Planner(cap=RowCap(known=10))
    rows = {"busy": [on(5)] * 16 + [on(day) for day in range(30, 700, 40)]}
    rows |= {name: [on(690)] for name in ("small", "other")}
    for parent in ("small", "other", "busy"):
        found.add(parent, window(0 if parent == "busy" else 660, 760))
    out, asked = list[Question](), list[str]()
    while True:
        while len(out) < workers and (question := found.ask()):
            out.append(question)
        if not out:
            break
        asked.append((question := out.pop(0)).parent)
        days = [day for day in rows[question.parent] if day in question.window][:10]
        found.answer(question, len(days), days)
    assert [made.window for made in found.decisions() if made.fate is Fate.QUARANTINED] == [window(5, 5)]
    assert asked.count("busy") <= 10
