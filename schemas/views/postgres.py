"""The same views for PostgreSQL: most queries are plain enough for both, the others are here once more. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from ..transactions import TRANSACTIONS
from .changes import AMOUNTS, DAYS, TEXTS, WAREHOUSE_ONLY
from .portfolios import PORTFOLIOS_MONTHLY
from .runs import CHANGES_BY_RUN
from .view import View, literal

_NAMES = [name for name in TRANSACTIONS.names if name not in WAREHOUSE_ONLY]
_FEED = (
    f"json_object(ARRAY[{', '.join(map(literal, _NAMES))}], "
    f"ARRAY[{', '.join(f'transactions.{name}::text' for name in _NAMES)}])"
)
_VALUES = ", ".join(
    [
        *(f"coalesce(after, before) ->> '{name}' AS {name}" for name in TEXTS),
        *(f"(coalesce(after, before) ->> '{name}')::date AS {name}" for name in DAYS),
        *(
            f"({side} ->> '{name}_amount')::numeric(38, 12) AS {name}_amount_{side}"
            for name in AMOUNTS
            for side in ("before", "after")
        ),
    ]
)

# Numbers are multiplied as numbers: the product of the days is exact, where DuckDB's goes through a double.
_PERFORMANCE_MONTHLY = """\
WITH months AS (
    SELECT
        reporting_entity_id,
        ccy_code,
        date_trunc('month', date)::date AS month,
        count(*) AS days,
        count(*) FILTER (WHERE extract(isodow FROM date) < 6) AS weekdays,
        count(daily_twr) AS days_with_twr,
        min(date) AS first_date,
        max(date) AS last_date,
        coalesce(sum(daily_net_cash_flow), 0) AS net_cash_flow,
        coalesce(sum(daily_return), 0) AS return_amount,
        aleta.product(1 + daily_twr) - 1 AS twr
    FROM aleta.performance
    GROUP BY reporting_entity_id, ccy_code, date_trunc('month', date)::date
), calendar AS (
    SELECT *, (month + INTERVAL '1 month' - INTERVAL '1 day')::date AS month_end FROM months
)
SELECT
    calendar.reporting_entity_id,
    reporting_entities.name AS reporting_entity_name,
    calendar.ccy_code,
    calendar.month,
    calendar.days,
    extract(day FROM calendar.month_end)::bigint AS days_in_month,
    (
        SELECT count(*)
        FROM generate_series(calendar.month, calendar.month_end, INTERVAL '1 day') AS every(day)
        WHERE extract(isodow FROM every.day) < 6
    ) - calendar.weekdays AS weekdays_missing,
    calendar.first_date,
    calendar.last_date,
    calendar.net_cash_flow,
    calendar.return_amount,
    CASE WHEN calendar.days_with_twr = calendar.days AND abs(calendar.twr) < 1e26
        THEN round(calendar.twr, 12) END AS twr
FROM calendar
LEFT JOIN aleta.reporting_entities ON reporting_entities.id = calendar.reporting_entity_id"""

_CHANGES_SINCE = f"""\
WITH steps AS (
    SELECT id, changed_at, op, late, before,
        row_number() OVER (PARTITION BY id ORDER BY changed_at, op <> 'removed', op <> 'added') AS step
    FROM aleta.transaction_changes
    WHERE changed_at > moment
), was AS (
    SELECT id,
        max(changed_at) AS changed_at,
        bool_or(op = 'removed') AS left_once,
        bool_or(late) AS late,
        (array_agg(before) FILTER (WHERE step = 1))[1] AS before
    FROM steps
    GROUP BY id
), sides AS (
    SELECT
        coalesce(transactions.id, was.id) AS id,
        coalesce(transactions.changed_at, was.changed_at) AS changed_at,
        coalesce(was.late, false) AS late,
        CASE WHEN was.left_once OR transactions.first_seen_at <= moment THEN was.before END AS before,
        CASE WHEN transactions.id IS NOT NULL THEN {_FEED} END AS after
    FROM (SELECT * FROM aleta.transactions WHERE changed_at > moment) AS transactions
    FULL JOIN was ON was.id = transactions.id
), compared AS (
    SELECT *,
        CASE WHEN before IS NOT NULL AND after IS NOT NULL THEN ARRAY(
            SELECT name FROM json_object_keys(after) AS name
            WHERE (before ->> name) IS DISTINCT FROM (after ->> name)
        ) END AS columns_changed
    FROM sides
    WHERE before IS NOT NULL OR after IS NOT NULL
)
SELECT
    id::text AS id,
    CASE WHEN before IS NULL THEN 'added' WHEN after IS NULL THEN 'removed' ELSE 'modified' END AS op,
    changed_at,
    late,
    columns_changed,
    {_VALUES},
    before,
    after
FROM compared
WHERE columns_changed IS NULL OR cardinality(columns_changed) > 0"""  # noqa: S608 - of names in a schema

# DuckDB joins each day with the last movement before it (ASOF); here a movement holds until the next.
_CASH_BALANCES_DAILY = """\
WITH known AS (
    SELECT balances.*, through_date, lead(date) OVER (PARTITION BY account_id ORDER BY date) AS next_date
    FROM aleta.cash_balances AS balances
    LEFT JOIN aleta.sync_marks ON resource = 'transactions' AND parent_id = account_id
    WHERE date <= greatest(through_date, current_date) + INTERVAL '1 year'
)
SELECT
    known.account_id,
    known.ccy_code,
    every.day::date AS date,
    CASE WHEN every.day = known.date THEN known.movements ELSE 0 END AS movements,
    CASE WHEN every.day = known.date THEN known.change ELSE 0 END AS change,
    known.balance
FROM known
CROSS JOIN LATERAL generate_series(
    known.date::timestamp,
    coalesce(known.next_date - 1, greatest(known.date, known.through_date)),
    INTERVAL '1 day'
) AS every(day)"""

_PORTFOLIOS_MONTHLY = (
    PORTFOLIOS_MONTHLY.sql.replace(
        "try_cast(product(1 + daily_twr) - 1 AS DECIMAL(38, 12))", "round(aleta.product(1 + daily_twr) - 1, 12)"
    )
    .replace("GROUP BY reporting_entity_id, portfolio_id, ccy_code, month", "GROUP BY 1, 2, 3, 4")
    .replace(
        "try_cast(valued.market_value::DOUBLE / nullif(ends.entity_value, 0)::DOUBLE AS DECIMAL(38, 12))",
        "round(valued.market_value / nullif(ends.entity_value, 0), 12)",
    )
)

_CHANGES_BY_RUN = CHANGES_BY_RUN.sql.replace(
    """list_filter(
            json_keys(changes.after),
            lambda name: (changes.before ->> name) IS DISTINCT FROM (changes.after ->> name)
        )""",
    """ARRAY(
            SELECT name FROM json_object_keys(changes.after) AS name
            WHERE (changes.before ->> name) IS DISTINCT FROM (changes.after ->> name)
        )""",
)

OWN_SQL: Mapping[str, str] = {
    "cash_balances_daily": _CASH_BALANCES_DAILY,
    "changes_by_run": _CHANGES_BY_RUN,
    "changes_since": _CHANGES_SINCE,
    "performance_monthly": _PERFORMANCE_MONTHLY,
    "portfolios_monthly": _PORTFOLIOS_MONTHLY,
}
TYPES: Mapping[str, str] = {
    "changed_at": "timestamptz",
    "late": "boolean",
    "columns_changed": "text[]",
    "before": "json",
    "after": "json",
    "date": "date",
    **dict.fromkeys(("units", "market_value", "accrued_interest"), "numeric"),
    **dict.fromkeys(DAYS, "date"),
    **{f"{name}_amount_{side}": "numeric" for name in AMOUNTS for side in ("before", "after")},
}
MADE = "Made by aleta-sync."
"""Ends the comment of each: by it one is told from a view of someone else that has its name."""
PRODUCT = "CREATE OR REPLACE AGGREGATE {schema}.product(numeric) (SFUNC = numeric_mul, STYPE = numeric)"


def statements(view: View, schema: str) -> tuple[str, ...]:
    """The SQL that creates it in *schema*, with its comments, or replaces one that has the same columns."""
    sql = OWN_SQL.get(view.name, view.sql).replace("aleta.", f"{schema}.")
    comment = literal(" ".join([f"{view.description}.", *view.notes, MADE]))
    place = f"{schema}.{view.name}"
    if view.takes:
        columns = ", ".join(f"{column.name} {TYPES.get(column.name, 'text')}" for column in view.columns)
        create = f"CREATE OR REPLACE FUNCTION {place}({view.takes} timestamptz) RETURNS TABLE ({columns})"
        return (
            f"{create} LANGUAGE sql STABLE AS {literal(sql)}",
            f"COMMENT ON FUNCTION {place}(timestamptz) IS {comment}",
        )
    return (
        f"CREATE OR REPLACE VIEW {place} AS {sql}",
        f"COMMENT ON VIEW {place} IS {comment}",
        *(f"COMMENT ON COLUMN {place}.{column.name} IS {literal(column.comment)}" for column in view.columns),
    )


def drop(view: View, schema: str) -> str:
    """The SQL that takes it away, unless something else rests on it."""
    place = f"{schema}.{view.name}"
    return f"DROP FUNCTION IF EXISTS {place}(timestamptz)" if view.takes else f"DROP VIEW IF EXISTS {place}"
