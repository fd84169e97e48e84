"""Performance: daily, of private markets, and against limits. A table never mixes levels of detail. Pure.

Values accumulated since `fromDate` are left out: docs/adr/0006-accumulated-performance.md.
"""

from __future__ import annotations

import pyarrow as pa

from .relations import (
    CCY_CODE,
    DATE,
    DEPOSITORY,
    INSTRUMENT,
    INSTRUMENT_CLASS,
    INSTRUMENT_CLASS_DETAILED,
    INSTRUMENT_TYPE,
    PORTFOLIO,
    REPORTING_ENTITY,
)
from .table import day, naturally_keyed, nested, number, text, to_one

SINCE_FROM_DATE = ("accumulatedReturn", "accumulatedTwr")


def _performance(name: str, description: str, *split_by: pa.Field, with_it: tuple[pa.Field, ...] = ()) -> pa.Schema:
    """One level of detail of the same list: *split_by* is what `expand` requests, *with_it* what the API adds to it."""
    return naturally_keyed(
        name,
        description,
        [
            REPORTING_ENTITY,
            *split_by,
            *with_it,
            DATE,
            CCY_CODE,
            number("daily_net_cash_flow", "Money in less money out on that day", unit="reporting currency"),
            number(
                "daily_return",
                "Return of that day as an amount; the vendor does not say whether amount or share",
                unit="reporting currency",
            ),
            number(
                "daily_twr",
                "Time-weighted return of that day, 0.01 = 1 %; over a span: product(1 + daily_twr) - 1",
                unit="fraction",
            ),
        ],
        natural_key=("reporting_entity_id", *(field.name for field in split_by), "date", "ccy_code"),
        left_out=SINCE_FROM_DATE,
    )


PERFORMANCE = _performance("performance", "Return of a reporting entity, one row per day and currency")
PERFORMANCE__PORTFOLIOS = _performance(
    "performance__portfolios", "Return of each portfolio of a reporting entity, one row per day and currency", PORTFOLIO
)
PERFORMANCE__DEPOSITORIES = _performance(
    "performance__depositories",
    "Return of a reporting entity in each depository, one row per day and currency; a null depository: of "
    "what none holds",
    DEPOSITORY,
)
PERFORMANCE__INSTRUMENTS = _performance(
    "performance__instruments",
    "Return of each instrument in a reporting entity, one row per day and currency",
    INSTRUMENT,
    with_it=(INSTRUMENT_TYPE,),
)
PERFORMANCE__INSTRUMENT_CLASSES = _performance(
    "performance__instrument_classes",
    "Return of a reporting entity in each instrument class, one row per day and currency",
    INSTRUMENT_CLASS,
)
PERFORMANCE__INSTRUMENT_CLASSES_DETAILED = _performance(
    "performance__instrument_classes_detailed",
    "Return of a reporting entity in each detailed instrument class, one row per day and currency",
    INSTRUMENT_CLASS_DETAILED,
)


def _commitment(of: str, unit: str) -> tuple[pa.Field, ...]:
    """An object of three amounts: complete, as the contract has nested values, and each amount as a column.

    Only the columns can be queried exactly: DuckDB reads numbers in JSON as doubles.
    """
    name = f"commitment_in_{of}_currency"
    path = f"attributes/commitmentIn{of.capitalize()}Currency"
    return (
        nested(name, f"The three commitments below, as the API returned them, in {unit}"),
        number(f"{name}_total", "Total commitment", unit=unit, api=f"{path}/total"),
        number(f"{name}_called", "Commitment called", unit=unit, api=f"{path}/called"),
        number(f"{name}_uncalled", "Commitment not called yet", unit=unit, api=f"{path}/uncalled"),
    )


PRIVATE_MARKET_PERFORMANCE = naturally_keyed(
    "private_market_performance",
    "Private market funds of a reporting entity, with their figures on a day",
    [
        REPORTING_ENTITY,
        INSTRUMENT,
        INSTRUMENT_TYPE,
        DATE,
        text("reporting_ccy_code", "Reporting currency, ISO 4217"),
        text("fund_ccy_code", "Currency of the fund, ISO 4217"),
        number("nav", "Net asset value", unit="fund currency"),
        day("nav_date", "The day of the net asset value"),
        number("market_value", "Value at the end of the day", unit="reporting currency"),
        *_commitment("fund", "fund currency"),
        *_commitment("reporting", "reporting currency"),
        nested("multiplier", "The three multiples below, as the API returned them"),
        number("multiplier_dpi", "Distributed to paid-in", unit="factor", api="attributes/multiplier/dpi"),
        number("multiplier_rvpi", "Residual value to paid-in", unit="factor", api="attributes/multiplier/rvpi"),
        number("multiplier_tvpi", "Total value to paid-in", unit="factor", api="attributes/multiplier/tvpi"),
        nested("cashflow", "The two sums below, as the API returned them, in the reporting currency"),
        number(
            "cashflow_drawdowns", "Amount drawn down", unit="reporting currency", api="attributes/cashflow/drawdowns"
        ),
        number(
            "cashflow_distributions",
            "Amount distributed",
            unit="reporting currency",
            api="attributes/cashflow/distributions",
        ),
        number("return", "Return as an amount", unit="reporting currency"),
        number("irr", "Internal rate of return, 0.1542 = 15.42 %", unit="fraction"),
    ],
    natural_key=("reporting_entity_id", "instrument_id", "date", "reporting_ccy_code"),
)

LIMIT_STATUS = naturally_keyed(
    "limit_status",
    "Status of a limit on a day. The vendor does not document the fields of the response: they are in extra",
    [
        to_one("limit_id", "The limit"),
        to_one("reporting_entity_id", "The reporting entity, if a limit is evaluated for each; otherwise null"),
        day("date", "The day it was evaluated for"),
    ],
    natural_key=("limit_id", "reporting_entity_id", "date"),
)
