"""A reporting entity beside its portfolios."""

from __future__ import annotations

from datetime import date

from tests.unit.schemas.views.memory import D, rows


def total(day, *, portfolio_id=None, **values):
    key = {"row_key": f"{portfolio_id}{day}", "reporting_entity_id": "r1", "date": day, "ccy_code": "EUR"}
    return key | ({"portfolio_id": portfolio_id} if portfolio_id else {}) | values


def test_values_are_of_the_last_day_and_returns_of_all_days():
    """10 % and 10 % are 21 %; a portfolio that ended before the last day has no value on it."""
    found = rows(
        "SELECT portfolio_id, month, date, entity_value, portfolio_value, share, entity_twr, portfolio_twr "
        "FROM aleta.portfolios_monthly ORDER BY ALL",
        holdings=[total("2026-01-30", market_value="90"), total("2026-01-31", market_value="100")],
        holdings__portfolios=[
            total("2026-01-30", portfolio_id="p1", market_value="20"),
            total("2026-01-31", portfolio_id="p1", market_value="25"),
            total("2026-01-30", portfolio_id="p2", market_value="5"),
        ],
        performance=[total("2026-01-30", daily_twr="0.1"), total("2026-01-31", daily_twr="0.1")],
        performance__portfolios=[
            total("2026-01-30", portfolio_id="p1", daily_twr="0.2"),
            total("2026-01-31", portfolio_id="p1", daily_twr="-0.5"),
            total("2026-01-30", portfolio_id="p2"),
        ],
    )

    january, last = date(2026, 1, 1), date(2026, 1, 31)
    assert found == [
        ("p1", january, last, D(100), D(25), D("0.25"), D("0.21"), D("-0.4")),
        ("p2", january, last, D(100), None, None, D("0.21"), None),
    ]


def test_nothing_is_divided_by_nothing():
    """An entity that is worth nothing has no shares."""
    found = rows(
        "SELECT portfolio_value, share FROM aleta.portfolios_monthly",
        holdings=[total("2026-01-31", market_value="0")],
        holdings__portfolios=[total("2026-01-31", portfolio_id="p1", market_value="25")],
    )

    assert found == [(D(25), None)]
