"""The view of the latest positions."""

from __future__ import annotations

from datetime import date

from tests.unit.schemas.views.memory import D, rows


def _holding(entity, day, number, **more):
    row = {
        "row_key": f"{number}",
        "reporting_entity_id": entity,
        "date": day,
        "ccy_code": "EUR",
        "market_value": number,
    }
    return row | {"instrument_id": "i1", "instrument_type": "instrument"} | more


def test_each_reporting_entity_has_its_own_latest_day():
    """One that lags is there with its older day; of a day before there is nothing left, also of what was sold."""
    found = rows(
        "SELECT reporting_entity_id, date, market_value FROM aleta.positions ORDER BY ALL",
        instrument_holdings=[
            _holding("r1", "2026-01-01", "1", instrument_id="sold"),
            _holding("r1", "2026-01-02", "2"),
            _holding("r2", "2026-01-01", "3"),
        ],
        reporting_entities=[{"id": "r1"}],
    )

    assert found == [("r1", date(2026, 1, 2), D(2)), ("r2", date(2026, 1, 1), D(3))]


def test_a_position_of_no_depository_in_two_currencies_is_two_rows():
    """A null depository joins nothing and loses nothing; currencies stay apart."""
    found = rows(
        "SELECT depository_id, depository_name, ccy_code, market_value, instrument_type "
        "FROM aleta.positions ORDER BY ALL",
        instrument_holdings=[_holding("r1", "2026-01-02", "1"), _holding("r1", "2026-01-02", "7.46", ccy_code="DKK")],
        depositories=[{"id": "d1", "name": "Not this one"}],
    )

    assert found == [(None, None, "DKK", D("7.46"), "instrument"), (None, None, "EUR", D(1), "instrument")]


def test_a_removed_reporting_entity_has_no_positions():
    """Its latest day would stay the latest for ever."""
    assert (
        rows(
            "FROM aleta.positions",
            instrument_holdings=[_holding("r1", "2026-01-02", "1")],
            reporting_entities=[{"id": "r1", "removed_at": "2026-02-01 00:00:00+00"}],
        )
        == []
    )


def test_the_instrument_itself_says_its_type_and_names_come_along():
    """Linkages often say just instrument."""
    found = rows(
        "SELECT instrument_name, instrument_type, instrument_class_name, portfolio_name, depository_name, units "
        "FROM aleta.positions",
        instrument_holdings=[
            _holding(
                "r1",
                "2026-01-02",
                "1",
                portfolio_id="p1",
                depository_id="d1",
                instrument_class_id="k1",
                units_in_holding="3",
            )
        ],
        instruments=[{"id": "i1", "type": "bond-instrument", "name": "Bond"}],
        instrument_classes=[{"id": "k1", "name": "Bonds"}],
        portfolios=[{"id": "p1", "name": "Core", "removed_at": "2026-02-01 00:00:00+00"}],
        depositories=[{"id": "d1", "name": "Custody"}],
    )

    assert found == [("Bond", "bond-instrument", "Bonds", "Core", "Custody", D(3))]
