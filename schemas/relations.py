"""Columns that several tables share, in both spellings: asset names became instrument names in 2026. Pure."""

from __future__ import annotations

from .table import day, text, to_one, to_one_type

REPORTING_ENTITY = to_one("reporting_entity_id", "The reporting entity it was computed for")
LEGAL_ENTITY = to_one("legal_entity_id", "The legal entity that owns it")
PORTFOLIO = to_one("portfolio_id", "The portfolio of the reporting entity; portfolios may overlap")
DEPOSITORY = to_one("depository_id", "The depository that holds it; null for what no depository holds")
INSTRUMENT = to_one("instrument_id", "The instrument", api="instrument asset")
INSTRUMENT_TYPE = to_one_type(
    "instrument_type",
    "The instrument's type, as the relationship has it; sometimes just instrument",
    api="instrument asset",
)
INSTRUMENT_CLASS = to_one("instrument_class_id", "The instrument class", api="instrumentClass assetClass")
INSTRUMENT_CLASS_DETAILED = to_one(
    "instrument_class_detailed_id",
    "The detailed instrument class",
    api="instrumentClassDetailed assetClassDetailed",
)
DATE = day("date", "The day it is computed for, at its end")
CCY_CODE = text(
    "ccy_code",
    "Reporting currency of the row's amounts, ISO 4217",
    api="attributes/ccyCode attributes/reportingCurrencyCode",
)
