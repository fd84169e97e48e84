"""Values on their way to SQLite and back: to the last digit, whatever it has no type for."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pyarrow as pa
import pytest
import sqlalchemy as sa

from pipelines.warehouse.destinations.sqlalchemy import SQLITE, ExactNumber
from schemas.table import DECIMAL, INSTANT


@pytest.mark.parametrize(
    "number",
    [
        "0.000000000000",
        "-0.000000000001",
        "12345678901234567890123456.000000000001",
        "-99999999999999999999999999.999999999999",
        "100.000000000000",
    ],
)
def test_a_number_comes_back_digit_for_digit_x1(number: str) -> None:
    """X1: as text without an exponent, which no float has touched."""
    table = sa.Table("t", sa.MetaData(), sa.Column("n", ExactNumber()))
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        table.create(connection)
        connection.execute(table.insert(), [{"n": Decimal(number)}, {"n": None}])
        [(stored,), (nothing,)] = connection.execute(sa.text("SELECT n FROM t")).all()
        read = connection.execute(table.select()).scalars().all()
    engine.dispose()

    assert (stored, nothing) == (number, None)
    assert read == [Decimal(number), None]
    back = SQLITE.array([stored, nothing], pa.field("n", DECIMAL))
    assert back == pa.array([Decimal(number), None], DECIMAL)


@pytest.mark.parametrize(
    ("value", "bound"),
    [
        (date(1, 1, 1), "0001-01-01"),
        (date(9999, 12, 31), "9999-12-31"),
        (datetime(2026, 3, 1, 2, tzinfo=UTC), "2026-03-01 02:00:00.000000"),
        (datetime(2026, 3, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=2))), "2026-03-01 00:03:04.000005"),
        ("text", "text"),
        (7, 7),
        (None, None),
    ],
)
def test_a_value_is_bound_as_it_is_stored(value: object, bound: object) -> None:
    """Text that sorts as days and instants do; an instant in UTC."""
    assert SQLITE.bind(value) == bound


@pytest.mark.parametrize(
    ("kind", "stored", "expected"),
    [
        (pa.date32(), ["2026-11-26", None], [date(2026, 11, 26), None]),
        (INSTANT, ["2026-11-26 17:47:28.000001", None], [datetime(2026, 11, 26, 17, 47, 28, 1, tzinfo=UTC), None]),
        (pa.bool_(), [1, 0, None], [True, False, None]),
        (pa.int64(), [2**62, None], [2**62, None]),
        (pa.string(), ["2026-11-26", "", None], ["2026-11-26", "", None]),
    ],
)
def test_a_stored_value_is_typed_by_its_column(kind: pa.DataType, stored: list, expected: list) -> None:
    """SQLite gives text and numbers; the schema says what they are."""
    assert SQLITE.array(stored, pa.field("x", kind)) == pa.array(expected, kind)
