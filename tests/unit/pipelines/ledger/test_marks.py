"""Marks and what they ask to be read, case by case."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from pipelines.ledger.marks import Mark
from pipelines.ledger.readings import Horizon, Reading, due, tonight
from sources.aleta.planning.windows import Window
from tests.stores import at, on


def window(first: int, last: int) -> Window:
    return Window(on(first), on(last))


def horizon(day: int = 100, **more) -> Horizon:
    given = {"history_start": on(0), "look_back_days": 10, "look_ahead_days": 5, "reverify_days": 30} | more
    return Horizon(now=at(day, hour=13), **given)


COVERED = Mark(covered=window(0, 98), verified_at=at(90))


def test_m1_a_window_apart_does_not_move_the_mark():
    """A gap lies between: it is remembered, and not papered over."""
    mark = Mark(covered=window(0, 5)).grow(window(8, 9), elapsed=on(50))
    assert (mark.covered, mark.islands) == (window(0, 5), (window(8, 9),))


def test_m1_a_window_that_closes_the_gap_joins_both():
    """Side by side is touching: days 6 and 7 make one interval of the three."""
    mark = Mark(covered=window(0, 5), islands=(window(8, 9), window(20, 21))).grow(window(6, 7), elapsed=on(50))
    assert (mark.covered, mark.islands) == (window(0, 9), (window(20, 21),))


def test_m1_a_mark_never_shrinks():
    """A window inside it changes nothing."""
    assert COVERED.grow(window(3, 4), elapsed=on(99)) == COVERED


def test_m2_days_that_have_not_elapsed_are_read_but_not_marked():
    """A window into the future counts up to the last elapsed day; one that lies there wholly does not count."""
    assert Mark().grow(window(0, 20), elapsed=on(9)).covered == window(0, 9)
    assert Mark().grow(window(10, 20), elapsed=on(9)) == Mark()


def test_m2_the_last_elapsed_day():
    """At noon in UTC the day before has just ended at UTC-12; a minute earlier it had not."""
    noon = at(100, hour=12)
    assert replace(horizon(), now=noon).elapsed == on(99)
    assert replace(horizon(), now=noon - timedelta(minutes=1)).elapsed == on(98)


def test_m3_a_new_account_is_read_from_the_start_of_history():
    """Whatever the others' marks are."""
    readings = tonight({"old": COVERED}, ["old", "new"], horizon())
    assert readings["new"] == Reading(span=window(0, 105), mark=Mark(reading_since=horizon().now), whole=True)


def test_d1_a_night_reads_from_the_look_back_to_the_look_ahead():
    """Ten days back from the mark, five days ahead of today."""
    reading = tonight({"a": COVERED, "b": replace(COVERED, verified_at=at(80))}, ["a", "b"], horizon())["a"]
    assert reading == Reading(span=window(89, 105), mark=COVERED, whole=False)


def test_d1_whole_histories_come_first():
    """Their large answers clear the small ones of the others (rule W3)."""
    marks = {"a": COVERED, "b": COVERED, "c": replace(COVERED, verified_at=at(10))}
    readings = tonight(marks, ["a", "b", "c"], horizon())
    assert [parent for parent, reading in readings.items() if reading.whole] == ["c"]
    assert next(iter(readings)) == "c"
    assert readings["c"].mark.reading_since == horizon().now


def test_d1_who_is_gone_takes_no_turn():
    """Only parents that were listed are read."""
    assert list(tonight({"a": COVERED, "gone": Mark()}, ["a"], horizon())) == ["a"]


def test_d1_a_second_run_of_the_night_does_not_take_another_share():
    """Whoever was read whole within twenty hours counts into the night's share."""
    marks = {"a": replace(COVERED, verified_at=at(100, hour=2)), "b": COVERED}
    assert due(marks, ["a", "b"], horizon()) == []
    assert due(marks, ["a", "b"], horizon(101)) == ["b"]


def test_d1_everyone_overdue_is_read_whatever_the_share():
    """After a month without a run all are overdue at once."""
    marks = dict.fromkeys("abcdef", COVERED)
    assert due(marks, list("abcdef"), horizon(130)) == list("abcdef")
    assert len(due(marks, list("abcdef"), horizon(100))) == 1


def test_d1_zero_reverify_days_reads_everyone_every_night():
    """No history is trusted from one run to the next."""
    marks = {name: replace(COVERED, verified_at=at(100, hour=12)) for name in "ab"}
    assert due(marks, ["a", "b"], horizon(reverify_days=0)) == ["a", "b"]


def test_a_first_load_that_was_cut_short_goes_on_where_it_was():
    """From the look-back of what is covered; at its end the history counts as read when its reading began."""
    begun = Mark(covered=window(0, 40), reading_since=at(99))
    reading = tonight({"a": begun}, ["a"], horizon())["a"]
    assert reading == Reading(span=window(31, 105), mark=begun, whole=True)


def test_d1_a_reading_that_broke_off_too_long_ago_begins_anew():
    """Else a history counts as read whole whose first days nobody looked at for longer than `reverify_days`."""
    begun = Mark(covered=window(0, 40), reading_since=at(60))
    reading = tonight({"a": begun}, ["a"], horizon(reverify_days=30))["a"]
    assert reading == Reading(span=window(0, 105), mark=replace(begun, reading_since=horizon().now), whole=True)


def test_a_history_that_only_a_backfill_touched_is_read_whole():
    """Covered from its first day, but nobody knows since when: that is no reading of the whole history."""
    reading = tonight({"a": Mark(covered=window(0, 40))}, ["a"], horizon())["a"]
    assert reading.span == window(0, 105)
    assert reading.mark.reading_since == horizon().now


@pytest.mark.parametrize(
    ("covered", "islands"), [(window(10, 98), ()), (window(50, 98), (window(10, 20),))], ids=["mark", "island"]
)
def test_an_earlier_start_of_history_is_read_from_there(covered, islands):
    """`history_start` lies before all that is covered: all of it is read."""
    mark = Mark(covered=covered, islands=islands, verified_at=at(99))
    assert tonight({"a": mark}, ["a"], horizon())["a"].span == window(0, 105)


def test_a_backfill_further_back_stays_part_of_the_history():
    """What was ever covered is read again with the rest, also before `history_start`."""
    mark = Mark(covered=window(-50, 98), verified_at=at(10))
    assert tonight({"a": mark}, ["a"], horizon())["a"].span == window(-50, 105)


def test_a_span_never_ends_before_it_begins():
    """A start of history in the future, or a clock that was set back, still gives one day to ask for."""
    assert horizon(history_start=on(200)).nightly(Mark()) == window(200, 200)
    assert horizon(50, look_back_days=0).nightly(COVERED) == window(55, 55)


def test_m1_the_mark_is_the_interval_that_runs_continue():
    """What a backfill proved earlier stays beside it as an island, and a mark is never moved back."""
    backfilled, read = Window(date(2025, 1, 14), date(2025, 6, 19)), Window(date(2025, 8, 14), date(2026, 2, 28))
    mark = Mark(covered=backfilled).grow(read, elapsed=date(2026, 3, 1)).led_from(date(2025, 8, 14))
    assert (mark.covered, mark.islands) == (read, (backfilled,))
    earlier = mark.grow(Window(date(2010, 1, 1), date(2012, 1, 1)), elapsed=date(2026, 3, 1))
    assert earlier.led_from(date(2010, 1, 1)).covered == read


def test_w6_days_that_were_doubted_leave_a_gap_and_have_all_read_again():
    """What lies before them leads on; what lies behind them stays proven, as an island."""
    mark = Mark(covered=Window(on(0), on(20)), islands=(Window(on(30), on(40)),), verified_at=at(1))
    doubted = mark.without(Window(on(5), on(6)))
    assert (doubted.covered, doubted.islands) == (
        Window(on(0), on(4)),
        (Window(on(7), on(20)), Window(on(30), on(40))),
    )
    assert doubted.due
    assert mark.without(Window(on(22), on(25))) is mark
    assert mark.without(Window(on(0), on(50))).covered is None
