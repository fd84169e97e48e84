"""Answers as large as the cap may be: put to the test, proven, or quarantined (W3, W4)."""

import pytest

from sources.aleta.planning.cap import RowCap
from sources.aleta.planning.planner import Planner
from sources.aleta.planning.proofs import Proofs
from sources.aleta.planning.questions import Decision, Fate, Proof
from tests.unit.sources.aleta.planning.planned import SPAN, answer, ask_all, fates, planner, window


def test_w3_the_largest_answer_is_put_to_the_test_when_nothing_else_can_clear_it():
    """It is dropped and its parts are read; they add up, and are smaller, so they are whole."""
    found = planner("a")
    answer(found, found.ask(), 50)
    parts = ask_all(found)
    assert fates(found) == [("a", Fate.SPLIT)]
    for part in parts:
        answer(found, part, 25)
    assert found.cap.proven_whole
    assert [decision.fate for decision in found.decisions()] == [Fate.KEPT] * 2
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


@pytest.mark.parametrize(("rows", "fate"), [(40, Fate.KEPT), (10, Fate.QUARANTINED)])
def test_w4_the_history_of_another_parent_may_clear_a_day(rows, fate):
    """Where the parent with the earlier proof is gone, or was not read: of whoever has the most rows tonight, once."""
    found = planner("a", span=window(99, 99))
    for parent in "bcdef":
        found.add(parent, window(90, 99))
    found.proofs.extend(window(0, 0))
    for question, count in zip(ask_all(found), (10, 2, 9, 4, 3, 1), strict=True):
        answer(found, question, count)
    assert ("a", fate) not in fates(found)

    asked = []
    while question := found.ask():
        asked.append((question.parent, question.window, question.proof))
        answer(found, question, 10 if question.parent == "a" else rows)

    others = "c" if fate is Fate.KEPT else "cde"
    assert asked == [(parent, SPAN, True) for parent in f"a{others}"]
    assert fates(found) == [("a", fate)]


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
    assert [question.parent for question in ask_all(found)] == ["a", "a"]


def test_w3_a_proof_that_fails_or_is_refused_is_not_asked_again():
    """The test goes on without it."""
    for end in (Planner.fail, Planner.refuse):
        found = planner("a", proof=Proof("big", SPAN, 90))
        answer(found, found.ask(), 50)
        end(found, found.ask())
        assert [question.parent for question in ask_all(found)] == ["a", "a"]
        assert found.next_proof == Proof("a", SPAN, 50)


def test_w4_the_newest_days_of_a_proof_that_is_too_wide_clear_a_day():
    """A day far ahead, where no window around it has more rows: what the API takes of the proof has."""
    far = window(3000, 3000)
    found = planner(proof=Proof("big", SPAN, 90))
    found.add("a", far)
    answer(found, found.ask(), 3)
    asked = []
    while question := found.ask():
        asked.append((question.parent, question.window, question.proof))
        if question.window.days > 60:
            assert found.refuse(question)
        else:
            answer(found, question, 12 if question.parent == "big" else 3)
    narrower = [days for parent, days, _ in asked if parent == "big"]
    assert [days.days for days in narrower] == [SPAN.days, SPAN.days // 2]
    assert fates(found) == [("a", Fate.KEPT)]


def test_w4_of_a_parent_that_failed_no_days_of_its_proof_are_asked():
    found = planner("big", proof=Proof("big", SPAN, 90), hold=0)
    own = found.ask()
    found.add("a", window(3000, 3000))
    answer(found, found.ask(), 3)
    asked = []
    while question := found.ask():
        asked.append(question.parent)
        if question.proof and question.parent == "big":
            assert found.refuse(question)
            found.fail(own)
        else:
            answer(found, question, 3)
    assert asked.count("big") == 1


def test_w4_a_proof_whose_parent_failed_while_it_was_out_is_not_asked_in_part():
    proofs = Proofs(earlier=Proof("big", SPAN, 90), asked=True)
    proofs.fail("big")
    proofs.refuse(SPAN, [])
    proofs.refuse(window(3, 60), [])
    assert proofs.wider([], {}) is None


def test_w5_a_proof_that_is_refused_down_to_a_day_comes_to_an_end():
    """Nothing of it is taken."""
    found = planner(proof=Proof("big", SPAN, 90))
    found.add("a", window(3000, 3000))
    answer(found, found.ask(), 3)
    requests = 0
    while question := found.ask():
        assert found.refuse(question)
        requests += 1
    assert requests < 40
    assert fates(found) == [("a", Fate.QUARANTINED)]


def test_w3_a_proof_of_a_parent_that_failed_is_not_asked_for():
    """All its attempts were made."""
    found = planner("big", "b", proof=Proof("big", SPAN, 90))
    one, other = ask_all(found)
    answer(found, other, 50)
    found.fail(one)
    assert [question.proof for question in ask_all(found)] == [False, False]
    assert found.proofs.failed


def test_w3_a_proof_that_could_not_clear_anything_is_not_asked():
    """It is no larger than what was seen, or the cap was configured."""
    found = planner("a", proof=Proof("big", SPAN, 50))
    answer(found, found.ask(), 50)
    assert not found.ask().proof
    found = planner("a", cap=RowCap(configured=50), proof=Proof("big", SPAN, 90))
    answer(found, found.ask(), 50)
    assert not found.ask().proof


def test_the_proof_for_the_next_run_is_the_largest_answer_of_this_one_or_of_an_earlier_one():
    """A night has small answers: what the first load showed is still what clears a day in doubt."""
    old = Proof("big", SPAN, 90)
    found = planner("a", proof=old)
    assert found.next_proof == old
    answer(found, found.ask(), 5)
    assert found.next_proof == old
    found = planner("a", proof=old)
    answer(found, found.ask(), 95)
    assert found.next_proof == Proof("a", SPAN, 95)


def test_a_proof_whose_days_have_fewer_rows_now_is_none_any_more():
    """Its parent was read on all of them."""
    found = planner("a", proof=Proof("a", SPAN, 90))
    answer(found, found.ask(), 5)
    assert found.next_proof == Proof("a", SPAN, 5)


def test_a_proof_that_came_back_smaller_is_none_any_more():
    """W3: it was asked for again: rows are gone, or the cap came down."""
    found = planner("a", "b", proof=Proof("big", SPAN, 90))
    for question in ask_all(found):
        answer(found, question, 50)
    answer(found, found.ask(), 60)
    assert found.next_proof == Proof("big", SPAN, 60)
