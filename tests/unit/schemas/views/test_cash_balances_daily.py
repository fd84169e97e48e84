"""The balance of every day."""

from __future__ import annotations

from datetime import date

import pytest

from tests.unit.schemas.views.memory import D, paid, rows

ONE = [{"id": "a1", "ccy_code": "EUR"}]
DAILY = "SELECT date, movements, change, balance FROM aleta.cash_balances_daily ORDER BY date"


def marked(through, parent_id="a1", resource="transactions"):
    return {"resource": resource, "parent_id": parent_id, "from_date": "1970-01-01", "through_date": through}


def test_quiet_days_have_the_balance_of_the_day_before():
    """Through the mark, which says until when nothing is missing."""
    found = rows(
        DAILY,
        accounts=ONE,
        transactions=[paid("t1", "2026-02-27", "10.1"), paid("t2", "2026-03-01", "-4")],
        sync_marks=[marked("2026-03-02"), marked("2026-09-09", resource="holdings"), marked("2026-09-09", "a2")],
    )

    assert found == [
        (date(2026, 2, 27), 1, D("10.1"), D("10.1")),
        (date(2026, 2, 28), 0, D(0), D("10.1")),
        (date(2026, 3, 1), 1, D(-4), D("6.1")),
        (date(2026, 3, 2), 0, D(0), D("6.1")),
    ]


def test_value_dates_beyond_the_mark_are_there_and_so_is_an_account_without_one():
    """As in cash_balances."""
    beyond = rows(DAILY, accounts=ONE, transactions=[paid("t1", "2026-03-01", "1")], sync_marks=[marked("2026-02-01")])

    assert beyond == rows(DAILY, accounts=ONE, transactions=[paid("t1", "2026-03-01", "1")])
    assert beyond == [(date(2026, 3, 1), 1, D(1), D(1))]


@pytest.mark.parametrize("marks", [[marked("2026-02-28")], []], ids=["marked", "without-a-mark"])
def test_a_value_date_that_is_a_placeholder_makes_no_days(marks):
    """Of one movement in 9999 came three million rows; cash_balances has it."""
    far = {"accounts": ONE, "transactions": [paid("t1", "2026-03-01", "1"), paid("t2", "9999-12-31", "1")]}
    without = {"accounts": ONE, "transactions": far["transactions"][:1]}

    assert rows(DAILY, sync_marks=marks, **far) == rows(DAILY, sync_marks=marks, **without)
    assert rows("SELECT max(date) FROM aleta.cash_balances", sync_marks=marks, **far) == [(date(9999, 12, 31),)]


def test_value_dates_of_the_year_to_come_have_their_days():
    """From the mark on, wherever the clock of who asks stands."""
    found = rows(DAILY, accounts=ONE, transactions=[paid("t1", "2090-12-31", "1")], sync_marks=[marked("2089-12-31")])

    assert found == [(date(2090, 12, 31), 1, D(1), D(1))]


def test_a_movement_without_any_date_is_on_no_day():
    """It is in no balance that has a day either."""
    found = rows(DAILY, accounts=ONE, transactions=[{"id": "t1", "account_id": "a1", "account_amount": "5"}])

    assert found == []


def test_accounts_do_not_mix():
    """Each has its own days."""
    found = rows(
        "SELECT account_id, count(*), min(balance), max(balance) FROM aleta.cash_balances_daily GROUP BY 1 ORDER BY 1",
        accounts=[*ONE, {"id": "a2", "ccy_code": "DKK"}],
        transactions=[
            paid("t1", "2026-03-01", "1"),
            paid("t2", "2026-03-05", "1"),
            paid("t3", "2026-03-02", "7", "a2"),
        ],
        sync_marks=[marked("2026-03-05"), marked("2026-03-03", "a2")],
    )

    assert found == [("a1", 5, D(1), D(2)), ("a2", 2, D(7), D(7))]
