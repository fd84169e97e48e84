"""Windows of days, and where one is parted, case by case."""

import pytest

from sources.aleta.windows import Window, split
from tests.stores import on


def window(first: int, last: int) -> Window:
    return Window(on(first), on(last))


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
