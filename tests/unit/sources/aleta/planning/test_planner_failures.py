"""A parent that fails is given up, and no other."""

from sources.aleta.planning.questions import Decision, Fate
from tests.unit.sources.aleta.planning.planned import answer, ask_all, fates, planner, window


def test_a_failure_gives_its_parent_up_and_no_other():
    """Answers to what was out are of no use, and change nothing; the other parent is kept."""
    found = planner("a", "b", max_days=50)
    questions = ask_all(found)
    (a1, a2), others = ([question for question in questions if question.parent == name] for name in ("a", "b"))
    found.fail(a1)
    assert [found.follows(question) for question in (a2, *others)] == [False, True, True]
    for question in (a2, *others):
        answer(found, question, 0)
    assert fates(found) == [("b", Fate.KEPT), ("b", Fate.KEPT)]
    assert found.parents == 0


def test_a_second_failure_of_a_parent_given_up_changes_nothing():
    """Several of its windows were out."""
    found = planner("a", max_days=50)
    first, second = ask_all(found)
    found.fail(first)
    found.fail(second)
    assert (found.decisions(), found.parents, found.ask()) == ([], 0, None)


def test_a_refusal_of_a_parent_given_up_changes_nothing():
    """Nobody waits for it."""
    found = planner("a", max_days=50)
    first, second = ask_all(found)
    found.fail(first)
    assert found.refuse(second)
    assert (found.decisions(), found.ask()) == ([], None)


def test_what_was_settled_behind_the_failure_stays_kept():
    """A window proven complete is proven, though an older one is missing."""
    found = planner("a", max_days=50)
    old, new = ask_all(found)
    answer(found, new, 1)
    assert found.decisions() == []
    found.fail(old)
    assert found.decisions() == [Decision("a", window(50, 99), Fate.KEPT, 1)]


def test_a_failure_while_another_answer_is_on_test_leaves_that_test_standing():
    """The parts of b still add up; nothing is asked twice, and b ends complete."""
    found = planner("b", "a", hold=0)
    b, a = ask_all(found)
    answer(found, b, 40)
    parts = ask_all(found)
    found.fail(a)
    for part in parts:
        answer(found, part, 20)
    assert fates(found) == [("b", Fate.SPLIT), ("b", Fate.KEPT), ("b", Fate.KEPT)]
    assert (found.parents, found.ask()) == (0, None)


def test_a_failed_answer_that_was_held_is_forgotten():
    """Its parent failed in another window before the evidence was in."""
    found = planner("a", "b", max_days=50)
    questions = ask_all(found)
    first, second = (question for question in questions if question.parent == "a")
    answer(found, first, 40)
    found.fail(second)
    for question in questions:
        if question.parent == "b":
            answer(found, question, 1)
    assert fates(found) == [("b", Fate.KEPT)] * 2
    assert (found.ask(), found.parents) == (None, 0)
