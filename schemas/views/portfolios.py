"""Reporting entities beside their portfolios. Pure."""

from __future__ import annotations

from .view import Column, View

PORTFOLIOS_MONTHLY = View(
    name="portfolios_monthly",
    description="Each reporting entity beside each of its portfolios: value at the end of a month, and its return",
    notes=(
        "Values are those of the entity's last day in the month with data; a portfolio without a value on it has null.",
        "Portfolios may overlap: their values and shares need not add up to the entity's.",
        "Returns are null if a day has none; performance_monthly says whether the month is complete.",
        "Entities and portfolios that are gone from the API keep their months, as last read: see their removed_at.",
    ),
    columns=(
        Column(name="reporting_entity_id", description="The reporting entity"),
        Column(name="reporting_entity_name", description="Its display name"),
        Column(name="portfolio_id", description="The portfolio"),
        Column(name="portfolio_name", description="Its display name"),
        Column(name="ccy_code", description="Reporting currency of the row's amounts, ISO 4217"),
        Column(name="month", description="First day of the month", unit="day"),
        Column(name="date", description="The day of the values", unit="day"),
        Column(name="entity_value", description="What the reporting entity is worth", unit="reporting currency"),
        Column(name="portfolio_value", description="What the portfolio is worth", unit="reporting currency"),
        Column(
            name="share",
            description="portfolio_value as a share of entity_value, 0.25 = 25 %, rounded to 12 decimals",
            unit="fraction",
        ),
        Column(name="entity_twr", description="Time-weighted return of the entity in the month", unit="fraction"),
        Column(name="portfolio_twr", description="Time-weighted return of the portfolio in the month", unit="fraction"),
    ),
    reads=(
        "holdings",
        "holdings__portfolios",
        "performance__portfolios",
        "performance_monthly",
        "portfolios",
        "reporting_entities",
    ),
    sql="""\
WITH ends AS (
    SELECT DISTINCT ON (reporting_entity_id, ccy_code, date_trunc('month', date))
        reporting_entity_id,
        ccy_code,
        date_trunc('month', date)::DATE AS month,
        date,
        market_value AS entity_value
    FROM aleta.holdings
    ORDER BY reporting_entity_id, ccy_code, date_trunc('month', date), date DESC
), returns AS (
    SELECT
        reporting_entity_id,
        portfolio_id,
        ccy_code,
        date_trunc('month', date)::DATE AS month,
        CASE WHEN count(daily_twr) = count(*) THEN try_cast(product(1 + daily_twr) - 1 AS DECIMAL(38, 12)) END AS twr
    FROM aleta.performance__portfolios
    GROUP BY reporting_entity_id, portfolio_id, ccy_code, month
), parts AS (
    SELECT DISTINCT reporting_entity_id, portfolio_id, ccy_code, date_trunc('month', date)::DATE AS month
    FROM aleta.holdings__portfolios
)
SELECT
    ends.reporting_entity_id,
    reporting_entities.name AS reporting_entity_name,
    parts.portfolio_id,
    portfolios.name AS portfolio_name,
    ends.ccy_code,
    ends.month,
    ends.date,
    ends.entity_value,
    valued.market_value AS portfolio_value,
    try_cast(valued.market_value::DOUBLE / nullif(ends.entity_value, 0)::DOUBLE AS DECIMAL(38, 12)) AS share,
    whole.twr AS entity_twr,
    returns.twr AS portfolio_twr
FROM ends
JOIN parts USING (reporting_entity_id, ccy_code, month)
LEFT JOIN aleta.holdings__portfolios AS valued
    ON valued.reporting_entity_id = ends.reporting_entity_id AND valued.portfolio_id = parts.portfolio_id
    AND valued.ccy_code = ends.ccy_code AND valued.date = ends.date
LEFT JOIN returns
    ON returns.reporting_entity_id = ends.reporting_entity_id AND returns.portfolio_id = parts.portfolio_id
    AND returns.ccy_code = ends.ccy_code AND returns.month = ends.month
LEFT JOIN aleta.performance_monthly AS whole
    ON whole.reporting_entity_id = ends.reporting_entity_id AND whole.ccy_code = ends.ccy_code
    AND whole.month = ends.month
LEFT JOIN aleta.reporting_entities ON reporting_entities.id = ends.reporting_entity_id
LEFT JOIN aleta.portfolios ON portfolios.id = parts.portfolio_id""",
    question="How did each portfolio do beside the reporting entity it belongs to, in each month?",
    example="""\
SELECT
    reporting_entity_name,
    portfolio_name,
    month,
    entity_value::DECIMAL(18, 2) AS entity_value,
    portfolio_value::DECIMAL(18, 2) AS portfolio_value,
    (100 * share)::DECIMAL(9, 2) AS share_percent,
    (100 * entity_twr)::DECIMAL(9, 4) AS entity_twr_percent,
    (100 * portfolio_twr)::DECIMAL(9, 4) AS portfolio_twr_percent
FROM aleta.portfolios_monthly
ORDER BY ALL""",
)
