"""What the planner asks next, and what becomes of answers, refusals and failures."""

from sources.aleta.planning.cap import RowCap
from sources.aleta.planning.planner import Planner
from sources.aleta.planning.questions import Decision, Fate, Proof
from sources.aleta.planning.windows import Window
from tests.stores import on


def window(first: int, last: int) -> Window:
    return Window(on(first), on(last))


SPAN = window(0, 99)


def planner(*parents: str, span: Window = SPAN, **more) -> Planner:
    found = Planner(**({"cap": RowCap()} | more))
    for parent in parents:
        found.add(parent, span)
    return found


def spread(window: Window, count: int):
    """*count* days all over *window*."""
    return [on((window.first - on(0)).days + number * window.days // max(1, count)) for number in range(count)]


def answer(found: Planner, question, count: int) -> None:
    found.answer(question, count, spread(question.window, count))


def ask_all(found: Planner) -> list:
    questions = []
    while question := found.ask():
        questions.append(question)
    return questions


def fates(found: Planner) -> list[tuple[str, Fate]]:
    return [(one.parent, one.fate) for one in found.decisions()]


def test_w1_each_parent_is_asked_for_its_whole_span_first():
    """Nothing is parted without evidence."""
    found = planner("a", "b")
    assert [(one.parent, one.window) for one in ask_all(found)] == [("a", SPAN), ("b", SPAN)]
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


def test_w3_the_largest_answer_is_put_to_the_test_when_nothing_else_can_clear_it():
    """It is dropped and its parts are read; they add up, and are smaller, so they are whole."""
    found = planner("a")
    answer(found, found.ask(), 50)
    parts = ask_all(found)
    assert fates(found) == [("a", Fate.SPLIT)]
    for part in parts:
        answer(found, part, 25)
    assert found.cap.proven_whole
    assert [one.fate for one in found.decisions()] == [Fate.KEPT] * 2
    assert found.parents == 0


def test_w3_parts_with_more_rows_show_the_cap_to_all():
    """One test tells for every other answer of that size."""
    found = planner("a", "b")
    for question in ask_all(found):
        answer(found, question, 50)
    first, *rest = ask_all(found)
    answer(found, first, 30)
    answer(found, rest[0], 30)
    assert found.cap.known == 50
    assert ("b", Fate.SPLIT) in fates(found)


def test_w4_a_day_that_no_test_can_clear_is_quarantined():
    """Its parent goes on: the gap is named, and what else it has is kept."""
    found = planner("a", span=window(0, 0), cap=RowCap(configured=10))
    answer(found, found.ask(), 10)
    assert found.decisions() == []
    assert found.ask() is None
    assert found.decisions() == [Decision("a", window(0, 0), Fate.QUARANTINED, 10)]
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
    assert all(one.window.days <= 50 for one in ask_all(found))


def test_w5_a_refused_day_is_not_too_wide():
    """The caller fails it."""
    found = planner("a", span=window(0, 0))
    question = found.ask()
    assert not found.refuse(question)
    found.fail(question)
    assert found.parents == 0


def test_a_failure_gives_its_parent_up_and_no_other():
    """Answers to what was out are of no use, and change nothing; the other parent is kept."""
    found = planner("a", "b", max_days=50)
    questions = ask_all(found)
    (a1, a2), others = ([one for one in questions if one.parent == name] for name in ("a", "b"))
    found.fail(a1)
    assert [found.follows(one) for one in (a2, *others)] == [False, True, True]
    for question in (a2, *others):
        answer(found, question, 0)
    assert fates(found) == [("b", Fate.KEPT), ("b", Fate.KEPT)]
    assert found.parents == 0


def test_a_second_failure_of_a_parent_given_up_changes_nothing():
    """Several of its windows were out."""
    found = planner("a", max_days=50)
    one, two = ask_all(found)
    found.fail(one)
    found.fail(two)
    assert (found.decisions(), found.parents, found.ask()) == ([], 0, None)


def test_a_refusal_of_a_parent_given_up_changes_nothing():
    """Nobody waits for it."""
    found = planner("a", max_days=50)
    one, two = ask_all(found)
    found.fail(one)
    assert found.refuse(two)
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
    first, second = (one for one in questions if one.parent == "a")
    answer(found, first, 40)
    found.fail(second)
    for question in questions:
        if question.parent == "b":
            answer(found, question, 1)
    assert fates(found) == [("b", Fate.KEPT)] * 2
    assert (found.ask(), found.parents) == (None, 0)


def test_w3_an_earlier_proof_is_asked_before_anything_is_parted():
    """One request shows that the cap has not come down, and clears all that is smaller."""
    found = planner("a", "b", proof=Proof("big", SPAN, 90))
    for question in ask_all(found):
        answer(found, question, 50)
    proof = found.ask()
    assert (proof.parent, proof.window, proof.proof, found.follows(proof)) == ("big", SPAN, True, False)
    assert found.ask() is None
    answer(found, proof, 90)
    assert fates(found) == [("a", Fate.KEPT), ("b", Fate.KEPT)]
    assert found.next_proof == Proof("big", SPAN, 90)


def test_w3_a_proof_that_comes_back_smaller_clears_nothing():
    """The cap came down, or rows are gone: the answers are put to the test themselves."""
    found = planner("a", proof=Proof("big", SPAN, 90))
    answer(found, found.ask(), 50)
    answer(found, found.ask(), 50)
    assert [one.parent for one in ask_all(found)] == ["a", "a"]


def test_w3_a_proof_that_fails_or_is_refused_is_not_asked_again():
    """The test goes on without it."""
    for end in (Planner.fail, Planner.refuse):
        found = planner("a", proof=Proof("big", SPAN, 90))
        answer(found, found.ask(), 50)
        end(found, found.ask())
        assert [one.parent for one in ask_all(found)] == ["a", "a"]
        assert found.next_proof == Proof("a", SPAN, 50)


def test_w3_a_proof_that_could_not_clear_anything_is_not_asked():
    """It is no larger than what was seen, or the cap was configured."""
    found = planner("a", proof=Proof("big", SPAN, 50))
    answer(found, found.ask(), 50)
    assert not found.ask().proof
    found = planner("a", cap=RowCap(configured=50), proof=Proof("big", SPAN, 90))
    answer(found, found.ask(), 50)
    assert not found.ask().proof


def test_the_proof_for_the_next_run_is_the_largest_answer_of_this_one():
    """Without an answer the old one stays."""
    old = Proof("big", SPAN, 90)
    found = planner("a", proof=old)
    assert found.next_proof == old
    answer(found, found.ask(), 5)
    assert found.next_proof == Proof("a", SPAN, 5)


def test_c5_no_parent_runs_further_ahead_than_it_may():
    """Newer windows wait for the oldest, so that memory stays bounded; it then goes on."""
    found = planner("a", max_days=1, ahead=4)
    oldest, *others = ask_all(found)
    assert len(others) == 3
    for question in others:
        answer(found, question, 0)
    assert found.ask() is None
    answer(found, oldest, 0)
    assert [one.window for one in found.decisions()] == [window(day, day) for day in range(4)]
    assert len(ask_all(found)) == 4


def indivisible(*parents: str, **more) -> Planner:
    """Of what is asked for day by day, or whole."""
    return planner(*parents, cap=RowCap(divisible=False, elsewhere=40), **more)


def test_what_cannot_be_divided_is_asked_in_one_piece_and_kept():
    """No answer waits for a larger one, and none is put to the test."""
    found = indivisible("a", "b")
    one, two = ask_all(found)
    answer(found, one, 90)
    answer(found, two, 90)
    assert fates(found) == [("a", Fate.KEPT), ("b", Fate.KEPT)]
    assert (found.ask(), found.parents) == (None, 0)


def test_day_by_day_each_day_is_a_question():
    """The planner tiles the span; nothing is ever asked in less than a day."""
    found = indivisible("a", max_days=1, span=window(0, 4))
    questions = ask_all(found)
    assert [one.window for one in questions] == [window(day, day) for day in range(5)]
    for question in reversed(questions):
        answer(found, question, 39)
    assert fates(found) == [("a", Fate.KEPT)] * 5


def test_w4_what_cannot_be_divided_and_has_just_the_cap_is_quarantined():
    """The gap is named, nothing is asked again, and the others are kept."""
    found = indivisible("a", "b", max_days=1, span=window(0, 1))
    for question in ask_all(found):
        answer(found, question, 40 if question.parent == "a" and question.window == window(0, 0) else 3)
    assert found.ask() is None
    decided = {(one.parent, one.window.first, one.fate) for one in found.decisions()}
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
