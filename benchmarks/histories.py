"""Worlds of several kinds to plan a first load of: the days of each account's rows, by seed. Pure.

Nothing that the planner does was chosen by `seasons`: it shows what the others, looked at while it was written, hide.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from random import Random

TODAY = date(2026, 11, 25)
YEARS = 20.0
GROWTH = 3.0  # times as many rows a day at the end of a history as at its beginning
MONTH_ENDS = 0.25  # of all rows

World = Mapping[str, list[date]]  # the days of each account's rows, sorted


def history(rng: Random, rows: int, years: float, busiest: int) -> list[date]:
    """Days of about *rows* rows of one account, no more than *busiest* of one day; it opened in the first half."""
    first = TODAY - timedelta(days=int(365.25 * years * (0.5 + 0.5 * rng.random())))
    length, grown, days = (TODAY - first).days, math.log(GROWTH), list[date]()
    for _ in range(rows):
        day = first + timedelta(days=int(length * math.log(1 + rng.random() * (GROWTH - 1)) / grown))
        month_end = day.replace(day=1) - timedelta(days=1)
        days.append(month_end if rng.random() < MONTH_ENDS and month_end >= first else day)
    return at_most(busiest, days)


def at_most(busiest: int, days: list[date]) -> list[date]:
    """*days* in order, no more than *busiest* times each."""
    days.sort()
    return [day for at, day in enumerate(days) if at < busiest or days[at - busiest] != day]


def zipf(rng: Random, cap: int) -> World:
    """300 accounts, 150,000 rows: of the n-th largest, 1/n."""
    total = sum(1 / (rank + 1) for rank in range(300))
    rows = [int(150_000 / total / (rank + 1)) for rank in range(300)]
    rng.shuffle(rows)
    return {f"a{n}": history(rng, count, YEARS, max(2, cap // 8)) for n, count in enumerate(rows)}


def nine_in_ten_fit(rng: Random, cap: int) -> World:
    """400 accounts; the tenth has 1.2 to 5.2 caps of rows."""
    rows = [int(cap * ((0.9 * rng.random()) if n % 10 else 1.2 + 4 * rng.random())) for n in range(400)]
    return {f"a{n}": history(rng, count, YEARS, max(2, cap // 8)) for n, count in enumerate(rows)}


def windows_dominate(rng: Random, cap: int) -> World:
    """Every account has 8 to 32 caps of rows."""
    rows = [int(cap * (8 + 24 * rng.random())) for _ in range(60 if cap < 1000 else 20)]
    return {f"a{n}": history(rng, count, YEARS, max(2, cap // 8)) for n, count in enumerate(rows)}


def equal(rng: Random, cap: int) -> World:
    """100 accounts of about 2,000 rows each."""
    return {f"a{n}": history(rng, rng.randrange(1900, 2100), YEARS, max(2, cap // 8)) for n in range(100)}


def bursts(rng: Random, cap: int) -> World:
    """100 accounts of few rows, and one to three migrations of a custodian, of up to 2,400 rows in three weeks."""
    world = {}
    for n in range(100):
        days = history(rng, rng.randrange(20, 600), YEARS, cap)
        for _ in range(rng.randrange(1, 4)):
            first = TODAY - timedelta(days=rng.randrange(30, int(365 * YEARS / 2)))
            days += [first + timedelta(days=rng.randrange(21)) for _ in range(rng.randrange(200, 2400))]
        world[f"a{n}"] = at_most(max(2, cap // 2), days)
    return world


def seasons(rng: Random, cap: int) -> World:
    """150 accounts that were closed on any day, silent but for two or three months a year, of very unequal years."""
    world = {}
    for n in range(150):
        opened = rng.randrange(400, int(365 * YEARS))
        closed = rng.randrange(0, opened - 300)
        months = rng.sample(range(1, 13), rng.choice((2, 3)))
        busy = [TODAY - timedelta(days=ago) for ago in range(opened, closed, -1)]
        busy = [day for day in busy if day.month in months and day.weekday() < 5]
        years = {day.year: rng.paretovariate(1.0) for day in busy}
        rows = int(min(rng.lognormvariate(5.5, 1.5), 20_000))
        days = rng.choices(busy, [years[day.year] for day in busy], k=rows) if busy else []
        world[f"a{n}"] = at_most(max(2, cap // 2), days)
    return world


KINDS: Mapping[str, Callable[[Random, int], World]] = {
    "Zipf": zipf,
    "windows dominate": windows_dominate,
    "nine in ten fit": nine_in_ten_fit,
    "equal": equal,
    "bursts of migration": bursts,
    "seasons (held out)": seasons,
}
