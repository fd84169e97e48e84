"""Days of what is asked for day by day that could not be read: later runs ask for these, and for no other, again."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random

from sources.aleta.catalogue.catalogue import CATALOGUE
from sources.aleta.catalogue.endpoint import By
from sources.aleta.dlt_source.due_windows import due_windows
from sources.aleta.dlt_source.receipts import settle
from sources.aleta.dlt_source.spans import Horizon, Spans
from sources.aleta.errors import ForbiddenError, RefusedError, UnavailableError
from sources.aleta.reading.reader import Reader
from tests.apis import DayByDay
from tests.fakes import FakeClock

FIRST_NIGHT = datetime(2026, 3, 10, 6, tzinfo=UTC)
EVERY_NIGHT = 8  # days: those of a week, and today
TRANSACTIONS = CATALOGUE["transactions"]
BY_DAY = replace(TRANSACTIONS, dates=replace(TRANSACTIONS.dates, by=By.DAY))


def night(state: dict, number: int, trouble) -> Counter:
    """The days that a run asks for of parents a and b, some of which fail."""
    asked: Counter[tuple[str, date]] = Counter()

    def note(name: str, first: date, last: date) -> None:
        asked[name, first] += 1
        trouble(name, first, last)

    now = FIRST_NIGHT + timedelta(days=number)
    horizon = Horizon(now=now, history_start=date(2020, 1, 1), look_back_days=30, look_ahead_days=31)
    spans, clock = Spans(state, horizon, BY_DAY.dates), FakeClock()
    prover = spans.prover(row_cap=0, max_window_days=0, caps=(), rng=Random(1))
    api = DayByDay(rows={"a": [], "b": []}, trouble=note)
    readings = spans.readings(["a", "b"])
    settle([*due_windows(BY_DAY, readings, spans, Reader(api, clock), prover, clock=clock, workers=2)], spans)
    return asked


def failing(*days: date, error: Exception | None = None):
    def trouble(name: str, first: date, _: date) -> None:
        if name == "a" and first in days:
            raise error or RefusedError("400")

    return trouble


def test_f3_a_day_that_never_answers_costs_one_request_a_run():
    """However long ago it was: not all days since, one more each night."""
    state: dict = {}
    fails = date(2026, 3, 8)

    for number in range(60):
        asked = night(state, number, failing(fails))
        assert asked["a", fails] == 1
        assert asked.total() <= 2 * EVERY_NIGHT + 1


def test_f3_days_that_could_not_be_read_are_read_by_the_first_run_that_can():
    """Side by side or apart; what was read is not asked for again."""
    state: dict = {}
    fails = [date(2026, 3, 7), date(2026, 3, 8), date(2026, 3, 12)]
    for number in range(30):
        night(state, number, failing(*fails))

    well = night(state, 30, failing())
    after = night(state, 31, failing())

    assert [well["a", day] for day in fails] == [1, 1, 1]
    assert (well.total(), after.total()) == (2 * EVERY_NIGHT + 3, 2 * EVERY_NIGHT)


def test_f3_days_of_a_parent_that_is_refused_for_a_while_are_all_read_once_it_answers():
    """It is no day's own: one request a window finds it out, and nothing that it owed is forgotten."""
    state: dict = {}
    fails = date(2026, 3, 8)
    for number in range(10):
        night(state, number, failing(fails))
    month = [date(2026, 3, 20) + timedelta(days=number) for number in range(-30, 60)]
    for number in range(10, 40):
        night(state, number, failing(*month, error=ForbiddenError("403")))

    well = {day for name, day in night(state, 40, failing()) if name == "a"}

    assert well >= {fails} | {date(2026, 3, 19) + timedelta(days=number) for number in range(32)}
    assert night(state, 41, failing()).total() == 2 * EVERY_NIGHT


def test_f3_an_outage_leaves_no_day_unread():
    """Whatever was given up of an old day, or of the newest, is read later."""
    state: dict = {}
    fails = date(2026, 3, 8)
    for number in range(10):
        night(state, number, failing(fails))

    def down(*_: object) -> None:
        raise UnavailableError("503")

    night(state, 10, down)
    well = {day for name, day in night(state, 11, failing()) if name == "a"}

    assert well >= {fails} | {date(2026, 3, 13) + timedelta(days=number) for number in range(9)}
    assert night(state, 12, failing()).total() == 2 * EVERY_NIGHT
