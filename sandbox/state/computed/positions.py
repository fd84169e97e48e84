"""Positions of reporting entities: lots, and the value of each on a day. Pure.

Figures follow transactions loosely: each row of a lot's accounts moves it from the row's trade day on, so a late row
changes every later day. All figures are in atoms (see `amounts`).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from datetime import date
from itertools import chain, zip_longest

from ...world.amounts import CENT, ONE, noise
from ...world.market import reporting_currency
from ..tenant import TenantState
from .lots import Lot, lot

MAX_LOTS = 9
"""Lots of one reporting entity: with two currencies a day has at most 18 rows, below any cap that a test sets."""
SATURDAY = 5


def lots_of(state: TenantState, reporting_entity: str) -> list[Lot]:
    """The lots of its portfolios, at most `MAX_LOTS`; portfolios that overlap repeat them."""
    portfolios = [
        list(_in_portfolio(state, portfolio.id)) for portfolio in state.listed("portfolios", reporting_entity)
    ]
    turns = chain.from_iterable(zip_longest(*portfolios))
    return [lot for lot in turns if lot][:MAX_LOTS]


def _in_portfolio(state: TenantState, portfolio: str) -> Iterator[Lot]:
    links = state.entities[portfolio].links
    below = [depository for depository in links.get("depositories") or () if state.shown(depository)]
    around = tuple(dict.fromkeys([*(links.get("accounts") or ()), *chain.from_iterable(_settling(state, below))]))
    for instrument in state.instruments_in.get(portfolio, ()):
        yield lot(state, portfolio=portfolio, depository=None, instrument=instrument, accounts=around)
    for depository in below:
        yield from in_depository(state, depository, portfolio=portfolio)


def in_depository(state: TenantState, depository: str, *, portfolio: str = "") -> Iterator[Lot]:
    accounts = next(iter(_settling(state, [depository])))
    for instrument in state.instruments_in.get(depository, ()):
        yield lot(state, portfolio=portfolio, depository=depository, instrument=instrument, accounts=accounts)


def _settling(state: TenantState, depositories: list[str]) -> Iterator[tuple[str, ...]]:
    for depository in depositories:
        yield tuple(state.entities[depository].links.get("accounts") or ())


def rows_until(state: TenantState, accounts: tuple[str, ...], day: int) -> int:
    """How many rows the accounts have had by *day*."""
    return sum(bisect_right(state.ledgers[account].tracks["trade"].days, day) for account in accounts)


def days(state: TenantState, reporting_entity: str, first: int, last: int) -> list[int]:
    """The days that are computed for it: up to today, for every other entity without weekends; ordinarily for all."""
    start, end = max(first, state.computed_from), min(last, state.today)
    weekends = not state.ordinary and noise(reporting_entity, "weekends") % 2
    return [day for day in range(start, end + 1) if weekends or date.fromordinal(day).weekday() < SATURDAY]


def currencies(state: TenantState, reporting_entity: str) -> Mapping[str, int]:
    """Its reporting currencies, with their exchange rates; one entity in three has two, ordinarily none."""
    if state.ordinary:
        return {reporting_currency(reporting_entity): 1}
    chance = noise(reporting_entity, "currency")
    return {"EUR": 1, "DKK": 7} if chance % 3 == 0 else {("CHF", "USD")[chance % 2]: 1}


def values(state: TenantState, reporting_entity: str, lots: list[Lot], day: int) -> list[int]:
    """The value of each of *lots*, including recomputations; 0 if it is not there."""
    found = [lot.value(day, rows_until(state, lot.accounts, day)) for lot in lots]
    again = [edit.salt for edit in state.edits.recomputed if edit.covers(reporting_entity, day)]
    shifts = [sum(ONE + noise(salt, lot.place, lot.instrument, day) % 10**6 * CENT for salt in again) for lot in lots]
    return [value and value + shift for value, shift in zip(found, shifts, strict=True)]
