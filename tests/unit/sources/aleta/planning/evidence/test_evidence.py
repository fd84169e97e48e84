"""Answers held against each other row by row: sizes, borders, ends, rows that were shown."""

from collections import Counter
from datetime import date, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.aleta.planning.evidence import borders
from sources.aleta.planning.evidence.kept import Evidence, KeptWindow
from sources.aleta.planning.evidence.proven import ProvenCaps
from sources.aleta.planning.evidence.rows import Rows, contrast
from sources.aleta.planning.evidence.shown import ShownRows
from sources.aleta.planning.trials.budget import FIRST_LOAD, NIGHT, REVERIFICATION
from sources.aleta.planning.trials.ends import Ends, EndsCheck
from sources.aleta.planning.trials.sizes import at_least, repeated
from sources.aleta.planning.windows import Window

START = date(2024, 1, 1)
YEAR = Window(START, START + timedelta(days=364))


def rows(*days: int) -> Rows:
    """A row on each of these days after the first, numbered from 1 on."""
    return Rows.of_days(range(1, 1 + len(days)), [START + timedelta(days=day) for day in days])


def kept(shown: Rows, parent: str = "a") -> KeptWindow:
    return KeptWindow(parent=parent, window=YEAR, count=len(shown), rows=shown)


def test_a_row_must_be_shown_only_where_all_of_its_dates_lie():
    """Which of its dates the server compares is not known."""
    day = START.toordinal()
    both = Rows(ids=[1, 2, 3], first=[day, day + 9, 0], last=[day + 10, day + 10, 0])

    assert both.within(Window(START, START + timedelta(days=9))) == set()
    assert both.within(Window(START, START + timedelta(days=10))) == {1, 2}


def test_rows_are_compared_both_ways():
    """More rows in a part, and fewer, are two findings."""
    half = Window(START, START + timedelta(days=99))
    found = contrast(rows(1, 50, 300), [(half, Rows.of_days([1, 9], [START, START]))])

    assert found.more == {9}
    assert found.lacking == {half: {2}}
    assert found.count == 2


def test_what_is_too_much_to_remember_is_forgotten_from_the_oldest_on():
    """C5: the windows stay, their rows go."""
    evidence = Evidence(most_rows=10)
    windows = [kept(rows(*range(4)), parent=f"p{number}") for number in range(4)]
    for window in windows:
        evidence.keep(window)

    assert [window.rows is None for window in windows] == [True, True, False, False]
    assert len(evidence.all()) == 4


@pytest.mark.parametrize(
    ("counts", "found"),
    [
        pytest.param({}, [], id="nothing"),
        pytest.param({499: 1, 500: 4, 523: 1}, [500], id="four of five hundred"),
        pytest.param(dict.fromkeys(range(400, 600), 2), [], id="two of each"),
        pytest.param({1: 80, 2: 60, 3: 40, 4: 30, 5: 20, 6: 12}, [], id="a quiet night"),
        pytest.param({3: 2, 7: 90, 8: 3}, [7], id="a small cap"),
    ],
)
def test_a_size_that_comes_too_often_is_suspected(counts, found):
    """W6: what its neighbours explain is not."""
    assert repeated(Counter(counts)) == found


def test_the_poisson_tail_is_what_tables_say():
    """P(X >= 3) at a rate of 2 is 0.3233."""
    assert at_least(3, 2.0) == pytest.approx(0.3233, abs=1e-4)
    assert at_least(0, 5.0) == 1.0


@given(days=st.lists(st.integers(0, 364), max_size=40), seed=st.integers(0, 99), width=st.integers(2, 365))
def test_parts_tile_the_window_wherever_its_rows_lie(days, seed, width):
    """W5, W6: both parts have a day at least."""
    window = Window(START, START + timedelta(days=width - 1))
    inside = sorted(START.toordinal() + day for day in days if day < width)
    older, newer = borders.parts(window, inside, Random(seed))

    assert (older.first, newer.last) == (window.first, window.last)
    assert older.last + timedelta(days=1) == newer.first


def test_rows_of_one_day_are_tested_by_the_days_beside():
    """W6: a border within the day would prove nothing."""
    day = START.toordinal() + 100
    older, newer = borders.parts(YEAR, [day, day, day], Random(1))

    assert older.last.toordinal() == day
    assert newer.days == 264


def test_the_silence_after_the_last_row_is_measured_in_rows():
    """W6: ten rows in ten days, and a hundred days without."""
    window = Window(START, START + timedelta(days=109))
    days = [START.toordinal() + day for day in range(10)]

    assert borders.silence(window, days, back=False) == pytest.approx(100)
    assert borders.silence(window, days, back=True) == 0


def test_a_row_that_was_shown_and_is_kept_nowhere_is_missing():
    """W7: with the windows that should have it."""
    shown, hole = ShownRows(), kept(rows(1, 2))
    shown.show("a", rows(1, 2, 200, 201, 202))

    assert shown.keep("a", rows(1, 2))
    found = shown.missing("a", [hole])
    assert set(found.rows) == {3, 4, 5}
    assert found.sizes == [2]


def test_a_day_that_is_quarantined_is_not_missing_besides():
    """W4: it is named once."""
    shown = ShownRows()
    shown.show("a", rows(5, 5, 5, 5))
    day = START + timedelta(days=5)
    shown.forgive("a", Window(day, day))

    assert not shown.missing("a", []).rows


@pytest.mark.parametrize(
    ("answers", "ends"),
    [
        pytest.param((True, True, True, True), Ends.READ, id="both ends are read"),
        pytest.param((True, True, False, True), Ends.SKIPPED, id="the last is not"),
        pytest.param((False, False, True, True), Ends.SKIPPED, id="the first is not"),
        pytest.param((False, False, False, True), Ends.SKIPPED, id="neither is"),
        pytest.param((False, False, False, False), Ends.UNKNOWN, id="the row is gone"),
    ],
)
def test_a_row_is_asked_for_at_both_ends(answers, ends):
    """W8: by its day alone, as the first and as the last day of a wider window, and within one; twice where amiss."""
    check = EndsCheck()
    questions = check.look(kept(rows(100)), max_days=0)
    tell(check, questions, answers)
    if ends is Ends.SKIPPED:
        assert check.ends is Ends.UNKNOWN
        tell(check, check.again(), answers)

    assert check.ends is ends
    assert check.again() == ()
    assert check.overlap == (ends is Ends.SKIPPED)
    assert all(START + timedelta(days=100) in question.window for question in questions)


def test_a_row_that_moves_between_the_questions_is_no_end_that_is_not_read():
    """W8: asked once more, no window shows it; another row is tried."""
    check = EndsCheck()
    tell(check, check.look(kept(rows(100)), max_days=0), (True, True, False, False))
    tell(check, check.again(), (False, False, False, False))

    assert check.ends is Ends.UNKNOWN
    assert len(check.look(kept(rows(100)), max_days=0)) == 4


def tell(check, questions, answers):
    """What each of *questions* shows."""
    for question, shows in zip(questions, answers, strict=True):
        check.take(question.trial, question.window, rows(100) if shows else rows())


def test_where_two_days_are_the_widest_window_there_is_no_control():
    """W8: one of three days would be refused."""
    [narrow] = {question.window.days <= 2 for question in EndsCheck().look(kept(rows(100)), max_days=2)}
    assert narrow


def test_what_is_known_of_the_ends_is_not_probed_again():
    """W8: once for an endpoint."""
    assert not EndsCheck(Ends.READ).look(kept(rows(100)), max_days=0)


def test_budgets_grow_with_what_is_read():
    """W6: two percent of a first load, one of a night; a first load of few requests may take 32."""
    assert [FIRST_LOAD.left(read, 0) for read in (10, 299, 300, 5000)] == [32, 32, 8, 100]
    assert [REVERIFICATION.left(read, 0) for read in (10, 299, 300, 5000)] == [4, 5, 8, 100]
    assert [NIGHT.left(read, 0) for read in (10, 300, 5000)] == [1, 3, 50]
    assert not NIGHT.proves(20)
    assert NIGHT.proves(300)


def test_w6_an_answer_that_beats_any_cap_that_was_proven_contradicts_it():
    """W6: another cap was believed since; a size that one answer has may be chance."""
    proven = ProvenCaps(sizes={500, 900})
    assert [proven.see(count) for count in (500, 700, 900, 500)] == [None] * 4

    found = proven.see(700)
    assert found is not None
    assert found.sizes == [500]
