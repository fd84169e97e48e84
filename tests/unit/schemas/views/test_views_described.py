"""What the views say of themselves: what they read, in which order, in which units."""

from __future__ import annotations

import re

import duckdb

from schemas.guide import opened
from schemas.views.view import Column, View, possible
from schemas.views.views import VIEWS
from tests.unit.schemas.views.memory import TABLES, each_view


@each_view
def test_a_view_says_what_it_reads(view):
    """What is published where tables are missing is decided by this."""
    assert set(re.findall(r"aleta\.(\w+)", view.sql)) == set(view.reads)
    assert f"aleta.{view.name}" in view.example


def test_views_come_after_those_they_read_and_hide_no_table():
    """All of them are possible where all tables are."""
    names = [view.name for view in VIEWS]

    assert possible(VIEWS, TABLES) == list(VIEWS)
    assert len(set(names)) == len(names)
    assert not TABLES.intersection(names)


def test_a_view_without_its_tables_is_left_out_and_so_is_what_reads_it():
    """cash_balances reads cash_movements, which reads accounts."""
    left = {view.name for view in VIEWS} - {view.name for view in possible(VIEWS, TABLES - {"accounts"})}

    cash = {"cash_movements", "cash_balances", "cash_balances_daily", "flows_by_month", "flows_by_category"}
    assert left == {"account_tree", *cash}
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

    assert [row[0] for row in found] == [column.name for column in view.columns]
    assert said == [(" ".join((f"{view.description}.", *view.notes)),)]
    assert dict(columns) == ({} if view.takes else {column.name: column.comment for column in view.columns})


@each_view
def test_every_amount_has_a_unit(view):
    """An amount without its currency is no amount, and a number of days is a count."""
    with opened({}) as warehouse:
        source = f"aleta.{view.name}(now())" if view.takes else f"aleta.{view.name}"
        kinds = {row[0]: row[1] for row in warehouse.execute(f"DESCRIBE FROM {source}").fetchall()}
    assert [
        column.name
        for column in view.columns
        if re.match("DECIMAL|BIGINT|DATE|TIMESTAMP", kinds[column.name]) and not column.unit
    ] == []
    assert "DOUBLE" not in kinds.values()


@each_view
def test_columns_need_no_quotes(view):
    """What analysts write every day."""
    with duckdb.connect() as connection:
        names = ", ".join(column.name for column in view.columns)
        connection.execute(
            f"SELECT {names} FROM (SELECT {', '.join(f'1 AS {column.name}' for column in view.columns)})"
        )


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
