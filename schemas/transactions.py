"""Transactions, and the feed of their changes. Pure."""

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
    "What the API shows now and nothing else: one row per transaction id; a removed transaction is not here "
    "(see transaction_changes)",
    [
        resource_id("Aleta's id of the transaction; a correction may come as a new id"),
        text(
            "type",
            "The kind, as the API spells it (fee-transaction, bond-coupon-transaction, ...); an open set",
            api="attributes/type type",
        ),
        to_one("account_id", "The account it is booked on; null for an fx-spot, which has two"),
        to_one("inflow_account_id", "fx-spot: the account that receives"),
        to_one("outflow_account_id", "fx-spot: the account that pays"),
        to_one("depository_id", "The depository that delivers or receives"),
        to_one("instrument_id", "The instrument concerned", api=INSTRUMENT),
        to_one_type("instrument_type", "The instrument's type as the linkage gives it", api=INSTRUMENT),
        to_one(
            "counterparty_transaction_id",
            "The other side of an internal cash transfer",
            api="counterparty-transaction counterpartyTransaction",
        ),
        day("trade_date", "Day of the trade, its end"),
        day("value_date", "Day the account is debited or credited, its end"),
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
    "The change feed that the API lacks; append only, read it by changed_at and run_id. An account's first load is not "
    "repeated here",
    [
        own_text("run_id", "The run that saw it"),
        instant("changed_at", "When the run compared this row"),
        own_text("op", "added, modified or removed"),
        own_text("id", "The transaction's id"),
        own_flag("late", "Whether its day was already covered by an earlier run"),
        own_json("before", "The row before, as JSON with the warehouse's names, numbers as text; null when added"),
        own_json("after", "The row after, likewise; null when removed"),
    ],
    key=("run_id", "id", "op", "changed_at"),
)
