"""The balance of an account on every day. Pure."""

from __future__ import annotations

from .cash import ACCOUNT, BALANCE, CCY, ONE_CURRENCY, REMOVED, SUM_OF_ALL, TWO_LEGS, VALUE_DATE
from .view import Column, View

CASH_BALANCES_DAILY = View(
    name="cash_balances_daily",
    description="Balance of each account at the end of every day, also of days on which nothing moved",
    notes=(
        "The last day is the last proven complete (sync_marks), or the last value date if that is later.",
        "A value date more than a year ahead has no day here, for it may be a placeholder: cash_balances has it.",
        SUM_OF_ALL,
        VALUE_DATE,
        TWO_LEGS,
        ONE_CURRENCY,
        REMOVED,
    ),
    columns=(
        ACCOUNT,
        CCY,
        Column(name="date", description="Every calendar day", unit="day"),
        Column(name="movements", description="Movements of that day; 0 on a quiet one", unit="count"),
        Column(name="change", description="Sum of the movements; 0 on a quiet day", unit="account currency"),
        BALANCE,
    ),
    reads=("cash_balances", "sync_marks"),
    sql="""\
WITH bounded AS (
    SELECT account_id, ccy_code, date, through_date
    FROM aleta.cash_balances
    LEFT JOIN aleta.sync_marks ON resource = 'transactions' AND parent_id = account_id
    WHERE date <= greatest(through_date, current_date) + INTERVAL 1 YEAR
), moved AS (
    SELECT account_id, ccy_code, min(date) AS first_date, greatest(max(date), max(through_date)) AS last_date
    FROM bounded
    GROUP BY account_id, ccy_code
), days AS (
    SELECT account_id, ccy_code, unnest(generate_series(first_date, last_date, INTERVAL 1 DAY))::DATE AS date
    FROM moved
)
SELECT
    days.account_id,
    days.ccy_code,
    days.date,
    CASE WHEN known.date = days.date THEN known.movements ELSE 0 END AS movements,
    CASE WHEN known.date = days.date THEN known.change ELSE 0 END AS change,
    known.balance
FROM days
ASOF JOIN aleta.cash_balances AS known ON known.account_id = days.account_id AND known.date <= days.date""",
    question="What was on the euro account on each day around the middle of May 2026?",
    example="""\
SELECT date, movements, change::DECIMAL(18, 2) AS change, balance::DECIMAL(18, 2) AS balance
FROM aleta.cash_balances_daily
WHERE account_id = 'a-eur' AND date BETWEEN DATE '2026-05-11' AND DATE '2026-05-15'
ORDER BY ALL""",
)
