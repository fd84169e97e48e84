"""A small family, made up and written by hand: what the examples of docs/views.md are run on. Pure.

Values are text, as SQL casts them; a column that is left out is null. Three nightly runs: a first load on 1 June 2026,
and two that saw changes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import TypeAlias

import pyarrow as pa

from ..transactions import TRANSACTIONS

Row: TypeAlias = Mapping[str, str | None]

FIRST, SECOND, THIRD = (f"2026-06-0{day} 02:00:00+00" for day in (1, 2, 3))
_WAREHOUSE_ONLY = ("first_seen_at", "changed_at", "row_hash")


def as_feed(row: Row) -> str:
    """*row* of `transactions` as the change feed has it: all columns of the API, numbers with their twelve decimals."""
    return json.dumps(
        {field.name: _text(field, row.get(field.name)) for field in TRANSACTIONS if field.name not in _WAREHOUSE_ONLY}
    )


def _text(field: pa.Field, value: str | None) -> str | None:
    return f"{Decimal(value):.12f}" if value and pa.types.is_decimal(field.type) else value


def _booked(own_id: str, kind: str, days: str, **more: str) -> dict[str, str]:
    """*days*: of the trade and of the value, in 2026."""
    trade, value = days.split()
    dates = {"trade_date": f"2026-{trade}", "value_date": f"2026-{value}"}
    return {"id": own_id, "type": kind, **dates, "first_seen_at": FIRST, "changed_at": FIRST, **more}


def _change(run: str, at: str, op: str, own_id: str, *, late: bool, **sides: str) -> Row:
    return {"run_id": run, "changed_at": at, "op": op, "id": own_id, "late": str(late).lower(), **sides}


_FEE = _booked("t7", "fee-transaction", "05-29 06-01", account_id="a-dkk", account_amount="-57.00")
_REMOVED = _booked("t9", "fee-transaction", "05-20 05-20", account_id="a-eur", account_amount="-10.00")
_DIVIDEND = _booked("t8", "dividend-transaction", "06-02 06-02", account_id="a-eur", account_amount="310.40")
_CORRECTED = _FEE | {"account_amount": "-75.00", "changed_at": SECOND}
_NEW = _DIVIDEND | {"first_seen_at": THIRD, "changed_at": THIRD}


def _position(entity: str, day: str, where: str, instrument: str, units: str, value: str) -> Row:
    portfolio, _, depository = where.partition("/")
    return {
        "row_key": f"{entity}|{portfolio}|{depository}|{instrument}|{day}|EUR",
        "reporting_entity_id": entity,
        "portfolio_id": portfolio,
        "depository_id": depository or None,
        "instrument_id": instrument,
        "instrument_type": "instrument",
        "date": day,
        "ccy_code": "EUR",
        "units_in_holding": units,
        "market_value": value,
    }


def _performance(entity: str, day: date, amount: str, twr: str, flow: str = "0") -> Row:
    return {
        "row_key": f"{entity}|{day}|EUR",
        "reporting_entity_id": entity,
        "date": f"{day}",
        "ccy_code": "EUR",
        "daily_net_cash_flow": flow,
        "daily_return": amount,
        "daily_twr": twr,
    }


def _run(run: str, at: str, **counts: str) -> Row:
    return {"run_id": run, "kind": "sync", "started_at": at, "ended_at": at, "status": "complete", **counts}


def _mark(account: str) -> Row:
    return {"resource": "transactions", "parent_id": account, "from_date": "1970-01-01", "through_date": "2026-06-02"}


def _total(table_key: str, day: str, value: str, **portfolio: str) -> Row:
    key = "|".join(("r-all", *portfolio.values(), day, "EUR"))
    same = {"row_key": key, "reporting_entity_id": "r-all", "date": day, "ccy_code": "EUR"}
    return {**same, table_key: value, **portfolio}


def _weekdays(first: date, last: date) -> Iterable[date]:
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return (day for day in days if day.weekday() < 5)  # noqa: PLR2004 - Saturday


ROWS: Mapping[str, tuple[Row, ...]] = {
    "clients": ({"id": "c-holm", "name": "Holm"}, {"id": "c-ida", "name": "Ida Holm", "parent_id": "c-holm"}),
    "legal_entities": (
        {"id": "e-aps", "name": "Holm Invest ApS", "client_id": "c-holm"},
        {"id": "e-ida", "name": "Ida Holm", "client_id": "c-ida"},
    ),
    "accounts": (
        {"id": "a-eur", "name": "Investments", "ccy_code": "EUR", "legal_entity_id": "e-aps"},
        {"id": "a-ida", "name": "Savings", "ccy_code": "EUR", "legal_entity_id": "e-ida"},
        {"id": "a-dkk", "name": "Household", "ccy_code": "DKK", "legal_entity_id": "e-ida"},
        {"id": "a-usd", "ccy_code": "USD", "legal_entity_id": "e-aps", "removed_at": SECOND},
    ),
    "transactions": (
        _booked("t1", "cash-transfer-transaction", "05-04 05-04", account_id="a-eur", account_amount="5000.00"),
        _booked("t2", "bond-coupon-transaction", "05-06 05-08", account_id="a-eur", account_amount="1250.50"),
        _booked("t3", "fx-spot-transaction", "05-11 05-13")
        | {"inflow_account_id": "a-dkk", "inflow_account_amount": "7460.00"}
        | {"outflow_account_id": "a-eur", "outflow_account_amount": "-1000.00"},
        _booked("t4", "cash-transfer-transaction", "05-20 05-20", account_id="a-eur", account_amount="-200.00")
        | {"counterparty_transaction_id": "t5"},
        _booked("t5", "cash-transfer-transaction", "05-20 05-20", account_id="a-ida", account_amount="200.00")
        | {"counterparty_transaction_id": "t4"},
        _booked("t6", "cash-transfer-transaction", "05-22 05-22", account_id="a-dkk", account_amount="-1500.00"),
        _CORRECTED,
        _NEW,
    ),
    "transaction_changes": (
        _change("r2", SECOND, "modified", "t7", late=True, before=as_feed(_FEE), after=as_feed(_CORRECTED)),
        _change("r3", THIRD, "added", "t8", late=False, after=as_feed(_NEW)),
        _change("r3", THIRD, "removed", "t9", late=True, before=as_feed(_REMOVED)),
    ),
    "reporting_entities": (
        {"id": "r-all", "name": "Everything", "client_id": "c-holm"},
        {"id": "r-ida", "name": "Ida alone", "client_id": "c-ida"},
    ),
    "portfolios": (
        {"id": "p-core", "name": "Core", "reporting_entity_id": "r-all"},
        {"id": "p-fund", "name": "Funds", "reporting_entity_id": "r-all"},
        {"id": "p-ida", "name": "Ida's", "reporting_entity_id": "r-ida"},
    ),
    "depositories": ({"id": "d-1", "name": "Custody 1"},),
    "instruments": (
        {"id": "i-bond", "type": "bond-instrument", "name": "Kingdom 2 % 2035"},
        {"id": "i-fund", "type": "private-market-instrument", "name": "Harbour Fund II"},
    ),
    "instrument_holdings": (
        _position("r-all", "2026-06-01", "p-core/d-1", "i-bond", "100", "9950.00"),
        _position("r-all", "2026-06-02", "p-core/d-1", "i-bond", "100", "9962.50"),
        _position("r-all", "2026-06-02", "p-core", "i-fund", "1", "25000.00"),
        _position("r-ida", "2026-05-29", "p-ida/d-1", "i-bond", "40", "3980.00"),
    ),
    "sync_runs": (_run("r1", FIRST, added="9"), _run("r2", SECOND, modified="1"), _run("r3", THIRD, added="1")),
    "sync_marks": tuple(_mark(account) for account in ("a-eur", "a-ida", "a-dkk")),
    "holdings": (
        _total("market_value", "2026-05-29", "34900.00"),
        _total("market_value", "2026-06-01", "34950.00"),
        _total("market_value", "2026-06-02", "34962.50"),
    ),
    "holdings__portfolios": (
        _total("market_value", "2026-05-29", "9900.00", portfolio_id="p-core"),
        _total("market_value", "2026-06-02", "9962.50", portfolio_id="p-core"),
        _total("market_value", "2026-06-02", "25000.00", portfolio_id="p-fund"),
    ),
    "performance__portfolios": (
        _total("daily_twr", "2026-05-29", "0.002", portfolio_id="p-core"),
        _total("daily_twr", "2026-06-01", "0.01", portfolio_id="p-core"),
        _total("daily_twr", "2026-06-02", "0.005", portfolio_id="p-core"),
        _total("daily_twr", "2026-06-02", "0", portfolio_id="p-fund"),
    ),
    "performance": (
        *(_performance("r-all", day, "10.00", "0.001") for day in _weekdays(date(2026, 5, 1), date(2026, 5, 31))),
        _performance("r-all", date(2026, 6, 1), "350.00", "0.01"),
        _performance("r-all", date(2026, 6, 2), "-353.50", "-0.01"),
        _performance("r-ida", date(2026, 5, 28), "20.00", "0.005"),
        _performance("r-ida", date(2026, 5, 29), "0.00", "0", flow="500.00"),
    ),
}
