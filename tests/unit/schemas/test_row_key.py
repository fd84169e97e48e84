"""The text that stands for a natural key."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pytest

from schemas.holdings import CUSTODIAN_HOLDINGS, HOLDINGS__DEPOSITORIES
from schemas.row_key import row_keys
from schemas.table import natural_key_of

DAY = date(2026, 3, 1)


def _keys(schema, *rows):
    columns = pa.schema([schema.field(name) for name in natural_key_of(schema)])
    filled = [dict.fromkeys(columns.names) | row for row in rows]
    return row_keys(pa.RecordBatch.from_pylist(filled, schema=columns), schema).to_pylist()


def test_a_row_key_is_the_natural_key_in_its_order():
    """Who reads a key sees whose row it is."""
    row = {"ccy_code": "DKK", "date": DAY, "depository_id": "d1", "reporting_entity_id": "r1"}
    assert _keys(HOLDINGS__DEPOSITORIES, row) == ["r1|d1|2026-03-01|DKK"]


def test_a_missing_value_keeps_its_place():
    """A balance of an account is no holding of a depository, though both have the same id."""
    account, depository = _keys(CUSTODIAN_HOLDINGS, {"account_id": "x"}, {"depository_id": "x"})
    assert account == "|x||||"
    assert depository == "||x|||"


@pytest.mark.parametrize(
    ("left", "right"),
    [
        pytest.param(("a|b", "c"), ("a", "b|c"), id="the-sign-that-joins"),
        pytest.param(("a\\", "b"), ("a", "\\b"), id="the-sign-that-escapes"),
        pytest.param(("a\\|b", "c"), ("a\\", "b|c"), id="both"),
        pytest.param(("a\\", "|b"), ("a\\|", "b"), id="both-at-the-ends"),
        pytest.param((None, "a"), ("a", None), id="nothing"),
    ],
)
def test_different_rows_have_different_keys(left, right):
    """Ids are opaque: none may pass for two others."""
    rows = [dict(zip(("reporting_entity_id", "depository_id"), pair, strict=True)) for pair in (left, right)]
    first, second = _keys(HOLDINGS__DEPOSITORIES, *rows)
    assert first != second


def test_no_rows_have_no_keys():
    """An empty answer is one, too."""
    assert _keys(HOLDINGS__DEPOSITORIES) == []
