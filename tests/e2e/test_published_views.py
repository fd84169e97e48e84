"""The views in the analysts' DuckDB file: made, described, part of the fingerprint, and right on a synced warehouse."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from decimal import Context, Decimal, localcontext
from math import prod

import duckdb
import pytest

from pipelines.publish.publish import publish
from schemas import tables
from schemas.guide import fill, opened
from schemas.table import name_of, sql_type
from schemas.views.example import ROWS
from schemas.views.views import VIEWS
from tests import truth
from tests.e2e.conftest import EVERYTHING

TABLES = tables.TABLES
BOTH = ("duckdb", "parquet")


@pytest.fixture
def store(tmp_path):
    """A private store that holds the example family."""
    file = tmp_path / "store.duckdb"
    with duckdb.connect(file) as connection:
        connection.execute("CREATE SCHEMA aleta")
        for schema in TABLES:
            columns = ", ".join(f'"{column.name}" {sql_type(column)}' for column in schema)
            connection.execute(f"CREATE TABLE aleta.{name_of(schema)} ({columns})")
        fill(connection, ROWS)
    return file


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "acme"


def _opened(folder):
    connection = duckdb.connect(folder / "warehouse.duckdb", read_only=True)
    connection.execute("SET TimeZone = 'UTC'")
    return connection


def _names(folder):
    with _opened(folder) as copy:
        found = copy.execute(
            "SELECT view_name FROM duckdb_views() WHERE NOT internal "
            "UNION ALL SELECT function_name FROM duckdb_functions() WHERE NOT internal"
        ).fetchall()
    return sorted(name for (name,) in found)


def test_every_example_gives_in_the_published_file_what_the_guide_prints(store, folder):
    """The file is opened as an analyst opens it; comments of views and columns are in it."""
    publish(store, folder, formats=["duckdb"], tables=TABLES)

    with _opened(folder) as copy, opened(ROWS) as guide:
        for view in VIEWS:
            assert copy.execute(view.example).fetchall() == guide.execute(view.example).fetchall()
            assert copy.execute(view.example).fetchall() != []
        comments = dict(copy.execute("SELECT view_name, comment FROM duckdb_views() WHERE NOT internal").fetchall())
        macros = copy.execute("SELECT function_name, comment FROM duckdb_functions() WHERE NOT internal").fetchall()
        balance = copy.execute(
            "SELECT comment FROM duckdb_columns() WHERE table_name = 'cash_balances' AND column_name = 'balance'"
        ).fetchone()
    assert comments.keys() == {view.name for view in VIEWS if not view.takes}
    assert all(comments.values())
    assert dict(macros).keys() == {view.name for view in VIEWS if view.takes}
    assert dict(macros)["changes_since"].startswith("How transactions differ from an earlier moment")
    assert balance == ("Balance at the end of the day [account currency]",)


def test_views_work_in_a_file_that_is_attached_under_another_name(store, folder):
    """They name their tables without a database; for the macro, that database must be in use."""
    publish(store, folder, formats=["duckdb"], tables=TABLES)

    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{folder / 'warehouse.duckdb'}' AS another (READ_ONLY)")
        for view in VIEWS:
            if not view.takes:
                connection.execute(f"FROM another.aleta.{view.name}").fetchall()
        connection.execute("USE another")
        assert len(connection.execute("FROM aleta.changes_since('2026-06-01 02:00:00+00')").fetchall()) == 3


def test_a_view_without_its_tables_is_left_out_and_breaks_nothing(store, folder):
    """Also where the store has such a table, of columns that nobody knows."""
    with duckdb.connect(store) as connection:
        connection.execute("CREATE OR REPLACE TABLE aleta.performance AS SELECT 1 AS something_else")
    tables = [schema for schema in TABLES if name_of(schema) not in {"performance", "transaction_changes"}]

    publish(store, folder, formats=["duckdb"], tables=tables)

    gone = {"performance_monthly", "portfolios_monthly", "changes_by_run", "changes_since"}
    assert _names(folder) == sorted({view.name for view in VIEWS} - gone)


def test_a_table_of_the_same_name_goes_before_a_view(store, folder):
    """What a later version loaded is not kept from analysts; what reads the view goes with it."""
    with duckdb.connect(store) as connection:
        connection.execute("CREATE TABLE aleta.cash_movements AS SELECT 1 AS later")

    publish(store, folder, formats=["duckdb"], tables=TABLES)

    gone = {"cash_movements", "cash_balances", "cash_balances_daily", "flows_by_month", "flows_by_category"}
    assert _names(folder) == sorted({view.name for view in VIEWS} - gone)
    with _opened(folder) as copy:
        assert copy.execute("FROM aleta.cash_movements").fetchall() == [(1,)]


def test_views_are_part_of_the_fingerprint(store, folder):
    """A new version with other views writes the DuckDB file again, though no row changed; Parquet has none."""
    publish(store, folder, formats=BOTH, tables=TABLES, views=VIEWS[:-1])
    assert publish(store, folder, formats=BOTH, tables=TABLES, views=VIEWS[:-1]).written == ()

    for changed in (VIEWS, (replace(VIEWS[0], description="Other words"), *VIEWS[1:]), (*VIEWS[1:],)):
        assert publish(store, folder, formats=BOTH, tables=TABLES, views=changed).written == ("duckdb",)
        assert publish(store, folder, formats=BOTH, tables=TABLES, views=changed).written == ()

    parts = {path.name for path in (folder / "parquet" / "current").iterdir()}
    assert parts == {"manifest.json", *map(name_of, TABLES)}


@pytest.mark.long
def test_a_sync_of_everything_gives_every_view_rows_that_add_up(start):
    """Each view has rows; positions and months are what plain Python makes of the tables below them."""
    program = start(computed_days=45, aleta={"resources": ["*"]})
    program.sync()

    assert _names(program.tenant_folder()) == sorted(view.name for view in VIEWS)
    for view in VIEWS:
        of = {"as_of": "(current_date)", "moment": "('1970-01-01 00:00:00+00')", "": ""}[view.takes]
        assert program.rows(f"SELECT 1 FROM aleta.{view.name}{of} LIMIT 1") or view.name == "changes_by_run", view.name
    assert sorted(program.rows("SELECT reporting_entity_id, date, market_value FROM aleta.positions")) == latest(
        program
    )
    assert dict(program.rows(f"SELECT {MONTH}, [days, twr, return_amount] FROM aleta.performance_monthly")) == {
        month: [len(days), *chained(days)] for month, days in months(program).items()
    }


MONTH = "[reporting_entity_id, ccy_code, month::VARCHAR]::VARCHAR"


def latest(program):
    """Of the positions those of each entity's last day."""
    positions = program.rows("SELECT reporting_entity_id, date, market_value FROM aleta.instrument_holdings")
    last = {entity: max(day for owner, day, _ in positions if owner == entity) for entity, *_ in positions}
    return sorted(row for row in positions if row[1] == last[row[0]])


def months(program):
    """Daily returns, as shares and as amounts, by month."""
    found = defaultdict(list)
    by_month = MONTH.replace("month", "date_trunc('month', date)::DATE")
    for month, *day in program.rows(f"SELECT {by_month}, daily_twr, daily_return FROM aleta.performance"):
        found[month].append(day)
    return found


def chained(days):
    """Exactly: twelve decimals of the product, all of the sum."""
    with localcontext(Context(prec=60)):
        twr = prod((1 + share for share, _ in days), start=Decimal(1)) - 1
        return twr.quantize(Decimal("1E-12")), sum(amount for _, amount in days)


def test_balances_and_trees_are_what_the_api_says(synced):
    """Added up from the API's own objects, by code that knows no view: to the last digit, both legs of an exchange."""
    api = synced.box.truth("acme")
    columns = {row[0]: row[1] for row in synced.rows("DESCRIBE aleta.transactions")}
    expected: dict[str, Decimal] = defaultdict(Decimal)
    movements: Counter[str] = Counter()
    with localcontext(Context(prec=60)):
        for said in api.transactions.values():
            row, _ = truth.expectation("transactions", said, columns)
            for leg in ("account", "inflow_account", "outflow_account"):
                if f"{leg}_id" in row:
                    expected[row[f"{leg}_id"]] += row.get(f"{leg}_amount") or 0
                    movements[row[f"{leg}_id"]] += 1

    balances = synced.rows("SELECT account_id, arg_max(balance, date) FROM aleta.cash_balances GROUP BY 1")
    flows = synced.rows("SELECT account_id, sum(net) FROM aleta.flows_by_month GROUP BY 1")
    counted = synced.rows("SELECT account_id, count(*) FROM aleta.cash_movements GROUP BY 1")

    assert dict(balances) == dict(flows) == expected
    assert dict(counted) == movements
    assert {row[0] for row in synced.rows("SELECT account_id FROM aleta.account_tree")} == api.accounts.keys()


@pytest.mark.long
def test_changes_since_a_run_are_what_two_later_ones_saw_together(start_synced):
    """The moment is the beginning of the run, as the guide says; what is before and after is the API's, net."""
    program = start_synced(look_back_days=EVERYTHING)
    (since,) = program.column("SELECT max(started_at)::VARCHAR FROM aleta.sync_runs")
    before = program.box.truth("acme").transactions

    for night in (1, 2):
        program.box.mutate_night("acme", night, late=0.03, edited=0.05, deleted=0.03)
        program.sync()

    after = program.box.truth("acme").transactions
    found = program.rows(f"SELECT id, op FROM aleta.changes_since('{since}')")
    assert dict(found) == {
        **dict.fromkeys(after.keys() - before.keys(), "added"),
        **dict.fromkeys(before.keys() - after.keys(), "removed"),
        **dict.fromkeys(
            (row_id for row_id in before.keys() & after.keys() if before[row_id] != after[row_id]), "modified"
        ),
    }
    assert len(dict(found)) == len(found)
    steps = "SELECT run_id, op, count(*) FROM aleta.{} GROUP BY ALL ORDER BY ALL"
    assert program.rows(steps.format("changes_by_run")) == program.rows(steps.format("transaction_changes"))
    assert {op for _, op in found} == {"added", "modified", "removed"}
