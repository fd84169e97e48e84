"""Positions as of any day."""

from __future__ import annotations

from datetime import date

import pytest

from tests.unit.schemas.views.memory import D, rows


def held(entity, day, number):
    one = {"row_key": f"{entity}{number}", "reporting_entity_id": entity, "date": day, "ccy_code": "EUR"}
    return one | {"market_value": number, "instrument_id": "i1", "instrument_type": "instrument"}


HELD = [held("r1", "2026-01-02", "1"), held("r1", "2026-01-05", "2"), held("r2", "2025-12-31", "3")]
R1, R2 = ("r1", date(2026, 1, 2), D(1)), ("r2", date(2025, 12, 31), D(3))


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        pytest.param("2025-12-30", [], id="before-all"),
        pytest.param("2026-01-01", [R2], id="before-the-first-of-one"),
        pytest.param("2026-01-02", [R1, R2], id="the-day-itself"),
        pytest.param("2026-01-04", [R1, R2], id="a-sunday"),
        pytest.param("2026-01-05", [("r1", date(2026, 1, 5), D(2)), R2], id="the-latest"),
    ],
)
def test_each_entity_has_its_latest_day_until_then(day, expected):
    """Never a later one, and of an earlier day nothing."""
    of = "SELECT reporting_entity_id, date, market_value FROM aleta.positions_on('{}') ORDER BY ALL"

    assert rows(of.format(day), instrument_holdings=HELD) == expected


def test_today_it_is_the_view_positions():
    """The same columns, the same rows."""
    latest = rows("FROM aleta.positions ORDER BY ALL", instrument_holdings=HELD)

    assert latest == rows("FROM aleta.positions_on('9999-12-31') ORDER BY ALL", instrument_holdings=HELD)
    assert len(latest) == 2
