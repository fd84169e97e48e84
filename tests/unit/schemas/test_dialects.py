"""Where the vendor's pages disagree, either spelling fills the same column."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from schemas.clients import LIMITS
from schemas.holdings import CUSTODIAN_HOLDINGS, HOLDINGS__INSTRUMENT_CLASSES_DETAILED, INSTRUMENT_HOLDINGS
from schemas.instruments import INSTRUMENT_CLASSES_DETAILED, INSTRUMENTS, NET_ASSET_VALUES
from schemas.performance import PRIVATE_MARKET_PERFORMANCE
from schemas.table import name_of
from sources.aleta.jsonapi.decode import decode
from sources.aleta.jsonapi.envelope import read_one


def _row(schema, attributes=None, relations=None):
    links = {name: {"data": {"type": "any", "id": ident}} for name, ident in (relations or {}).items()}
    thing = {"type": "any", "id": "1", "attributes": attributes or {}, "relationships": links}
    decoded = decode(read_one(msgspec.json.encode({"data": thing})), schema=schema)
    assert not decoded.drift
    return decoded.batch.to_pylist()[0]


ATTRIBUTES = [
    (INSTRUMENT_HOLDINGS, "units_in_holding", ("unitsInHolding", "units"), 1),
    (INSTRUMENT_HOLDINGS, "ccy_code", ("ccyCode", "reportingCurrencyCode"), "DKK"),
    (CUSTODIAN_HOLDINGS, "units_in_holding", ("unitsInHolding", "quantity"), 1),
    (NET_ASSET_VALUES, "official_date", ("officialDate", "date"), "2026-03-01"),
    (INSTRUMENTS, "maturity_date", ("maturityDate", "maturity"), "2026-03-01"),
    (INSTRUMENTS, "isin", ("isin", "ISIN"), "DK0009999999"),
    (LIMITS, "limit_filter", ("limitFilter", "filter"), {"type": "and", "filters": []}),
]
RELATIONS = [
    (INSTRUMENT_HOLDINGS, "instrument_id", ("instrument", "asset")),
    (CUSTODIAN_HOLDINGS, "instrument_id", ("instrument", "asset")),
    (INSTRUMENT_HOLDINGS, "instrument_class_id", ("instrumentClass", "assetClass")),
    (
        HOLDINGS__INSTRUMENT_CLASSES_DETAILED,
        "instrument_class_detailed_id",
        ("instrumentClassDetailed", "assetClassDetailed"),
    ),
    (INSTRUMENT_CLASSES_DETAILED, "instrument_class_id", ("instrumentClass", "assetClass", "parent")),
]


def _named(rows):
    return [pytest.param(*row, id=f"{name_of(row[0])}.{row[1]}") for row in rows]


@pytest.mark.parametrize(("schema", "column", "spellings", "value"), _named(ATTRIBUTES))
def test_an_attribute_is_read_in_every_spelling(schema, column, spellings, value):
    """Neither is unknown, and both mean one column."""
    found = [_row(schema, {spelling: value})[column] for spelling in spellings]
    assert found[0] is not None
    assert found == found[:1] * len(spellings)


@pytest.mark.parametrize(("schema", "column", "spellings"), _named(RELATIONS))
def test_a_relationship_is_read_in_every_spelling(schema, column, spellings):
    """The asset family became the instrument family in 2026."""
    assert [_row(schema, relations={spelling: "x"})[column] for spelling in spellings] == ["x"] * len(spellings)


def test_a_limit_of_the_flat_dialect_has_kind_and_bounds():
    """The other dialect nests them in limitType."""
    row = _row(LIMITS, {"kind": "proportional", "min": 0.05, "max": 0.4})
    assert (row["kind"], row["min"], row["max"]) == ("proportional", Decimal("0.05"), Decimal("0.4"))


@pytest.mark.parametrize(
    ("schema", "attributes", "column", "value"),
    [
        (INSTRUMENTS, {"fund": {"strategy": "other"}}, "fund_strategy", "other"),
        (PRIVATE_MARKET_PERFORMANCE, {"multiplier": {"tvpi": 1.5}}, "multiplier_tvpi", Decimal("1.5")),
        (LIMITS, {"limitType": {"type": "absolute", "values": {"max": 5}}}, "max", Decimal(5)),
    ],
    ids=["instruments.fund", "private_market_performance.multiplier", "limits.limit_type"],
)
def test_a_member_of_a_nested_value_has_its_column(schema, attributes, column, value):
    """Exact and typed, which a number taken out of JSON is not."""
    assert _row(schema, attributes)[column] == value


def test_a_nested_value_is_kept_whole():
    """Members that no column names stay, and every number's text."""
    fund = {"strategy": "other", "hurdle": {"rate": 1}}
    assert _row(INSTRUMENTS, {"fund": fund})["fund"] == '{"hurdle":{"rate":1},"strategy":"other"}'
