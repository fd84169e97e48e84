"""Flows by what they are for."""

from __future__ import annotations

from datetime import date

import pytest

from tests.unit.schemas.views.memory import D, paid, rows

ONE = [{"id": "a1", "ccy_code": "EUR"}]


@pytest.mark.parametrize(
    ("kind", "category"),
    [
        ("account-interest-transaction", "income"),
        ("bond-coupon-transaction", "income"),
        ("index-linked-bond-coupon-transaction", "income"),
        ("stock-dividend-transaction", "income"),
        ("staking-reward-transaction", "income"),
        ("fee-transaction", "fees"),
        ("refund-transaction", "fees"),
        ("index-linked-bond-trade-transaction", "trades"),
        ("bond-redemption-transaction", "trades"),
        ("private-market-fund-drawdown-transaction", "private markets"),
        ("private-market-fund-distribution-transaction", "private markets"),
        ("loan-transaction", "loans"),
        ("fx-forward-cash-settlement-transaction", "fx"),
        ("cash-transfer-transaction", "transfers"),
        ("structured-note-barrier-transaction", "other"),
        (None, "other"),
    ],
)
def test_every_kind_has_a_category(kind, category):
    """A kind that nobody has seen yet is not lost."""
    found = rows(
        "SELECT category, net FROM aleta.flows_by_category",
        accounts=ONE,
        transactions=[paid("t1", "2026-01-05", "2", type=kind)],
    )

    assert found == [(category, D(2))]


def test_categories_add_up_to_the_flows_of_the_month():
    """Both legs of an exchange; sub-categories apart; money in and out apart."""
    spot = {"id": "t4", "type": "fx-spot-transaction", "trade_date": "2026-01-09", "value_date": "2026-01-09"}
    spot |= {"inflow_account_id": "a2", "inflow_account_amount": "7.46"}
    spot |= {"outflow_account_id": "a1", "outflow_account_amount": "-1"}
    booked = [
        paid("t1", "2026-01-05", "-2", type="fee-transaction", category="custody"),
        paid("t2", "2026-01-31", "-3", type="fee-transaction", category="custody"),
        paid("t3", "2026-01-31", "1", type="refund-transaction"),
        paid("t5", "2026-02-01", "-4", type="fee-transaction", category="management"),
        spot,
    ]
    found = rows(
        "SELECT account_id, month, category, sub_category, internal, movements, inflow, outflow, net "
        "FROM aleta.flows_by_category ORDER BY ALL",
        accounts=[*ONE, {"id": "a2", "ccy_code": "DKK"}],
        transactions=booked,
    )

    january, february = date(2026, 1, 1), date(2026, 2, 1)
    assert found == [
        ("a1", january, "fees", "custody", False, 2, D(0), D(-5), D(-5)),
        ("a1", january, "fees", None, False, 1, D(1), D(0), D(1)),
        ("a1", january, "fx", None, True, 1, D(0), D(-1), D(-1)),
        ("a1", february, "fees", "management", False, 1, D(0), D(-4), D(-4)),
        ("a2", january, "fx", None, True, 1, D("7.46"), D(0), D("7.46")),
    ]
