"""The views of cash: movements, balances, flows."""

from __future__ import annotations

from datetime import date

from tests.unit.schemas.views.memory import D, paid, rows

TWO = [{"id": "a1", "ccy_code": "EUR"}, {"id": "a2", "ccy_code": "DKK"}]


def test_an_exchange_moves_both_accounts_each_in_its_own_currency():
    """fx-spot rows have no account_id, and two legs."""
    spot = {
        "id": "t1",
        "type": "fx-spot-transaction",
        "inflow_account_id": "a2",
        "inflow_account_amount": "745.5",
        "outflow_account_id": "a1",
        "outflow_account_amount": "-100",
        "trade_date": "2026-03-30",
        "value_date": "2026-04-01",
    }

    found = rows(
        "SELECT transaction_id, leg, account_id, ccy_code, date, amount, internal FROM aleta.cash_movements ORDER BY 2",
        accounts=TWO,
        transactions=[spot],
    )

    assert found == [
        ("t1", "inflow", "a2", "DKK", date(2026, 4, 1), D("745.5"), True),
        ("t1", "outflow", "a1", "EUR", date(2026, 4, 1), D(-100), True),
    ]


def test_an_exchange_with_one_account_unknown_moves_the_other():
    """The other side is with somebody else: not internal."""
    spot = {"id": "t1", "inflow_account_id": "a2", "inflow_account_amount": "7", "outflow_account_amount": "-1"}

    found = rows("SELECT account_id, amount, internal FROM aleta.cash_movements", accounts=TWO, transactions=[spot])

    assert found == [("a2", D(7), False)]


def test_a_balance_runs_day_by_day_and_to_the_last_digit():
    """Two movements of a day are one row; 0.1 and 0.2 are 0.3; a decimal of the twelfth place is not lost."""
    found = rows(
        "SELECT date, movements, change, balance FROM aleta.cash_balances ORDER BY date",
        accounts=TWO,
        transactions=[
            paid("t1", "2026-01-05", "0.1"),
            paid("t2", "2026-01-05", "0.2"),
            paid("t3", "2026-01-07", "-1000000000000000000000000.000000000001"),
            paid("t4", "2026-02-01", "1000000000000000000000000"),
        ],
    )

    assert found == [
        (date(2026, 1, 5), 2, D("0.3"), D("0.3")),
        (
            date(2026, 1, 7),
            1,
            D("-1000000000000000000000000.000000000001"),
            D("-999999999999999999999999.700000000001"),
        ),
        (date(2026, 2, 1), 1, D("1E+24"), D("0.299999999999")),
    ]


def test_cash_moves_on_the_value_date_and_without_one_on_the_trade_date():
    """A trade of March that is paid in April is a flow of April."""
    traded = paid("t1", "2026-03-31", "5") | {"value_date": "2026-04-02"}
    undated = paid("t2", "2026-03-31", "7") | {"value_date": None}

    assert rows(
        "SELECT month, net FROM aleta.flows_by_month ORDER BY month", accounts=TWO, transactions=[traded, undated]
    ) == [(date(2026, 3, 1), D(7)), (date(2026, 4, 1), D(5))]


def test_balances_of_two_accounts_do_not_mix():
    """Each runs on its own, and an account that nobody lists has one too."""
    found = rows(
        "SELECT account_id, ccy_code, balance FROM aleta.cash_balances ORDER BY ALL",
        accounts=TWO,
        transactions=[
            paid("t1", "2026-01-01", "1"),
            paid("t2", "2026-01-01", "10", account="a2"),
            paid("t3", "2026-01-01", "100", account="a9"),
        ],
    )

    assert found == [("a1", "EUR", D(1)), ("a2", "DKK", D(10)), ("a9", None, D(100))]


def test_a_movement_without_an_amount_is_counted_and_adds_nothing():
    """A null is no reason for a balance to become null."""
    found = rows(
        "SELECT date, movements, change, balance FROM aleta.cash_balances ORDER BY date",
        accounts=TWO,
        transactions=[paid("t1", "2026-01-01", "5"), paid("t2", "2026-01-02", None)],
    )

    assert found == [(date(2026, 1, 1), 1, D(5), D(5)), (date(2026, 1, 2), 1, D(0), D(5))]


def test_flows_tell_in_from_out_and_internal_from_external():
    """A linked transfer is internal on both sides, one that is linked to nothing is not."""
    kind = {"type": "cash-transfer-transaction"}
    found = rows(
        "SELECT account_id, month, type, internal, movements, inflow, outflow, net "
        "FROM aleta.flows_by_month ORDER BY ALL",
        accounts=TWO,
        transactions=[
            paid("t1", "2026-01-05", "10.5", **kind),
            paid("t2", "2026-01-31", "-4", **kind),
            paid("t3", "2026-01-31", "-100", **kind, counterparty_transaction_id="t4"),
            paid("t4", "2026-02-01", "100", account="a2", **kind, counterparty_transaction_id="t3"),
        ],
    )

    january, february = date(2026, 1, 1), date(2026, 2, 1)
    assert found == [
        ("a1", january, "cash-transfer-transaction", False, 2, D("10.5"), D(-4), D("6.5")),
        ("a1", january, "cash-transfer-transaction", True, 1, D(0), D(-100), D(-100)),
        ("a2", february, "cash-transfer-transaction", True, 1, D(100), D(0), D(100)),
    ]
