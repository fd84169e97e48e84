"""Flows by what they are for. Pure."""

from __future__ import annotations

from .cash import ACCOUNT, CCY, ONE_CURRENCY, REMOVED, TWO_LEGS, VALUE_DATE
from .view import Column, View

# The kinds are an open set: a new one falls under the first pattern that fits, and otherwise under `other`.
_CATEGORIES = (
    ("fx-%", "fx"),
    ("cash-transfer-%", "transfers"),
    ("fee-%", "fees"),
    ("refund-%", "fees"),
    ("private-market-%", "private markets"),
    ("loan-%", "loans"),
    ("%interest-transaction", "income"),
    ("%coupon-transaction", "income"),
    ("%dividend-transaction", "income"),
    ("%reward-transaction", "income"),
    ("%trade-transaction", "trades"),
    ("%redemption-transaction", "trades"),
)
_CASES = " ".join(f"WHEN moved.type LIKE '{pattern}' THEN '{category}'" for pattern, category in _CATEGORIES)

FLOWS_BY_CATEGORY = View(
    name="flows_by_category",
    description="Money in and money out, one row per account, month, category and sub-category",
    notes=(
        "category is a group of the API's kinds of transaction; a kind that fits none is in other.",
        "Internal movements neither enter nor leave the family: exclude them when you add up accounts.",
        VALUE_DATE,
        TWO_LEGS,
        ONE_CURRENCY,
        REMOVED,
    ),
    columns=(
        ACCOUNT,
        CCY,
        Column(name="month", description="First day of the month", unit="day"),
        Column(
            name="category",
            description="income, fees (with refunds), trades, private markets, loans, fx, transfers or other",
        ),
        Column(name="sub_category", description="The API's category of a fee, drawdown or distribution; may be null"),
        Column(name="internal", description="Whether the other side is on another account that Aleta knows"),
        Column(name="movements", description="Movements", unit="count"),
        Column(name="inflow", description="Sum of money in", unit="account currency"),
        Column(name="outflow", description="Sum of money out, a negative number", unit="account currency"),
        Column(name="net", description="Sum of inflow and outflow", unit="account currency"),
    ),
    reads=("cash_movements", "transactions"),
    sql=f"""\
SELECT
    moved.account_id,
    moved.ccy_code,
    date_trunc('month', moved.date)::DATE AS month,
    CASE {_CASES} ELSE 'other' END AS category,
    transactions.category AS sub_category,
    moved.internal,
    count(*) AS movements,
    coalesce(sum(moved.amount) FILTER (WHERE moved.amount > 0), 0) AS inflow,
    coalesce(sum(moved.amount) FILTER (WHERE moved.amount < 0), 0) AS outflow,
    coalesce(sum(moved.amount), 0) AS net
FROM aleta.cash_movements AS moved
JOIN aleta.transactions ON transactions.id = moved.transaction_id
GROUP BY 1, 2, 3, 4, 5, 6""",  # noqa: S608 - patterns that are written here
    question="What did the family earn and pay in each month, by category?",
    example="""\
SELECT month, ccy_code, category, sum(inflow)::DECIMAL(18, 2) AS inflow, sum(outflow)::DECIMAL(18, 2) AS outflow
FROM aleta.flows_by_category
WHERE NOT internal
GROUP BY month, ccy_code, category
ORDER BY ALL""",
)
