"""Every documented query on what an ordinary office has: no overflow, and results that make sense."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

import pytest

from sandbox import Sandbox, SandboxSettings
from schemas.views.views import VIEWS
from tests.e2e.conftest import EVERYTHING
from tests.e2e.program import Program

TABLES = ["transactions", "instrument_holdings", "holdings", "performance", "instruments", "instrument_classes"]
PORTFOLIOS = ["holdings__portfolios", "performance__portfolios"]


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    """Two nights of an ordinary office."""
    settings = SandboxSettings(ordinary=True, accounts=10, rows=600, years=2, computed_days=70)
    with Sandbox(settings) as box:
        folder, wanted = tmp_path_factory.mktemp("office"), [*TABLES, *PORTFOLIOS]
        program = Program(box, folder, resources=wanted, look_back_days=EVERYTHING)
        assert program.sync().exit == 0
        box.mutate_night("acme", 1, late=0.02, edited=0.02, deleted=0.01)
        assert program.sync().exit == 0
        yield program


@pytest.mark.parametrize("view", [pytest.param(view, id=view.name) for view in VIEWS])
def test_every_view_and_its_example_run(office, view):
    """What the guide shows works on any warehouse, whatever it finds there."""
    of = {"as_of": "(current_date)", "moment": "('1970-01-01 00:00:00+00')", "": ""}[view.takes]

    assert office.rows(f"FROM aleta.{view.name}{of}")
    office.rows(view.example)


def test_balances_are_those_of_an_office(office):
    """Positive but for an overdraft now and then, below a hundred million, and the same however they are added up."""
    daily = office.rows(
        "SELECT account_id, min(balance), max(balance), arg_max(balance, date), count(*), max(date) - min(date) + 1 "
        "FROM aleta.cash_balances_daily GROUP BY 1"
    )
    latest = dict(office.rows("SELECT account_id, arg_max(balance, date) FROM aleta.cash_balances GROUP BY 1"))

    assert {account: last for account, _, _, last, *_ in daily} == latest
    assert all(days == span for *_, days, span in daily)
    assert all(low > -(10**6) and high < 10**8 for _, low, high, *_ in daily)


def test_categories_add_up_to_months(office):
    """And everything an ordinary office books has a category."""
    both = [
        office.rows(f"SELECT account_id, month, sum(net) FROM aleta.{name} GROUP BY ALL ORDER BY ALL")
        for name in ("flows_by_month", "flows_by_category")
    ]

    assert both[0] == both[1]
    assert "other" not in office.column("SELECT DISTINCT category FROM aleta.flows_by_category")


def test_positions_of_a_day_are_the_holdings_of_that_day(office):
    """Each position once: portfolios may overlap."""
    day = office.column("SELECT max(date) FROM aleta.holdings")[0]
    worth = defaultdict(Decimal)
    place = "coalesce(depository_id, portfolio_id)"
    positions = (
        f"SELECT DISTINCT ON (reporting_entity_id, {place}, instrument_id) reporting_entity_id, market_value "
        f"FROM aleta.positions_on(DATE '{day}')"
    )
    for entity, value in office.rows(positions):
        worth[entity] += value

    assert dict(worth) == dict(
        office.rows(f"SELECT reporting_entity_id, market_value FROM aleta.holdings WHERE date = DATE '{day}'")
    )


def test_months_return_a_few_percent(office):
    """Entities and their portfolios."""
    found = office.rows(
        "SELECT entity_twr, portfolio_twr, share FROM aleta.portfolios_monthly "
        "JOIN aleta.performance_monthly USING (reporting_entity_id, ccy_code, month) WHERE weekdays_missing = 0"
    )

    assert found
    assert all(abs(twr) < Decimal("0.08") for *both, _ in found for twr in both)
    assert all(0 < share <= 1 for *_, share in found)


def test_what_changed_is_said_by_run(office):
    """The second night saw all of it."""
    _, second = office.column("SELECT run_id FROM aleta.sync_runs ORDER BY started_at")
    found = office.rows("SELECT op, count(*) FROM aleta.changes_by_run GROUP BY 1 ORDER BY 1")

    assert office.column("SELECT DISTINCT run_id FROM aleta.changes_by_run") == [second]
    assert found == office.rows("SELECT op, count(*) FROM aleta.transaction_changes GROUP BY 1 ORDER BY 1")
    assert [op for op, _ in found] == ["added", "modified", "removed"]
