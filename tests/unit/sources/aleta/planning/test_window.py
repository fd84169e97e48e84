"""Windows of days, where one is parted, and how a span comes to be covered, case by case."""

import pytest

from sources.aleta.planning.coverage import Coverage
from sources.aleta.planning.windows import Window, split
from tests.stores import on


def window(first: int, last: int) -> Window:
    return Window(on(first), on(last))


def asked(plan: Coverage) -> list[Window]:
    """All that waits, asked."""
    found = []
    while plan.waiting:
        found.append(plan.ask(None).window)
    return found


def test_a_window_cannot_end_before_it_begins():
    """One day is the least."""
    assert window(3, 3).days == 1
    with pytest.raises(ValueError, match="cannot end"):
        window(3, 2)


def test_both_ends_are_in_a_window():
    """And nothing beyond them."""
    assert [day for day in range(6) if on(day) in window(2, 4)] == [2, 3, 4]


@pytest.mark.parametrize(
    ("days", "first_part"),
    [
        pytest.param([], (0, 4), id="no-dates:in-the-middle"),
        pytest.param([40, 50], (0, 4), id="dates-outside:in-the-middle"),
        pytest.param([1, 2, 8, 9], (0, 7), id="half-the-rows-on-either-side"),
        pytest.param([3, 3, 3, 9], (0, 3), id="the-crowded-day-is-the-older-half"),
        pytest.param([0, 5, 5, 5], (0, 4), id="the-crowded-day-is-the-newer-half"),
        pytest.param([0, 0, 0], (0, 0), id="all-on-the-first-day"),
        pytest.param([9, 9, 9], (0, 8), id="all-on-the-last-day"),
    ],
)
def test_w2_dropped_rows_steer_where_a_window_parts(days, first_part):
    """About half of the rows seen lie on either side; both parts hold a day at least."""
    older, newer = split(window(0, 9), [on(day) for day in days])
    assert (older, newer) == (window(*first_part), window(first_part[1] + 1, 9))


def test_a_window_is_cut_after_a_day():
    """The day is the last of the older part."""
    assert window(0, 9).cut_after(on(3)) == (window(0, 3), window(4, 9))


def test_w5_tiles_are_of_one_width_and_the_rest():
    """Oldest first."""
    assert list(window(0, 9).tiles(4)) == [window(0, 3), window(4, 7), window(8, 9)]
    assert list(window(0, 9).tiles(10)) == [window(0, 9)]


def test_a_coverage_asks_its_span_once():
    """W1: the widest that may be asked."""
    plan = Coverage(window(0, 99))
    question = plan.ask(None)
    plan.keep(question, [])
    assert (question.window, plan.take(), plan.done) == (window(0, 99), [question], True)


def test_a_coverage_with_a_widest_window_asks_in_tiles():
    """Oldest first, the rest last."""
    assert asked(Coverage(window(0, 9), 4)) == [window(0, 3), window(4, 7), window(8, 9)]


def test_kept_windows_are_handed_on_oldest_first_and_without_a_gap():
    """A newer one waits for the older one, so that a mark can follow."""
    plan = Coverage(window(0, 9), 4)
    old, middle, new = (plan.ask(None) for _ in range(3))
    plan.keep(new, [])
    plan.keep(old, [])
    assert plan.take() == [old]
    assert (plan.ahead, plan.done) == (2, False)
    plan.keep(middle, [])
    assert plan.take() == [middle, new]
    assert plan.done


def test_a_gap_is_passed_over_and_not_handed_on():
    """What was given up is not kept; what lies behind it is."""
    plan = Coverage(window(0, 9), 5)
    old, new = plan.ask(None), plan.ask(None)
    plan.skip(old)
    plan.keep(new, [])
    assert plan.take() == [new]


def test_what_is_settled_behind_one_that_will_not_come_is_handed_on_at_the_end():
    """Oldest first, without the gaps, and once."""
    plan = Coverage(window(0, 9), 2)
    _, gap, second, third, _ = (plan.ask(None) for _ in range(5))
    plan.keep(third, [])
    plan.skip(gap)
    plan.keep(second, [])
    assert plan.take() == []
    assert plan.take_rest() == [second, third]
    assert plan.take_rest() == []


def test_w5_a_refused_window_is_halved_with_all_that_waits():
    """What waits is no wider than what was refused, so it would be refused too."""
    plan = Coverage(window(0, 39), 20)
    assert plan.halve(plan.ask(None))
    assert plan.max_days == 10
    assert asked(plan) == [window(0, 9), window(10, 19), window(20, 29), window(30, 39)]


def test_w5_an_odd_width_loses_no_day():
    """Five days are three and two."""
    plan = Coverage(window(0, 4))
    plan.halve(plan.ask(None))
    assert asked(plan) == [window(0, 2), window(3, 4)]


def test_w5_a_late_refusal_does_not_widen_what_was_learned_since():
    """A wider one, refused after a narrower one, is still asked as narrow as the narrowest."""
    plan = Coverage(window(0, 39), 20)
    wide, other = plan.ask(None), plan.ask(None)
    plan.halve(wide)
    plan.halve(plan.ask(None))
    plan.halve(other)
    assert plan.max_days == 5
    assert all(window.days == 5 for window in asked(plan))


def test_w5_a_single_day_is_not_too_wide():
    """It stays out: its caller says what becomes of it."""
    plan = Coverage(window(3, 3))
    assert not plan.halve(plan.ask(None))
    assert not plan.done


def test_w5_narrowing_never_widens():
    """Only a narrower width counts, and none means no limit."""
    plan = Coverage(window(0, 9), 4)
    plan.narrow(8)
    plan.narrow(0)
    assert plan.max_days == 4
    plan.narrow(3)
    assert asked(plan) == [window(0, 2), window(3, 3), window(4, 6), window(7, 7), window(8, 9)]


def test_w3_parts_that_are_tiled_count_all_of_their_tiles():
    """The whole's sum is complete only when each tile of each part has answered."""
    plan = Coverage(window(0, 19))
    whole = plan.ask(None)
    plan.test(whole, [])
    assert whole.open_parts == 2
    plan.narrow(5)
    assert whole.open_parts == 4
    assert all(plan.ask(None).whole is whole for _ in range(4))
