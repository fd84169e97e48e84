"""What a warehouse forgets: receipts that prove nothing any more, and dlt's copies of what is loaded."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from random import Random

import duckdb
import pytest

from pipelines.warehouse.destinations.sqlalchemy import SQLITE
from pipelines.warehouse.pipeline.retention import superseded_sql

NOW = datetime(2026, 3, 1, 2, tzinfo=UTC)
DAY = date(2026, 1, 1)
Receipt = tuple[int, str, str, int, int, str]  # run, resource, parent, first and last day, status


@pytest.fixture
def sql() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE windows (run_id VARCHAR, resource VARCHAR, parent_id VARCHAR, from_date DATE, to_date DATE, "
            "status VARCHAR, fetched_at TIMESTAMPTZ)"
        )
        yield connection


def read(sql: duckdb.DuckDBPyConnection, *receipts: Receipt) -> None:
    """Receipts of runs, one a day, the first of them a thousand days ago."""
    for run, resource, parent, first, last, status in receipts:
        days = [DAY + timedelta(days=day) for day in (first, last)]
        at = NOW - timedelta(days=1000 - run)
        sql.execute("INSERT INTO windows VALUES (?, ?, ?, ?, ?, ?, ?)", [f"{run}", resource, parent, *days, status, at])


def forget(sql: duckdb.DuckDBPyConnection, *, run: int = 1000) -> list[tuple[int, int, str]]:
    """Drop what was read before *run*; run, first day and status of what is left."""
    before = NOW - timedelta(days=1000 - run)
    sql.execute(superseded_sql("windows", day_after="{day} + 1").replace("%s", "?"), [before])
    days = f"from_date - DATE '{DAY}'"
    return sql.execute(f"SELECT run_id::INT, {days}, status FROM windows ORDER BY ALL").fetchall()


def test_what_a_later_run_read_again_is_dropped(sql: duckdb.DuckDBPyConnection) -> None:
    """C7: in one window, or in several that leave no gap between them."""
    read(sql, (1, "t", "a", 0, 90, "complete"), (2, "t", "a", 60, 91, "complete"))
    read(sql, (3, "t", "a", 0, 70, "complete"), (3, "t", "a", 71, 92, "complete"))
    assert forget(sql) == [(3, 0, "complete"), (3, 71, "complete")]


@pytest.mark.parametrize(
    "later",
    [
        pytest.param((2, "t", "a", 1, 90, "complete"), id="a-day-short"),
        pytest.param((2, "t", "b", 0, 90, "complete"), id="another-parent"),
        pytest.param((2, "u", "a", 0, 90, "complete"), id="another-table"),
        pytest.param((2, "t", "a", 0, 90, "quarantined"), id="quarantined"),
        pytest.param((1, "t", "a", 0, 90, "complete"), id="the-same-run"),
    ],
)
def test_what_a_mark_may_rest_on_stays(sql: duckdb.DuckDBPyConnection, later: Receipt) -> None:
    """However old it is."""
    read(sql, (1, "t", "a", 0, 90, "complete"), later)
    assert (1, 0, "complete") in forget(sql)


def test_a_gap_in_the_later_reading_is_no_proof(sql: duckdb.DuckDBPyConnection) -> None:
    """Two windows that reach as far and leave a day out between them do not cover it."""
    read(sql, (1, "t", "a", 0, 90, "complete"))
    read(sql, (2, "t", "a", 0, 44, "complete"), (2, "t", "a", 0, 44, "split"), (2, "t", "a", 46, 90, "complete"))
    assert forget(sql) == [(1, 0, "complete"), (2, 0, "complete"), (2, 46, "complete")]


def test_what_is_not_old_stays(sql: duckdb.DuckDBPyConnection) -> None:
    """Whatever was read again since; also windows that were split."""
    read(sql, (5, "t", "a", 0, 90, "complete"), (5, "t", "a", 0, 99, "split"), (6, "t", "a", 0, 91, "complete"))
    assert len(forget(sql, run=5)) == 3


def test_a_quarantined_day_stays_until_it_is_read(sql: duckdb.DuckDBPyConnection) -> None:
    """`status` shows it as long as nobody read that day."""
    read(sql, (1, "t", "a", 7, 7, "quarantined"), (1, "t", "b", 7, 7, "quarantined"), (2, "t", "b", 0, 9, "complete"))
    assert forget(sql) == [(1, 7, "quarantined"), (2, 0, "complete")]


def test_an_account_with_a_day_over_the_cap_does_not_grow(sql: duckdb.DuckDBPyConnection) -> None:
    """C7: every night reads it around that day; what another night read on one side of it is superseded."""
    for run in range(1, 30):
        read(sql, (run, "t", "a", 0, 44, "complete"), (run, "t", "a", 45, 45, "quarantined"))
        read(sql, (run, "t", "a", 46, 60, "complete"), (run, "t", "a", 61, 90 + run, "complete"))

    left = forget(sql)

    assert left == [(29, 0, "complete"), (29, 45, "quarantined"), (29, 46, "complete"), (29, 61, "complete")]


@pytest.mark.parametrize("seed", range(25))
def test_no_day_loses_its_last_receipt(sql: duckdb.DuckDBPyConnection, seed: int) -> None:
    """Whatever was read in whatever pieces: the days that receipts cover are the same ones afterwards."""
    draw = Random(seed)
    covered = "SELECT DISTINCT parent_id, unnest(generate_series(from_date, to_date, INTERVAL 1 DAY)) FROM windows"
    complete = f"{covered} WHERE status = 'complete' ORDER BY ALL"
    for run in range(12):
        for _ in range(draw.randint(1, 4)):
            first = draw.randint(0, 20)
            status = draw.choice(["complete"] * 4 + ["split", "quarantined"])
            read(sql, (run, "t", draw.choice("ab"), first, first + draw.randint(0, 12), status))
    before = sql.execute(complete).fetchall()
    rows = len(sql.execute("FROM windows").fetchall())

    left = forget(sql, run=draw.randint(3, 12))

    assert sql.execute(complete).fetchall() == before
    assert len(left) < rows


@pytest.mark.parametrize("seed", range(5))
def test_sqlite_drops_the_same_receipts(sql: duckdb.DuckDBPyConnection, seed: int) -> None:
    """What is the next day is the only difference between the two."""
    draw = Random(seed)
    for run in range(12):
        for _ in range(draw.randint(1, 4)):
            first = draw.randint(0, 20)
            status = draw.choice(["complete"] * 4 + ["split", "quarantined"])
            read(sql, (run, "t", draw.choice("ab"), first, first + draw.randint(0, 12), status))
    with closing(sqlite3.connect(":memory:")) as there:
        there.execute("CREATE TABLE windows (run_id, resource, parent_id, from_date, to_date, status, fetched_at)")
        rows = [[SQLITE.bind(value) for value in row] for row in sql.execute("FROM windows").fetchall()]
        there.executemany("INSERT INTO windows VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
        run = draw.randint(3, 12)
        before = SQLITE.bind(NOW - timedelta(days=1000 - run))
        there.execute(superseded_sql("windows", day_after=SQLITE.day_after).replace("%s", "?"), [before])
        left = there.execute("SELECT run_id, from_date, status FROM windows").fetchall()

    forget(sql, run=run)

    kept = sql.execute("SELECT run_id, from_date::VARCHAR, status FROM windows").fetchall()
    assert sorted(left) == sorted(kept)
    assert len(left) < len(rows)
