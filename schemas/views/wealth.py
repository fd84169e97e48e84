"""Views of what reporting entities hold and earn. Pure."""

from __future__ import annotations

from .view import Column, View

_COLUMNS = (
    Column(name="reporting_entity_id", description="The reporting entity"),
    Column(name="reporting_entity_name", description="Its display name"),
    Column(name="date", description="Its latest day", unit="day"),
    Column(name="portfolio_id", description="The portfolio of the reporting entity"),
    Column(name="portfolio_name", description="Its display name"),
    Column(name="depository_id", description="The depository that holds it; null for what none holds"),
    Column(name="depository_name", description="Its display name; may be null"),
    Column(name="instrument_id", description="The instrument"),
    Column(name="instrument_name", description="Its name; loans and forwards have none"),
    Column(name="instrument_type", description="Its type, from the instrument or else from the position"),
    Column(name="security_identifier", description="Its security identifier, of any scheme"),
    Column(name="instrument_class_name", description="Its class, from the position"),
    Column(name="ccy_code", description="Reporting currency of the row's amounts, ISO 4217"),
    Column(name="units", description="Units held", unit="units"),
    Column(name="market_value", description="Value at the end of the day", unit="reporting currency"),
    Column(name="accrued_interest", description="Interest accrued", unit="reporting currency"),
)
_READS = (
    "depositories",
    "instrument_classes",
    "instrument_holdings",
    "instruments",
    "portfolios",
    "reporting_entities",
)
_REPEATED = (
    "A position in two portfolios has two rows: add up within one portfolio, or make sure that none counts twice.",
    "An entity may report in several currencies: each position then has a row for each. Filter by one ccy_code.",
)


def _positions(until: str = "") -> str:
    """The positions of each entity's latest day, of those that *until* leaves."""
    return f"""\
WITH latest AS (
    SELECT reporting_entity_id, max(date) AS date FROM aleta.instrument_holdings{until} GROUP BY reporting_entity_id
)
SELECT
    held.reporting_entity_id,
    reporting_entities.name AS reporting_entity_name,
    held.date,
    held.portfolio_id,
    portfolios.name AS portfolio_name,
    held.depository_id,
    depositories.name AS depository_name,
    held.instrument_id,
    instruments.name AS instrument_name,
    coalesce(instruments.type, held.instrument_type) AS instrument_type,
    instruments.security_identifier,
    instrument_classes.name AS instrument_class_name,
    held.ccy_code,
    held.units_in_holding AS units,
    held.market_value,
    held.accrued_interest
FROM aleta.instrument_holdings AS held
JOIN latest ON latest.reporting_entity_id = held.reporting_entity_id AND latest.date = held.date
LEFT JOIN aleta.reporting_entities ON reporting_entities.id = held.reporting_entity_id
LEFT JOIN aleta.portfolios ON portfolios.id = held.portfolio_id
LEFT JOIN aleta.depositories ON depositories.id = held.depository_id
LEFT JOIN aleta.instruments ON instruments.id = held.instrument_id
LEFT JOIN aleta.instrument_classes ON instrument_classes.id = held.instrument_class_id
WHERE reporting_entities.removed_at IS NULL"""  # noqa: S608 - written here


POSITIONS = View(
    name="positions",
    description="The latest positions: the instrument_holdings of each reporting entity's own latest day, with names",
    notes=(
        "date says how old a row is: reporting entities need not have the same latest day.",
        "Reporting entities that are gone from the API are left out.",
        *_REPEATED,
    ),
    columns=_COLUMNS,
    reads=_READS,
    sql=_positions(),
    question="What does each reporting entity hold, and as of when?",
    example="""\
SELECT
    reporting_entity_name,
    date,
    portfolio_name,
    depository_name,
    instrument_name,
    units::DECIMAL(18, 2) AS units,
    market_value::DECIMAL(18, 2) AS market_value,
    ccy_code
FROM aleta.positions
ORDER BY ALL""",
)

POSITIONS_ON = View(
    name="positions_on",
    description="Positions as of any day: the instrument_holdings of each reporting entity's latest day until then",
    notes=(
        "A table macro: call it with a day.",
        "date says which day a row is of: an entity has none on a weekend if the API computes none.",
        "It is what the API says now of that day: a late transaction or a replaced price has changed it since.",
        "Reporting entities that are gone from the API are left out.",
        *_REPEATED,
        "If the file is attached, USE it first: DuckDB resolves a macro's tables in the current database.",
    ),
    columns=_COLUMNS,
    reads=_READS,
    takes="as_of",
    sql=_positions(" WHERE date <= as_of::DATE"),
    question="What did each reporting entity hold on Sunday, 31 May 2026?",
    example="""\
SELECT reporting_entity_name, date, instrument_name, units::DECIMAL(18, 2) AS units, ccy_code
FROM aleta.positions_on(DATE '2026-05-31')
ORDER BY ALL""",
)

PERFORMANCE_MONTHLY = View(
    name="performance_monthly",
    description="Return of each reporting entity, one row per month and reporting currency, chained from its days",
    notes=(
        "A month is complete if weekdays_missing is 0; if the API has weekends too, days must equal days_in_month.",
        "twr chains the days: product(1 + daily_twr) - 1; months chain to years in the same way.",
        "Entities that are gone from the API keep their months, as last read: see removed_at in reporting_entities.",
    ),
    columns=(
        Column(name="reporting_entity_id", description="The reporting entity"),
        Column(name="reporting_entity_name", description="Its display name"),
        Column(name="ccy_code", description="Reporting currency of the row's amounts, ISO 4217"),
        Column(name="month", description="First day of the month", unit="day"),
        Column(name="days", description="Days with data", unit="count"),
        Column(name="days_in_month", description="Days that the month has", unit="count"),
        Column(name="weekdays_missing", description="Mondays to Fridays of the month without data", unit="count"),
        Column(name="first_date", description="First day with data", unit="day"),
        Column(name="last_date", description="Last day with data", unit="day"),
        Column(name="net_cash_flow", description="Money in less money out", unit="reporting currency"),
        Column(name="return_amount", description="Sum of the daily returns, an amount", unit="reporting currency"),
        Column(
            name="twr",
            description="Time-weighted return of the days with data, 0.01 = 1 %, rounded to 12 decimals; null if a day "
            "has none",
            unit="fraction",
        ),
    ),
    reads=("performance", "reporting_entities"),
    sql="""\
WITH months AS (
    SELECT
        reporting_entity_id,
        ccy_code,
        date_trunc('month', date)::DATE AS month,
        count(*) AS days,
        count(*) FILTER (isodow(date) < 6) AS weekdays,
        count(daily_twr) AS days_with_twr,
        min(date) AS first_date,
        max(date) AS last_date,
        coalesce(sum(daily_net_cash_flow), 0) AS net_cash_flow,
        coalesce(sum(daily_return), 0) AS return_amount,
        try_cast(product(1 + daily_twr) - 1 AS DECIMAL(38, 12)) AS twr
    FROM aleta.performance
    GROUP BY reporting_entity_id, ccy_code, month
)
SELECT
    months.reporting_entity_id,
    reporting_entities.name AS reporting_entity_name,
    months.ccy_code,
    months.month,
    months.days,
    day(last_day(months.month)) AS days_in_month,
    len(list_filter(
        generate_series(months.month, last_day(months.month), INTERVAL 1 DAY),
        lambda calendar_day: isodow(calendar_day) < 6
    )) - months.weekdays AS weekdays_missing,
    months.first_date,
    months.last_date,
    months.net_cash_flow,
    months.return_amount,
    CASE WHEN months.days_with_twr = months.days THEN months.twr END AS twr
FROM months
LEFT JOIN aleta.reporting_entities ON reporting_entities.id = months.reporting_entity_id""",
    question="What did each reporting entity earn in each month, and is the month complete?",
    example="""\
SELECT
    reporting_entity_name,
    month,
    ccy_code,
    days,
    weekdays_missing,
    return_amount::DECIMAL(18, 2) AS return_amount,
    (100 * twr)::DECIMAL(9, 4) AS twr_percent
FROM aleta.performance_monthly
ORDER BY ALL""",
)
