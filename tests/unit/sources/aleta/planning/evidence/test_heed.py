"""Windows that are not heeded (rule W8)."""

from datetime import date, timedelta

from sources.aleta.planning.evidence.heed import NEAR, REMEMBERED, Heed
from sources.aleta.planning.evidence.rows import Rows
from sources.aleta.planning.windows import Window

JANUARY = Window(date(2026, 1, 1), date(2026, 1, 31))
MARCH = Window(date(2026, 3, 1), date(2026, 3, 31))
JULY = date(2026, 7, 1)


def rows(**dated: date) -> Rows:
    return Rows.of_days(map(hash, dated), dated.values())


def test_a_row_of_neither_that_two_windows_show_tells_that_windows_are_overlooked_w8():
    """W8: a row of July in the answers to January and to March."""
    heed = Heed()
    assert heed.contradicts("a", JANUARY, rows(x=JANUARY.first, y=JULY)) is None
    assert heed.contradicts("a", MARCH, rows(y=JULY)) == JANUARY


def test_a_row_that_its_own_days_show_too_tells_the_same_w8():
    """W8: the second answer may be the one that should have it."""
    heed = Heed()
    heed.contradicts("a", JANUARY, rows(y=MARCH.first))
    assert heed.contradicts("a", MARCH, rows(y=MARCH.first)) == JANUARY


def test_a_date_that_rows_do_not_show_may_be_compared_w8():
    """W8: each row is then in one of the windows that part the days, and in those around it, whatever its own dates."""
    heed = Heed()
    assert heed.contradicts("a", JANUARY.hull(MARCH), rows(y=JULY, z=JULY)) is None
    assert heed.contradicts("a", JANUARY, rows(y=JULY)) is None
    assert heed.contradicts("a", MARCH, rows(z=JULY)) is None


def test_days_beside_a_window_and_rows_without_days_are_no_sign_w8():
    """W8: the vendor's day may be another, and a row with two dates is in the windows of both."""
    heed, beside = Heed(), JANUARY.last + timedelta(days=NEAR)
    shown = {"beside": (beside, beside), "both": (JANUARY.last, JULY)}
    ordinals = [[day.toordinal() for day in days] for days in zip(*shown.values(), strict=True)]
    given = Rows(ids=[*map(hash, [*shown, "none"])], first=[*ordinals[0], 0], last=[*ordinals[1], 0])
    assert heed.contradicts("a", JANUARY, given) is None
    assert heed.contradicts("a", Window(beside, MARCH.last), given) is None
    assert heed.contradicts("a", Window(MARCH.first, JULY), given.without([hash("beside")])) is None


def test_the_rows_of_another_are_not_held_against_it_w8():
    """W8: one exchange may be of two accounts."""
    heed = Heed()
    heed.contradicts("a", JANUARY, rows(y=JULY))
    assert heed.contradicts("b", MARCH, rows(y=JULY)) is None


def test_few_rows_are_remembered_c5():
    """C5: all of them come each time, so that a few tell."""
    heed, many = Heed(), {f"r{n}": JULY for n in range(10 * REMEMBERED)}
    heed.contradicts("a", JANUARY, rows(**many))
    assert sum(map(len, heed._astray.values())) == REMEMBERED
    assert heed.contradicts("a", MARCH, rows(**many)) == JANUARY
