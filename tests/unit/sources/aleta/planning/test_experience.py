"""What the parents of one endpoint teach each other of how their rows lie."""

from datetime import date
from math import log

import pytest

from sources.aleta.planning.experience import ENOUGH, Ended, Experience

LONG = 10_000  # days


def first_days(*ended: Ended) -> int:
    """Asked of the next parent, after many like these."""
    experience = Experience()
    for _ in range(ENOUGH):
        for parent in ended:
            experience.end(parent, date(2000, 1, 1))
    return experience.first_days()


def test_all_days_are_asked_before_anything_is_known():
    assert Experience().first_days() == 0


def test_all_days_are_asked_where_parents_fit():
    """A part would cost each of them a request."""
    assert first_days(Ended(caps=0.6, quiet=3000, rate=0.0002)) == 0


def test_a_part_is_asked_where_all_have_a_little_more_than_fits():
    """Two caps each: the whole would be cut, and then take three windows."""
    days = first_days(Ended(caps=2.0, quiet=4000, rate=0.0005))
    assert 4000 < days < 6000


def test_all_days_are_asked_where_half_the_parents_fit():
    """What is saved with one is lost with the other."""
    assert first_days(Ended(caps=2.0, quiet=4000, rate=0.0005), Ended(caps=0.3, quiet=3000, rate=0.0001)) == 0


def test_rates_that_double_in_a_thousand_days_are_expected_to():
    experience = Experience()
    for _ in range(100):
        experience.grow(log(2), 1000)
    assert experience.grown(1000) == pytest.approx(2, rel=0.1)
    assert experience.grown(-1000) == pytest.approx(1 / 2, rel=0.1)


def test_no_rate_is_believed_to_grow_without_end():
    """Of days far off nothing is known: a factor stays finite."""
    experience = Experience()
    experience.grow(50.0, 1)
    experience.grow(50.0, 100_000)
    assert 1 < experience.grown(3_000_000) < 25
