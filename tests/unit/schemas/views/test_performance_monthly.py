"""The view performance_monthly."""

from __future__ import annotations

from datetime import date

from tests.unit.schemas.views.memory import D, rows


def _earned(day, twr, amount="1", flow=None, ccy="EUR"):
    row = {"row_key": f"{day} {ccy}", "reporting_entity_id": "r1", "date": day, "ccy_code": ccy, "daily_twr": twr}
    return row | {"daily_return": amount, "daily_net_cash_flow": flow}


def test_days_chain_to_the_month():
    """1.1 x 0.9 = 0.99: minus one per cent, where adding would say nothing was lost."""
    found = rows(
        "SELECT month, days, twr, return_amount, net_cash_flow FROM aleta.performance_monthly ORDER BY month",
        performance=[
            _earned("2026-01-30", "0.1", "10", "100"),
            _earned("2026-01-31", "-0.1", "-11"),
            _earned("2026-02-01", "0.5"),
        ],
    )

    assert found == [
        (date(2026, 1, 1), 2, D("-0.01"), D(-1), D(100)),
        (date(2026, 2, 1), 1, D("0.5"), D(1), D(0)),
    ]


def test_a_chain_is_right_to_twelve_decimals():
    """28 days of 0.123456789012 %, against the exact product."""
    share = D("0.00123456789012")

    found = rows(
        "SELECT twr FROM aleta.performance_monthly",
        performance=[_earned(f"2026-02-{day:02}", f"{share:f}") for day in range(1, 29)],
    )

    assert found == [(((1 + round(share, 12)) ** 28 - 1).quantize(D("1E-12")),)]


def test_an_incomplete_month_is_seen():
    """February 2026 has 28 days, of which 20 from Monday to Friday; without weekends it lacks none of these."""
    weekdays = [f"2026-02-{day:02}" for day in range(1, 29) if date(2026, 2, day).isoweekday() < 6]
    wanted = "SELECT days, days_in_month, weekdays_missing, first_date, last_date FROM aleta.performance_monthly"

    whole = rows(wanted, performance=[_earned(day, "0") for day in weekdays])
    every = rows(wanted, performance=[_earned(f"2026-02-{day:02}", "0") for day in range(1, 29)])
    begun = rows(wanted, performance=[_earned(f"2026-02-{day:02}", "0") for day in range(1, 8)])

    assert whole == [(20, 28, 0, date(2026, 2, 2), date(2026, 2, 27))]
    assert every == [(28, 28, 0, date(2026, 2, 1), date(2026, 2, 28))]
    assert begun == [(7, 28, 15, date(2026, 2, 1), date(2026, 2, 7))]


def test_a_day_without_a_return_leaves_the_month_without_one():
    """Leaving it out would chain over a gap without saying so."""
    assert rows(
        "SELECT days, twr FROM aleta.performance_monthly",
        performance=[_earned("2026-02-02", "0.1"), _earned("2026-02-03", None)],
    ) == [(2, None)]


def test_currencies_are_months_of_their_own():
    """An entity that reports in two has two rows a month."""
    found = rows(
        "SELECT ccy_code, days, return_amount FROM aleta.performance_monthly ORDER BY ALL",
        performance=[_earned("2026-02-02", "0.1", "1"), _earned("2026-02-02", "0.1", "7", ccy="DKK")],
    )

    assert found == [("DKK", 1, D(7)), ("EUR", 1, D(1))]
