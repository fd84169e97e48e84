"""Transactions, and their change feed. Pure."""

from __future__ import annotations

from .table import (
    DATED,
    day,
    flag,
    instant,
    number,
    own_flag,
    own_json,
    own_text,
    resource_id,
    table,
    text,
    to_one,
    to_one_type,
)

INSTRUMENT = "instrument asset"  # the relationship's name since 2026, and before

TRANSACTIONS = table(
    "transactions",
    "Transactions as the API returns them now, one row per id; removed ones are only in transaction_changes",
    [
        resource_id("Aleta's id of the transaction; a correction may come as a new id"),
        text(
            "type",
            "The kind, as in the API (fee-transaction, bond-coupon-transaction, ...); more values may appear",
            api="attributes/type type",
        ),
        to_one("account_id", "The account it is booked on; null for an fx-spot, which has two"),
        to_one("inflow_account_id", "fx-spot: the account that receives"),
        to_one("outflow_account_id", "fx-spot: the account that pays"),
        to_one("depository_id", "The depository that delivers or receives"),
        to_one("instrument_id", "The instrument concerned", api=INSTRUMENT),
        to_one_type("instrument_type", "The instrument's type, as the relationship has it", api=INSTRUMENT),
        to_one(
            "counterparty_transaction_id",
            "The other side of an internal cash transfer",
            api="counterparty-transaction counterpartyTransaction",
        ),
        day("trade_date", "Day of the trade, at its end"),
        day("value_date", "Day the account is debited or credited, at its end"),
        number("account_amount", "Amount booked, signed", unit="account currency"),
        number("inflow_account_amount", "fx-spot: amount received, positive", unit="currency of the inflow account"),
        number("outflow_account_amount", "fx-spot: amount paid, negative", unit="currency of the outflow account"),
        number("units", "Units of the instrument, negative for a sale", unit="units"),
        number("unit_price", "Price of one unit", unit="instrument currency"),
        number("commission", "Commission, positive when paid", unit="account currency"),
        number("accrued_interest", "Interest bought or sold with a bond", unit="instrument currency"),
        number("gross_amount", "Amount before deductions", unit="instrument currency"),
        number("index_factor", "Factor of an index-linked bond on that day", unit="factor"),
        text("category", "Sub-kind of a fee, drawdown or distribution"),
        number("amount", "Drawdown or distribution", unit="fund currency"),
        number("recallable_amount", "Part of a distribution that may be called again", unit="fund currency"),
        number("effect_on_unfunded_commitment", "Change of the unfunded commitment, signed", unit="fund currency"),
        flag("affects_estimated_nav", "Whether it counts in the estimated net asset value"),
        flag("affects_multiples", "Whether it counts in the multiples"),
        flag("affects_irr", "Whether it counts in the internal rate of return"),
        flag("affects_cost_base", "Whether it counts in the cost base"),
        text("comment", "Free text"),
        *DATED,
    ],
)

TRANSACTION_CHANGES = table(
    "transaction_changes",
    "Change feed of transactions, append only, one change a run and id; read it by changed_at. Rows of an account's "
    "first load are not in it",
    [
        own_text("run_id", "The run that saw it"),
        instant("changed_at", "When the run compared this row"),
        own_text("op", "added, modified or removed"),
        own_text("id", "The transaction's id"),
        own_flag("late", "Whether its day was already covered by an earlier run"),
        own_json("before", "The row before, as JSON with the warehouse's column names, numbers as text; null if added"),
        own_json("after", "The row after, likewise; null if removed"),
    ],
    key=("run_id", "id"),
)
