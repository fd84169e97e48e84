"""What answers prove about the hidden row cap (rule W3)."""

import pytest

from sources.aleta.planning.cap import Judgement, RowCap


def seen(*counts: int, **more) -> RowCap:
    cap = RowCap(**more)
    for count in counts:
        cap.see(count)
    return cap


@pytest.mark.parametrize("count", [0, 1])
def test_w3_no_row_and_one_row_are_never_suspect(count):
    """A cap below two rows would be no list at all."""
    assert seen(count).judge(count) is Judgement.WHOLE


def test_w3_an_answer_smaller_than_the_largest_is_whole():
    """The cap is at least the largest answer, so a smaller one was not cut."""
    cap = seen(9, 5)
    assert (cap.judge(5), cap.judge(9), cap.largest) == (Judgement.WHOLE, Judgement.SUSPECT, 9)


def test_w3_an_answer_like_the_largest_is_suspect_every_time():
    """Another answer of the same size proves nothing of this one."""
    cap = seen(9, 9)
    cap.add_up(9, 9, complete=True)
    assert cap.proven_whole
    assert cap.judge(9) is Judgement.SUSPECT


def test_w3_parts_that_hold_more_show_the_cap():
    """The whole answered nine, its parts more: nine is the cap, and every answer of nine was cut."""
    cap = seen(9, 6, 5)
    cap.add_up(9, 11, complete=False)
    assert (cap.known, cap.value, cap.judge(9), cap.judge(8)) == (9, 9, Judgement.CUT, Judgement.WHOLE)


def test_w3_parts_that_are_not_all_in_prove_nothing():
    """Fewer rows so far is no sum."""
    cap = seen(9, 4)
    cap.add_up(9, 4, complete=False)
    assert (cap.known, cap.proven_whole) == (None, False)


def test_w3_a_smaller_whole_than_the_largest_says_nothing_new():
    """It could not have been cut."""
    cap = seen(9, 20)
    cap.add_up(9, 12, complete=True)
    assert (cap.known, cap.proven_whole) == (None, False)


@pytest.mark.parametrize(
    ("whole", "parts", "overtaken"),
    [
        pytest.param(5, 8, 5, id="cut-though-nine-were-shown"),
        pytest.param(5, 7, 0, id="two-rows-may-have-moved"),
        pytest.param(9, 30, 0, id="the-largest-was-cut"),
    ],
)
def test_w6_an_answer_that_was_cut_though_a_larger_one_came_says_that_the_cap_is_no_constant(whole, parts, overtaken):
    cap = seen(9, 5)
    cap.add_up(whole, parts, complete=False)
    assert cap.overtaken == overtaken


def test_w3_an_answer_that_beats_the_known_cap_ends_the_belief():
    """The server's cap was raised, or the belief was wrong."""
    cap = seen(10, known=9)
    assert (cap.known, cap.judge(10)) == (None, Judgement.SUSPECT)


def test_w3_a_known_cap_makes_only_more_careful():
    """What an earlier run believed clears nothing: an answer below it is judged by this run's alone."""
    cap = seen(5, known=9)
    assert (cap.judge(5), cap.judge(9)) == (Judgement.SUSPECT, Judgement.CUT)


def test_a_new_record_takes_the_proof_away():
    """Only an answer as large as the largest can be the proof of it."""
    cap = seen(9)
    cap.add_up(9, 9, complete=True)
    cap.see(12)
    assert not cap.proven_whole
    assert not RowCap().proven_whole


@pytest.mark.parametrize(
    ("count", "judgement"), [(9, Judgement.WHOLE), (10, Judgement.CUT), (11, Judgement.CUT), (1, Judgement.WHOLE)]
)
def test_w3_a_configured_cap_replaces_the_learning(count, judgement):
    """Nothing is suspect and nothing is learned."""
    cap = seen(count, configured=10)
    cap.add_up(count, count + 5, complete=True)
    assert (cap.judge(count), cap.known, cap.value) == (judgement, None, 10)


@pytest.mark.parametrize(
    ("count", "elsewhere", "judgement"),
    [
        pytest.param(500, 0, Judgement.WHOLE, id="no-cap-known-anywhere"),
        pytest.param(249, 250, Judgement.WHOLE, id="below"),
        pytest.param(250, 250, Judgement.CUT, id="just-that-many"),
        pytest.param(251, 250, Judgement.WHOLE, id="beyond-it-so-it-does-not-hold-here"),
        pytest.param(1, 1, Judgement.WHOLE, id="one-row-is-no-cap"),
    ],
)
def test_w3_what_cannot_be_asked_in_parts_is_doubted_at_just_the_cap_of_another_endpoint(count, elsewhere, judgement):
    """There is nothing to learn from parts; the largest so far says nothing, for each answer is of another owner."""
    cap = seen(count, 5, divisible=False, elsewhere={elsewhere, 7})
    assert cap.judge(count) is judgement
    assert cap.judge(5) is Judgement.WHOLE


def test_w3_a_configured_cap_holds_for_what_cannot_be_asked_in_parts_too():
    """The operator's word goes before what other endpoints showed."""
    cap = seen(30, divisible=False, elsewhere={10}, configured=30)
    assert (cap.judge(30), cap.judge(10)) == (Judgement.CUT, Judgement.WHOLE)
