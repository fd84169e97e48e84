"""The views, each on a warehouse in memory that is small enough to reckon by hand."""

from __future__ import annotations

import functools
import json
import re
import subprocess
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from schemas import tables
from schemas.guide import fill, opened, text
from schemas.table import name_of
from schemas.transactions import TRANSACTIONS
from schemas.views.example import ROWS, as_feed
from schemas.views.view import Column, View, possible
from schemas.views.views import VIEWS

PAGE = Path(__file__).parents[4] / "docs" / "views.md"
TABLES = {name_of(schema) for schema in tables.TABLES}
D = Decimal

each_view = pytest.mark.parametrize("view", [pytest.param(one, id=one.name) for one in VIEWS])


@functools.cache
def empty():
    return opened({})


def rows(sql, **given):
    """What *sql* gives where only these rows are there."""
    warehouse = empty().begin()
    try:
        fill(warehouse, given)
        return warehouse.execute(sql).fetchall()
    finally:
        warehouse.rollback()


# -- the page


def test_the_page_is_current():
    """A changed view, or an example that now prints something else, fails here without `make docs`."""
    assert PAGE.read_text(encoding="utf-8") == text()


def test_what_make_docs_runs_writes_the_page():
    """The script prints what the function says, and nothing else."""
    printed = subprocess.run(
        [sys.executable, "-m", "schemas.guide"], capture_output=True, check=True, cwd=PAGE.parents[1]
    )
    assert printed.stdout.decode() == text()


@each_view
def test_every_view_is_on_the_page_with_an_example_that_prints_something(view):
    """An example without a row shows nothing."""
    section = PAGE.read_text(encoding="utf-8").split(f"\n## {view.name}\n")[1].split("\n## ")[0]
    assert f"```sql\n{view.example}\n```" in section
    assert len(section.split("```")[2].strip().splitlines()) > 2
    assert [line.split("`")[1] for line in section.splitlines() if line.startswith("| `")] == [
        one.name for one in view.columns
    ]


def test_a_result_shows_nulls_lists_and_bars():
    """What Markdown would take for a column is no column."""
    view = View(
        name="v",
        description="One",
        columns=(Column(name="a", description="A"),),
        reads=(),
        sql="SELECT 1 AS a",
        question="What?",
        example="SELECT NULL AS nothing, ['a', 'b'] AS some, true AS flag, 'x|y' AS bar FROM aleta.v",
    )

    assert "| nothing | some | flag | bar |\n| --- | --- | --- | --- |\n|  | a, b | true | x&#124;y |\n" in text([view])


# -- what they say of themselves


@each_view
def test_a_view_says_what_it_reads(view):
    """What is published where tables are missing is decided by this."""
    assert set(re.findall(r"aleta\.(\w+)", view.sql)) == set(view.reads)
    assert f"aleta.{view.name}" in view.example


def test_views_come_after_those_they_read_and_hide_no_table():
    """All of them are possible where all tables are."""
    names = [one.name for one in VIEWS]

    assert possible(VIEWS, TABLES) == list(VIEWS)
    assert len(set(names)) == len(names)
    assert not TABLES.intersection(names)


def test_a_view_without_its_tables_is_left_out_and_so_is_what_reads_it():
    """cash_balances reads cash_movements, which reads accounts."""
    left = {one.name for one in VIEWS} - {one.name for one in possible(VIEWS, TABLES - {"accounts"})}

    assert left == {"account_tree", "cash_movements", "cash_balances", "flows_by_month"}
    assert possible(VIEWS, ()) == []


@each_view
def test_a_view_and_its_columns_are_described_in_sql(view):
    """DuckDB keeps the comment of a macro, and none of its columns."""
    with opened({}) as warehouse:
        source = f"aleta.{view.name}(now())" if view.takes else f"aleta.{view.name}"
        found = warehouse.execute(f"DESCRIBE FROM {source}").fetchall()
        said = warehouse.execute(
            "SELECT comment FROM duckdb_views() WHERE view_name = $1 "
            "UNION ALL SELECT comment FROM duckdb_functions() WHERE function_name = $1",
            [view.name],
        ).fetchall()
        columns = warehouse.execute(
            "SELECT column_name, comment FROM duckdb_columns() WHERE table_name = ?", [view.name]
        ).fetchall()

    assert [row[0] for row in found] == [one.name for one in view.columns]
    assert said == [(" ".join((f"{view.description}.", *view.notes)),)]
    assert dict(columns) == ({} if view.takes else {one.name: one.comment for one in view.columns})


@each_view
def test_every_amount_has_a_unit(view):
    """An amount without its currency is no amount, and a number of days is a count."""
    with opened({}) as warehouse:
        source = f"aleta.{view.name}(now())" if view.takes else f"aleta.{view.name}"
        kinds = {row[0]: row[1] for row in warehouse.execute(f"DESCRIBE FROM {source}").fetchall()}
    assert [
        one.name for one in view.columns if re.match("DECIMAL|BIGINT|DATE|TIMESTAMP", kinds[one.name]) and not one.unit
    ] == []
    assert "DOUBLE" not in kinds.values()


@each_view
def test_columns_need_no_quotes(view):
    """What analysts write every day."""
    with duckdb.connect() as connection:
        names = ", ".join(one.name for one in view.columns)
        connection.execute(f"SELECT {names} FROM (SELECT {', '.join(f'1 AS {one.name}' for one in view.columns)})")


def test_a_quote_in_a_comment_is_no_end_of_it():
    """SQL doubles it."""
    column = Column(name="a", description="It's", unit="bank's")
    view = View(
        name="v",
        description="A's",
        columns=(column,),
        reads=(),
        sql="SELECT 1 AS a",
        question="",
        example="FROM aleta.v",
    )
    with opened({}, [view]) as warehouse:
        assert warehouse.execute("SELECT comment FROM duckdb_views() WHERE view_name = 'v'").fetchone() == ("A's.",)
        assert warehouse.execute("SELECT comment FROM duckdb_columns() WHERE table_name = 'v'").fetchone() == (
            "It's [bank's]",
        )


# -- account_tree


def test_the_tree_has_a_row_for_every_account_also_where_something_above_is_missing():
    """An account whose legal entity or client is not known is not lost."""
    found = rows(
        "SELECT account_id, legal_entity_id, legal_entity_name, client_id, client_name, top_client_name "
        "FROM aleta.account_tree ORDER BY 1",
        clients=[
            {"id": "c1", "name": "Top"},
            {"id": "c2", "name": "Middle", "parent_id": "c1"},
            {"id": "c3", "name": "Low", "parent_id": "c2"},
        ],
        legal_entities=[{"id": "e3", "name": "E3", "client_id": "c3"}, {"id": "e9", "name": "E9", "client_id": "c9"}],
        accounts=[
            {"id": "a1", "legal_entity_id": "e3"},
            {"id": "a2", "legal_entity_id": "e9"},
            {"id": "a3", "legal_entity_id": "e8"},
            {"id": "a4"},
        ],
    )

    assert found == [
        ("a1", "e3", "E3", "c3", "Low", "Top"),
        ("a2", "e9", "E9", "c9", None, None),
        ("a3", "e8", None, None, None, None),
        ("a4", None, None, None, None, None),
    ]


def test_a_parent_that_is_not_known_leaves_the_client_at_the_top():
    """The highest that is known counts."""
    assert rows(
        "SELECT top_client_id FROM aleta.account_tree",
        clients=[{"id": "c1", "parent_id": "c0"}],
        legal_entities=[{"id": "e1", "client_id": "c1"}],
        accounts=[{"id": "a1", "legal_entity_id": "e1"}],
    ) == [("c1",)]


def test_clients_in_a_circle_do_not_hang_the_tree():
    """Each account is still there once."""
    found = rows(
        "SELECT account_id, client_id FROM aleta.account_tree",
        clients=[{"id": "c1", "parent_id": "c2"}, {"id": "c2", "parent_id": "c1"}],
        legal_entities=[{"id": "e1", "client_id": "c1"}],
        accounts=[{"id": "a1", "legal_entity_id": "e1"}],
    )

    assert found == [("a1", "c1")]


def test_a_removed_account_is_there_with_its_time():
    """Its transactions are too, so the tree must not lose it."""
    assert rows(
        "SELECT account_id, removed_at = TIMESTAMPTZ '2026-01-02 03:00:00+00' FROM aleta.account_tree",
        accounts=[{"id": "a1", "removed_at": "2026-01-02 03:00:00+00"}],
    ) == [("a1", True)]


# -- cash

TWO = [{"id": "a1", "ccy_code": "EUR"}, {"id": "a2", "ccy_code": "DKK"}]


def _paid(own_id, day, amount, account="a1", **more):
    return {"id": own_id, "account_id": account, "trade_date": day, "value_date": day, "account_amount": amount} | more


def test_an_exchange_moves_both_accounts_each_in_its_own_currency():
    """fx-spot rows have no account_id, and two legs."""
    spot = {
        "id": "t1",
        "type": "fx-spot-transaction",
        "inflow_account_id": "a2",
        "inflow_account_amount": "745.5",
        "outflow_account_id": "a1",
        "outflow_account_amount": "-100",
        "trade_date": "2026-03-30",
        "value_date": "2026-04-01",
    }

    found = rows(
        "SELECT transaction_id, leg, account_id, ccy_code, date, amount, internal FROM aleta.cash_movements ORDER BY 2",
        accounts=TWO,
        transactions=[spot],
    )

    assert found == [
        ("t1", "inflow", "a2", "DKK", date(2026, 4, 1), D("745.5"), True),
        ("t1", "outflow", "a1", "EUR", date(2026, 4, 1), D(-100), True),
    ]


def test_an_exchange_with_one_account_unknown_moves_the_other():
    """The other side is with somebody else: not internal."""
    spot = {"id": "t1", "inflow_account_id": "a2", "inflow_account_amount": "7", "outflow_account_amount": "-1"}

    found = rows("SELECT account_id, amount, internal FROM aleta.cash_movements", accounts=TWO, transactions=[spot])

    assert found == [("a2", D(7), False)]


def test_a_balance_runs_day_by_day_and_to_the_last_digit():
    """Two movements of a day are one row; 0.1 and 0.2 are 0.3; a decimal of the twelfth place is not lost."""
    found = rows(
        "SELECT date, movements, change, balance FROM aleta.cash_balances ORDER BY date",
        accounts=TWO,
        transactions=[
            _paid("t1", "2026-01-05", "0.1"),
            _paid("t2", "2026-01-05", "0.2"),
            _paid("t3", "2026-01-07", "-1000000000000000000000000.000000000001"),
            _paid("t4", "2026-02-01", "1000000000000000000000000"),
        ],
    )

    assert found == [
        (date(2026, 1, 5), 2, D("0.3"), D("0.3")),
        (
            date(2026, 1, 7),
            1,
            D("-1000000000000000000000000.000000000001"),
            D("-999999999999999999999999.700000000001"),
        ),
        (date(2026, 2, 1), 1, D("1E+24"), D("0.299999999999")),
    ]


def test_cash_moves_on_the_value_date_and_without_one_on_the_trade_date():
    """A trade of March that is paid in April is a flow of April."""
    traded = _paid("t1", "2026-03-31", "5") | {"value_date": "2026-04-02"}
    undated = _paid("t2", "2026-03-31", "7") | {"value_date": None}

    assert rows(
        "SELECT month, net FROM aleta.flows_by_month ORDER BY month", accounts=TWO, transactions=[traded, undated]
    ) == [(date(2026, 3, 1), D(7)), (date(2026, 4, 1), D(5))]


def test_balances_of_two_accounts_do_not_mix():
    """Each runs on its own, and an account that nobody lists has one too."""
    found = rows(
        "SELECT account_id, ccy_code, balance FROM aleta.cash_balances ORDER BY ALL",
        accounts=TWO,
        transactions=[
            _paid("t1", "2026-01-01", "1"),
            _paid("t2", "2026-01-01", "10", account="a2"),
            _paid("t3", "2026-01-01", "100", account="a9"),
        ],
    )

    assert found == [("a1", "EUR", D(1)), ("a2", "DKK", D(10)), ("a9", None, D(100))]


def test_a_movement_without_an_amount_is_counted_and_adds_nothing():
    """A null is no reason for a balance to become null."""
    found = rows(
        "SELECT date, movements, change, balance FROM aleta.cash_balances ORDER BY date",
        accounts=TWO,
        transactions=[_paid("t1", "2026-01-01", "5"), _paid("t2", "2026-01-02", None)],
    )

    assert found == [(date(2026, 1, 1), 1, D(5), D(5)), (date(2026, 1, 2), 1, D(0), D(5))]


def test_flows_tell_in_from_out_and_internal_from_external():
    """A linked transfer is internal on both sides, one that is linked to nothing is not."""
    kind = {"type": "cash-transfer-transaction"}
    found = rows(
        "SELECT account_id, month, type, internal, movements, inflow, outflow, net "
        "FROM aleta.flows_by_month ORDER BY ALL",
        accounts=TWO,
        transactions=[
            _paid("t1", "2026-01-05", "10.5", **kind),
            _paid("t2", "2026-01-31", "-4", **kind),
            _paid("t3", "2026-01-31", "-100", **kind, counterparty_transaction_id="t4"),
            _paid("t4", "2026-02-01", "100", account="a2", **kind, counterparty_transaction_id="t3"),
        ],
    )

    january, february = date(2026, 1, 1), date(2026, 2, 1)
    assert found == [
        ("a1", january, "cash-transfer-transaction", False, 2, D("10.5"), D(-4), D("6.5")),
        ("a1", january, "cash-transfer-transaction", True, 1, D(0), D(-100), D(-100)),
        ("a2", february, "cash-transfer-transaction", True, 1, D(100), D(0), D(100)),
    ]


# -- positions


def _held(entity, day, number, **more):
    one = {
        "row_key": f"{number}",
        "reporting_entity_id": entity,
        "date": day,
        "ccy_code": "EUR",
        "market_value": number,
    }
    return one | {"instrument_id": "i1", "instrument_type": "instrument"} | more


def test_each_reporting_entity_has_its_own_latest_day():
    """One that lags is there with its older day; of a day before there is nothing left, also of what was sold."""
    found = rows(
        "SELECT reporting_entity_id, date, market_value FROM aleta.positions ORDER BY ALL",
        instrument_holdings=[
            _held("r1", "2026-01-01", "1", instrument_id="sold"),
            _held("r1", "2026-01-02", "2"),
            _held("r2", "2026-01-01", "3"),
        ],
        reporting_entities=[{"id": "r1"}],
    )

    assert found == [("r1", date(2026, 1, 2), D(2)), ("r2", date(2026, 1, 1), D(3))]


def test_a_position_of_no_depository_in_two_currencies_is_two_rows():
    """A null depository joins nothing and loses nothing; currencies stay apart."""
    found = rows(
        "SELECT depository_id, depository_name, ccy_code, market_value, instrument_type "
        "FROM aleta.positions ORDER BY ALL",
        instrument_holdings=[_held("r1", "2026-01-02", "1"), _held("r1", "2026-01-02", "7.46", ccy_code="DKK")],
        depositories=[{"id": "d1", "name": "Not this one"}],
    )

    assert found == [(None, None, "DKK", D("7.46"), "instrument"), (None, None, "EUR", D(1), "instrument")]


def test_a_removed_reporting_entity_has_no_positions():
    """Its latest day would stay the latest for ever."""
    assert (
        rows(
            "FROM aleta.positions",
            instrument_holdings=[_held("r1", "2026-01-02", "1")],
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
            _held(
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


# -- performance_monthly


def _earned(day, twr, amount="1", flow=None, ccy="EUR"):
    one = {"row_key": f"{day} {ccy}", "reporting_entity_id": "r1", "date": day, "ccy_code": ccy, "daily_twr": twr}
    return one | {"daily_return": amount, "daily_net_cash_flow": flow}


def test_days_chain_to_the_month():
    """1.1 x 0.9 = 0.99: minus one per cent, where adding would say nothing was lost."""
    found = rows(
        "SELECT month, days, twr, return_amount, net_cash_flow FROM aleta.performance_monthly ORDER BY month",
        performance=[
            _earned("2026-01-30", "0.1", "10", "100"),
            _earned("2026-01-31", "-0.1", "-11"),
            _earned("2026-02-01", "0.5"),
        ],
    )

    assert found == [
        (date(2026, 1, 1), 2, D("-0.01"), D(-1), D(100)),
        (date(2026, 2, 1), 1, D("0.5"), D(1), D(0)),
    ]


def test_a_chain_is_right_to_twelve_decimals():
    """28 days of 0.123456789012 %, against the exact product."""
    share = D("0.00123456789012")

    found = rows(
        "SELECT twr FROM aleta.performance_monthly",
        performance=[_earned(f"2026-02-{day:02}", f"{share:f}") for day in range(1, 29)],
    )

    assert found == [(((1 + round(share, 12)) ** 28 - 1).quantize(D("1E-12")),)]


def test_an_incomplete_month_is_seen():
    """February 2026 has 28 days, of which 20 from Monday to Friday; without weekends it lacks none of these."""
    weekdays = [f"2026-02-{day:02}" for day in range(1, 29) if date(2026, 2, day).isoweekday() < 6]
    wanted = "SELECT days, days_in_month, weekdays_missing, first_date, last_date FROM aleta.performance_monthly"

    whole = rows(wanted, performance=[_earned(day, "0") for day in weekdays])
    every = rows(wanted, performance=[_earned(f"2026-02-{day:02}", "0") for day in range(1, 29)])
    begun = rows(wanted, performance=[_earned(f"2026-02-{day:02}", "0") for day in range(1, 8)])

    assert whole == [(20, 28, 0, date(2026, 2, 2), date(2026, 2, 27))]
    assert every == [(28, 28, 0, date(2026, 2, 1), date(2026, 2, 28))]
    assert begun == [(7, 28, 15, date(2026, 2, 1), date(2026, 2, 7))]


def test_a_day_without_a_return_leaves_the_month_without_one():
    """Leaving it out would chain over a gap without saying so."""
    assert rows(
        "SELECT days, twr FROM aleta.performance_monthly",
        performance=[_earned("2026-02-02", "0.1"), _earned("2026-02-03", None)],
    ) == [(2, None)]


def test_currencies_are_months_of_their_own():
    """An entity that reports in two has two rows a month."""
    found = rows(
        "SELECT ccy_code, days, return_amount FROM aleta.performance_monthly ORDER BY ALL",
        performance=[_earned("2026-02-02", "0.1", "1"), _earned("2026-02-02", "0.1", "7", ccy="DKK")],
    )

    assert found == [("DKK", 1, D(7)), ("EUR", 1, D(1))]


# -- changes_since

DAYS = [f"2026-06-0{day} 02:00:00+00" for day in range(1, 6)]


def _row(own_id, amount, seen=0, changed=0):
    return _paid(own_id, "2026-05-01", amount) | {"first_seen_at": DAYS[seen], "changed_at": DAYS[changed]}


def _step(day, op, before=None, after=None, *, late="false"):
    one = before or after
    return {
        "run_id": f"r{day}",
        "changed_at": DAYS[day],
        "op": op,
        "id": one["id"],
        "late": late,
        "before": as_feed(before) if before else None,
        "after": as_feed(after) if after else None,
    }


def _changed(*steps, now=(), since=DAYS[1]):
    return rows(
        "SELECT id, op, account_amount_before, account_amount_after, columns_changed "
        f"FROM aleta.changes_since('{since}') ORDER BY id",
        transaction_changes=steps,
        transactions=now,
    )


def test_changes_are_those_after_the_moment():
    """What the run of that moment saw is known already: its own steps are stamped with it."""
    old, new = _row("t1", "1"), _row("t1", "2", changed=2)
    known = _row("t2", "7", changed=1)
    steps = _step(2, "modified", old, new), _step(1, "modified", _row("t2", "6"), known)

    assert _changed(*steps, now=[new, known]) == [("t1", "modified", D(1), D(2), ["account_amount"])]


def test_several_steps_are_one_change_from_first_to_last():
    """1 became 2, then 3: from 1 to 3."""
    first, second, third = _row("t1", "1"), _row("t1", "2", changed=2), _row("t1", "3", changed=3)

    found = _changed(_step(3, "modified", second, third), _step(2, "modified", first, second), now=[third])

    assert found == [("t1", "modified", D(1), D(3), ["account_amount"])]


def test_what_came_and_went_or_changed_back_is_no_change():
    """The transactions are what they were."""
    came = _row("t1", "1", seen=2, changed=2)
    first, other, back = _row("t2", "1"), _row("t2", "2", changed=2), _row("t2", "1", changed=3)
    steps = (
        _step(2, "added", after=came),
        _step(3, "removed", came),
        _step(2, "modified", first, other),
        _step(3, "modified", other, back),
    )

    assert _changed(*steps, now=[back]) == []


def test_what_was_modified_and_then_removed_shows_what_it_was():
    """The state at the moment, not that of the removal; and by it the account it was on."""
    first, second = _row("t1", "1"), _row("t1", "2", changed=2)

    assert _changed(_step(2, "modified", first, second), _step(3, "removed", second)) == [
        ("t1", "removed", D(1), None, None)
    ]


def test_what_was_added_and_then_modified_is_added():
    """It was not there at the moment."""
    came, now = _row("t1", "1", seen=2, changed=2), _row("t1", "2", seen=2, changed=3)

    assert _changed(_step(2, "added", after=came), _step(3, "modified", came, now), now=[now]) == [
        ("t1", "added", None, D(2), None)
    ]


def test_a_first_load_after_the_moment_is_added_also_where_it_was_modified_since():
    """The feed does not repeat a first load: first_seen_at tells of it."""
    loaded, before, now = _row("t1", "1", 2, 2), _row("t2", "5", 2, 2), _row("t2", "6", 2, 3)

    found = _changed(_step(3, "modified", before, now), now=[loaded, now])

    assert found == [("t1", "added", None, D(1), None), ("t2", "added", None, D(6), None)]


def test_what_moved_to_another_account_in_one_run_is_modified():
    """The run removes it from one account and adds it on the other, at one and the same time."""
    old, new = _row("t1", "1"), _row("t1", "1", seen=2, changed=2) | {"account_id": "a2"}

    for steps in (
        (_step(2, "removed", old), _step(2, "added", after=new)),
        (_step(2, "added", after=new), _step(2, "removed", old)),
    ):
        assert _changed(*steps, now=[new]) == [("t1", "modified", D(1), D(1), ["account_id"])]


def test_a_moment_before_everything_gives_everything():
    """Who begins with nothing gets all that is there."""
    assert _changed(now=[_row("t1", "1")], since="1970-01-01 00:00:00+00") == [("t1", "added", None, D(1), None)]


def test_before_and_after_are_whole_rows_as_the_feed_has_them():
    """Column by column, numbers as text with their digits; an exchange's two legs too."""
    spot = {
        "id": "t1",
        "type": "fx-spot-transaction",
        "inflow_account_id": "a2",
        "inflow_account_amount": "0.123456789012",
        "outflow_account_id": "a1",
        "outflow_account_amount": "-12345678901234567890123456.1",
        "extra": '{"odd": 1.10}',
        "first_seen_at": DAYS[0],
        "changed_at": DAYS[2],
    }
    was = spot | {"inflow_account_amount": "0.5"}
    with opened({"transactions": [spot], "transaction_changes": [_step(2, "modified", was, spot, late="true")]}) as one:
        found = one.sql(f"FROM aleta.changes_since(TIMESTAMPTZ '{DAYS[1]}')").to_arrow_table().to_pylist()[0]

    assert json.loads(found["after"]) == json.loads(as_feed(spot))
    assert json.loads(found["before"]) == json.loads(as_feed(was))
    assert list(json.loads(found["after"])) == [
        name for name in TRANSACTIONS.names if name not in {"first_seen_at", "changed_at", "row_hash"}
    ]
    assert found["late"] is True
    assert (found["inflow_account_id"], found["outflow_account_id"], found["account_id"]) == ("a2", "a1", None)
    assert (found["inflow_account_amount_before"], found["inflow_account_amount_after"]) == (
        D("0.5"),
        D("0.123456789012"),
    )
    assert found["outflow_account_amount_after"] == D("-12345678901234567890123456.1")


def test_the_example_family_is_consistent_with_its_own_feed():
    """Each change's last `after` is the row that is there now; what was removed is not there."""
    now = {one["id"]: one for one in ROWS["transactions"]}
    for step in ROWS["transaction_changes"]:
        assert (step["id"] in now) is (step["op"] != "removed")
        if step["id"] in now:
            assert json.loads(step["after"]) == json.loads(as_feed(now[step["id"]]))
