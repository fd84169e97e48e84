"""How far under the cap windows are aimed, by what became of the last ones."""

import pytest

from sources.aleta.planning.experience import ENOUGH, Experience

CAP = 1000


def aim(*ratios: float) -> float:
    """After windows that held so many times the rows expected, over and over."""
    experience = Experience()
    for _ in range(2 * ENOUGH):
        for ratio in ratios:
            experience.aimed(100.0, int(100 * ratio), cut=False)
    return experience.aim(CAP)


def test_before_anything_is_learned_a_count_may_grow_and_stray():
    """1.1 for growth, 1.6 standard deviations of a count."""
    assert Experience().aim(CAP) == pytest.approx(CAP / (1.1 + 1.6 / CAP**0.5))


def test_windows_that_hold_what_is_expected_are_aimed_at_the_cap():
    """No room is wasted where guesses are right."""
    assert aim(1.0) == pytest.approx(CAP)


def test_all_fit_where_one_in_five_would_be_cut_by_a_little():
    """1.2 · 1 is less than 1 · (1 + 1.5 · 1/4)."""
    assert aim(1.0, 1.0, 1.0, 1.0, 1.2) == pytest.approx(CAP / 1.2)


def test_bursts_are_left_to_be_cut():
    """Ten times the rows in one of five: to aim all others at a tenth would cost far more."""
    assert aim(1.0, 1.0, 1.0, 1.0, 10.0) == pytest.approx(CAP)
