"""Windows whose days are overlooked (rule W8)."""

from datetime import date, timedelta

from sources.aleta.planning.evidence.overlooked import NEAR, REMEMBERED, OverlookedDays
from sources.aleta.planning.evidence.rows import Rows
from sources.aleta.planning.windows import Window

JANUARY = Window(date(2026, 1, 1), date(2026, 1, 31))
MARCH = Window(date(2026, 3, 1), date(2026, 3, 31))
JULY = date(2026, 7, 1)


def rows(**dated: date) -> Rows:
    return Rows.of_days(map(hash, dated), dated.values())


def test_a_row_of_neither_that_two_windows_show_tells_that_windows_are_overlooked_w8():
    """W8: a row of July in the answers to January and to March."""
    days = OverlookedDays()
    assert days.shown_by("a", JANUARY, rows(x=JANUARY.first, y=JULY)) is None
    assert days.shown_by("a", MARCH, rows(y=JULY)) == JANUARY


def test_a_row_that_only_one_of_them_shows_astray_tells_nothing_w8():
    """W8: one of its dates may come in a form that nobody reads, or it was moved while the run read."""
    days = OverlookedDays()
    assert days.shown_by("a", JANUARY, rows(y=MARCH.first)) is None
    assert days.shown_by("a", MARCH, rows(y=MARCH.first)) is None


def test_what_was_told_is_forgotten_c5():
    """C5: nobody asks for that parent again in this run."""
    days = OverlookedDays()
    days.shown_by("a", JANUARY, rows(y=JULY))
    days.shown_by("a", MARCH, rows(y=JULY))
    assert days == OverlookedDays()


def test_a_date_that_rows_do_not_show_may_be_compared_w8():
    """W8: each row is then in one of the windows that part the days, and in those around it, whatever its own dates."""
    days = OverlookedDays()
    assert days.shown_by("a", JANUARY.hull(MARCH), rows(y=JULY, z=JULY)) is None
    assert days.shown_by("a", JANUARY, rows(y=JULY)) is None
    assert days.shown_by("a", MARCH, rows(z=JULY)) is None


def test_days_beside_a_window_and_rows_without_days_are_no_sign_w8():
    """W8: the vendor's day may be another, and a row with two dates is in the windows of both."""
    days, beside = OverlookedDays(), JANUARY.last + timedelta(days=NEAR)
    shown = {"beside": (beside, beside), "both": (JANUARY.last, JULY)}
    ordinals = [[day.toordinal() for day in days] for days in zip(*shown.values(), strict=True)]
    given = Rows(ids=[*map(hash, [*shown, "none"])], first=[*ordinals[0], 0], last=[*ordinals[1], 0])
    assert days.shown_by("a", JANUARY, given) is None
    assert days.shown_by("a", Window(beside, MARCH.last), given) is None
    assert days.shown_by("a", Window(MARCH.first, JULY), given.without([hash("beside")])) is None


def test_the_rows_of_another_are_not_held_against_it_w8():
    """W8: one exchange may be of two accounts."""
    days = OverlookedDays()
    days.shown_by("a", JANUARY, rows(y=JULY))
    assert days.shown_by("b", MARCH, rows(y=JULY)) is None


def test_few_rows_of_a_parent_are_remembered_c5():
    """C5: all of them come each time, so that a few tell; the last window counts, whatever it has in common."""
    days, many = OverlookedDays(), {f"r{n}": JULY for n in range(10 * REMEMBERED)}
    days.shown_by("a", JANUARY.hull(MARCH), rows(**many))
    assert sum(map(len, days._astray.values())) == REMEMBERED
    assert days.shown_by("a", JANUARY, rows(**many)) is None
    assert days.shown_by("a", MARCH, rows(**many)) == JANUARY
