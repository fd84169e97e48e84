"""Holdings: computed for a reporting entity, and as custodians report them. A table never mixes levels of detail. Pure.

The API recomputes holdings from the ledger: a past day changes when a transaction is booked late or a price replaced.
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
    LEGAL_ENTITY,
    PORTFOLIO,
    REPORTING_ENTITY,
)
from .table import naturally_keyed, number, text, to_one

ACCRUED_INTEREST = number(
    "accrued_interest", "Accrued interest; not in the vendor's older documentation", unit="reporting currency"
)


def _holdings(name: str, description: str, *split_by: pa.Field) -> pa.Schema:
    """One level of detail of the same list: *split_by* is what `expand` requests."""
    return naturally_keyed(
        name,
        description,
        [
            REPORTING_ENTITY,
            *split_by,
            DATE,
            CCY_CODE,
            number("market_value", "Value at the end of the day", unit="reporting currency"),
            ACCRUED_INTEREST,
        ],
        natural_key=("reporting_entity_id", *(field.name for field in split_by), "date", "ccy_code"),
    )


HOLDINGS = _holdings("holdings", "What a reporting entity is worth, one row per day and currency")
HOLDINGS__PORTFOLIOS = _holdings(
    "holdings__portfolios",
    "What each portfolio of a reporting entity is worth, one row per day and currency; portfolios may overlap: do not "
    "add them up",
    PORTFOLIO,
)
HOLDINGS__DEPOSITORIES = _holdings(
    "holdings__depositories",
    "What a reporting entity has in each depository, one row per day and currency; a null depository: what none holds",
    DEPOSITORY,
)
HOLDINGS__INSTRUMENT_CLASSES = _holdings(
    "holdings__instrument_classes",
    "What a reporting entity has in each instrument class, one row per day and currency",
    INSTRUMENT_CLASS,
)
HOLDINGS__INSTRUMENT_CLASSES_DETAILED = _holdings(
    "holdings__instrument_classes_detailed",
    "What a reporting entity has in each detailed instrument class, one row per day and currency",
    INSTRUMENT_CLASS_DETAILED,
)

# There is no holdings__instruments: the vendor deprecates that level in favour of this table, which also has units.
INSTRUMENT_HOLDINGS = naturally_keyed(
    "instrument_holdings",
    "Positions: one row per portfolio, depository, instrument and day; a position in two portfolios has two rows",
    [
        REPORTING_ENTITY,
        PORTFOLIO,
        DEPOSITORY,
        INSTRUMENT,
        INSTRUMENT_TYPE,
        INSTRUMENT_CLASS,
        INSTRUMENT_CLASS_DETAILED,
        DATE,
        CCY_CODE,
        number("units_in_holding", "Units held", unit="units", api="attributes/unitsInHolding attributes/units"),
        number("market_value", "Value at the end of the day", unit="reporting currency"),
        ACCRUED_INTEREST,
        number(
            "currency_exchange_rate",
            "Exchange rate to the reporting currency; not in the vendor's older documentation",
            unit="rate, direction not documented",
        ),
    ],
    natural_key=("reporting_entity_id", "portfolio_id", "depository_id", "instrument_id", "date", "ccy_code"),
)

CUSTODIAN_HOLDINGS = naturally_keyed(
    "custodian_holdings",
    "What a custodian reported for a day, unprocessed: balances of accounts, and units in depositories",
    [
        LEGAL_ENTITY,
        to_one("account_id", "The account, if the row is a balance; otherwise null"),
        to_one("depository_id", "The depository, if the row is of an instrument; otherwise null"),
        INSTRUMENT,
        INSTRUMENT_TYPE,
        text(
            "external_identifier",
            "The custodian's own number, where the API returns it instead of an account or instrument",
        ),
        DATE,
        number(
            "units_in_holding",
            "Units of the instrument, or the balance of the account",
            unit="units, or account currency",
            api="attributes/unitsInHolding attributes/quantity",
        ),
        number(
            "market_value",
            "Value as reported; only one of the vendor's pages documents it, without a currency",
            unit="currency not documented",
        ),
    ],
    natural_key=("legal_entity_id", "account_id", "depository_id", "instrument_id", "external_identifier", "date"),
)
