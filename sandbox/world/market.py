"""Prices and exchange rates of an ordinary market. Pure.

A price is a function of the instrument and the day alone: waves of several lengths around a slow trend, so that it
moves by tenths of a percent a day and by a few percent a month, the same in every process. Amounts are in atoms
(`amounts`).
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache

from .amounts import CENT, noise

REPORTING_CURRENCIES = ("EUR", "CHF", "USD", "DKK")
CURRENCIES = ("EUR", "EUR", "DKK", "USD", "CHF", "SEK")
RATES = {"EUR": 1000, "CHF": 950, "USD": 1090, "DKK": 7460, "SEK": 11300}
"""What a thousand euros are worth; rates do not move, so that a return is the instrument's own."""

_EPOCH = date(2020, 1, 1).toordinal()
_YEAR = 365
_WAVES = ((256, 60_000), (64, 25_000), (16, 10_000), (4, 5_000), (1, 2_500))
"""Days from one turning point to the next, and the largest distance from the trend in millionths."""
_MILLION = 10**6


@lru_cache(maxsize=2**17)
def price(instrument: str, day: int) -> int:
    """What one unit costs on *day* in the instrument's currency, with two decimals."""
    cents = 5_000 + noise(instrument, "price") % 15_000
    percent_a_year = noise(instrument, "trend") % 9 - 2
    trend = _MILLION + percent_a_year * (_MILLION // 100) * (day - _EPOCH) // _YEAR
    return cents * (trend + sum(_wave(instrument, day, *wave) for wave in _WAVES)) // _MILLION * CENT


def _wave(instrument: str, day: int, period: int, size: int) -> int:
    """Straight lines between turning points that lie *period* days apart."""
    turning_point, days = divmod(day, period)
    here, there = (noise(instrument, period, turn) % (2 * size) - size for turn in (turning_point, turning_point + 1))
    return here + (there - here) * days // period


def converted(atoms: int, ccy_code: str, to: str) -> int:
    """*atoms* of one currency in another, in whole cents."""
    return atoms * RATES[to] // RATES[ccy_code] // CENT * CENT


def reporting_currency(reporting_entity: str) -> str:
    """The one currency that a reporting entity reports in."""
    return REPORTING_CURRENCIES[noise(reporting_entity, "currency") % len(REPORTING_CURRENCIES)]


def account_currency(account: str) -> str:
    """The currency of an account."""
    return CURRENCIES[noise(account, "currency") % len(CURRENCIES)]
