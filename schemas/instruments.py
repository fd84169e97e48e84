"""Instruments of every type, their series, and the classes they are put in. Pure.

Instruments have no list: their ids are found in transactions, holdings and performance, and each is read by id. A
series has what the API returns now and nothing else: a point that is gone there is gone here.
"""

from __future__ import annotations

import pyarrow as pa

from .relations import INSTRUMENT
from .table import DATED, OBJECT, column, day, nested, number, resource_id, table, text, to_one

# `fund` is stored twice. Complete, as the contract has nested values, so that no member is lost; and each documented
# member as a column, typed and described: analysts group by strategy and vintage, and should not have to parse JSON.
_FUND = (
    nested("fund", "Private market fund: the seven columns below and any other member, as the API returned it"),
    text("fund_manager_name", "Private market fund: who manages it", api="attributes/fund/managerName"),
    text("fund_name", "Private market fund: its name", api="attributes/fund/name"),
    text("fund_ccy_code", "Private market fund: its currency, ISO 4217", api="attributes/fund/ccyCode"),
    text(
        "fund_strategy",
        "Private market fund: leveraged-buyout, private-debt, venture-capital or other",
        api="attributes/fund/strategy",
    ),
    text(
        "fund_investment_region",
        "Private market fund: global, north-america, europe or other",
        api="attributes/fund/investmentRegion",
    ),
    day("fund_vintage_date", "Private market fund: its vintage", api="attributes/fund/vintageDate"),
    day("fund_expected_exit_date", "Private market fund: when it should end", api="attributes/fund/expectedExitDate"),
)

INSTRUMENTS = table(
    "instruments",
    "Every instrument that transactions, holdings or performance refer to, of any type; columns that do not apply to "
    "its type are null",
    [
        resource_id("Aleta's id of the instrument"),
        column(
            "type", pa.string(), "The type, as in the API (bond-instrument, ...); more values may appear", api="type"
        ),
        text("name", "Name; loans and forwards have none"),
        text("security_identifier", "Its security identifier, of any scheme"),
        text("custom_identifier", "Private market fund: the client's own identifier"),
        text("isin", "ISIN; only one of the vendor's sites documents it", api="attributes/isin attributes/ISIN"),
        text("ticker", "Ticker; only one of the vendor's sites documents it"),
        text("exchange", "Exchange; only one of the vendor's sites documents it"),
        text("ccy_code", "Currency of the instrument, ISO 4217"),
        text("country_code", "Where the issuer is domiciled, ISO 3166-1 alpha-2"),
        text("category", "Fee: custody, management or other"),
        text("coupon_frequency", "Bond: quarterly, semiannually, annually or other; its rates are in interest_rates"),
        text("day_count_convention", "Bond, loan: actual/actual, 30/360, actual/360 or other"),
        day("dated_date", "Bond: the day interest accrues from"),
        day("first_coupon_date", "Bond: the day of the first coupon"),
        day("maturity_date", "Bond, loan: the day it matures", api="attributes/maturityDate attributes/maturity"),
        day("agreement_date", "Loan, forward: the day it was agreed"),
        number("interest_rate_in_percent", "Loan: interest rate per year, 1.5 = 1.5 %", unit="percent"),
        number("principal_amount", "Loan: lent out, negative when borrowed", unit="currency of the account"),
        day("fixing_date", "Forward: the day its rate is fixed"),
        day("settlement_date", "Forward: the day it settles"),
        number("notional_amount", "Forward: amount in the primary currency", unit="primary currency"),
        number("settlement_amount", "Forward: amount in the secondary currency", unit="secondary currency"),
        text("primary_ccy_code", "Forward settled in cash: primary currency, ISO 4217"),
        text("secondary_ccy_code", "Forward settled in cash: secondary currency, ISO 4217"),
        to_one("account_id", "Loan, forward settled in cash: the account it is settled over"),
        to_one("primary_account_id", "Forward with physical delivery: the account in the primary currency"),
        to_one("secondary_account_id", "Forward with physical delivery: the account in the secondary currency"),
        to_one("depository_id", "Private market fund: the depository it is held in"),
        day("exit_date", "Private market fund: when it ended; null while it runs"),
        *_FUND,
        *OBJECT,
    ],
)

_PROVIDER = text("provider", "Source of the value: client, aleta, or the name of a market data provider")
_OF = INSTRUMENT.with_metadata(
    INSTRUMENT.metadata | {b"description": b"The instrument it was requested for; the API's rows do not name it"}
)
_FROM = day("date", "The day it is valid from; 1900-01-01 stands for always")

PRICES = table(
    "prices",
    "Prices of instruments; on one day there may be one from each provider",
    [
        resource_id("Aleta's id of the price"),
        _OF,
        day("date", "The day of the price, at its end"),
        number("value", "Price of one unit", unit="instrument currency"),
        _PROVIDER,
        *DATED,
    ],
)

INTEREST_RATES = table(
    "interest_rates",
    "Interest rates of bonds and loans, each valid until the next",
    [
        resource_id("Aleta's id of the interest rate"),
        _OF,
        _FROM,
        number("value", "Interest rate per year, 0.05 = 5 %", unit="fraction"),
        _PROVIDER,
        *DATED,
    ],
)

INDEX_FACTORS = table(
    "index_factors",
    "Factors of index-linked bonds, each valid until the next",
    [
        resource_id("Aleta's id of the index factor"),
        _OF,
        _FROM,
        number("value", "What the nominal amount is multiplied by", unit="factor"),
        _PROVIDER,
        *DATED,
    ],
)

NET_ASSET_VALUES = table(
    "net_asset_values",
    "Net asset values of private market funds",
    [
        resource_id("Aleta's id of the net asset value"),
        _OF,
        day("official_date", "The day of the value", api="attributes/officialDate attributes/date"),
        day("effective_date", "The day it takes effect; null: the official date"),
        number("value", "Net asset value", unit="fund currency"),
        *DATED,
    ],
)

# No page lists the attributes of a commitment; these two are those of the first one, which comes with the instrument.
COMMITMENTS = table(
    "commitments",
    "Commitments to private market funds",
    [
        resource_id("Aleta's id of the commitment"),
        _OF,
        day("date", "The day it was committed"),
        number("value", "Amount committed", unit="fund currency"),
        *DATED,
    ],
)

INSTRUMENT_CLASSES = table(
    "instrument_classes",
    "Classes of instruments (Equities) that holdings and performance refer to",
    [
        resource_id("Aleta's id of the instrument class"),
        text("name", "Display name"),
        *OBJECT,
    ],
)

INSTRUMENT_CLASSES_DETAILED = table(
    "instrument_classes_detailed",
    "Finer classes of instruments (Equities - American), each part of an instrument class",
    [
        resource_id("Aleta's id of the detailed instrument class"),
        text("name", "Display name"),
        to_one("instrument_class_id", "The class it is part of", api="instrumentClass assetClass parent"),
        *OBJECT,
    ],
)
