"""What the analysts get: two copies that say the same, and that nobody waits for (rule C4)."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb
import pytest

from tests.e2e.program import Program

COUNT = """
import select, sys, time, duckdb

def count(db):
    return db.execute("SELECT count(*) FROM aleta.transactions").fetchone()[0]
"""
KEEPS_OPEN = f"""{COUNT}
with duckdb.connect(sys.argv[1], read_only=True) as db:
    print(count(db), flush=True)
    sys.stdin.read()
    print(count(db), flush=True)
"""
OPENS_AGAIN = f"""{COUNT}
counts = set()
while not select.select([sys.stdin], [], [], 0)[0]:
    with duckdb.connect(sys.argv[1], read_only=True) as db:
        counts.add(count(db))
    time.sleep(0.02)
print(*sorted(counts))
"""


@contextmanager
def reader(program: Program, script: str) -> Iterator[subprocess.Popen[str]]:
    """An analyst's process that reads the DuckDB copy until its input ends."""
    command = [sys.executable, "-c", script, f"{program.warehouse()}"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def parquet(program: Program, table: str) -> str:
    return f"read_parquet('{program.tenant_folder() / 'parquet' / 'current' / table}/*.parquet')"


@pytest.fixture
def both(start_synced) -> Program:
    return start_synced(publish=["duckdb", "parquet"])


def test_parquet_says_what_duckdb_says(both):
    """Every table, row for row, after a night of changes."""
    both.box.mutate_night("acme", 1, late=0.05, edited=0.05, deleted=0.02, within_days=25)
    both.sync()

    with duckdb.connect(f"{both.warehouse()}", read_only=True) as connection:
        tables = [row[0] for row in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()]
        for table in tables:
            copies = [f"SELECT COLUMNS(*)::VARCHAR FROM {copy}" for copy in (f"aleta.{table}", parquet(both, table))]
            for left, right in (copies, copies[::-1]):
                assert connection.execute(f"{left} EXCEPT ALL {right}").fetchall() == [], table
    assert both.differences() == []


def test_a_copy_can_be_left_out(start_synced):
    """`publish = []` writes none; what is committed is there for `publish` later."""
    program = start_synced(publish=["parquet"])
    program.warehouse().unlink()

    program.sync()

    assert not program.warehouse().exists()
    assert duckdb.sql(f"SELECT count(*) FROM {parquet(program, 'transactions')}").fetchall() == [
        (len(program.box.truth("acme").transactions),)
    ]


def test_a_night_that_ends_early_publishes_what_it_committed_in_any_format(start):
    """Also where there is no DuckDB file, which the report does not name then."""
    program = start(aleta={"publish": ["parquet"], "workers": 1})
    place = f"{program.tenant_folder() / 'parquet' / 'current'}"
    assert f"warehouse: {place}" in program.run("sync", "acme").out
    program.box.requests.clear()
    program.sync()
    asked = [each.query["accountId"] for each in program.box.requests if "accountId" in each.query]
    for account in set(asked):
        program.box.mutate("acme", "late", account=account, date=f"{program.box.settings.today}", count=3)
    crawled = sum(each.path.startswith("/api/") for each in program.box.requests) - len(asked)
    program.box.faults.script("401", after=crawled + len(asked) - 2, times=10**6)

    ended = program.sync(expect=3)

    committed = "SELECT count(*) FROM store.aleta.transactions"
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{program.tenant_folder() / 'private' / 'store.duckdb'}' AS store (READ_ONLY)")
        published = f"SELECT count(*) FROM {parquet(program, 'transactions')}"
        assert connection.execute(published).fetchall() == connection.execute(committed).fetchall()
    assert ended.counts()["added"] > 0


def test_a_copy_that_is_no_longer_asked_for_is_named(start_synced):
    """It is as old as the last run that wrote it: by every later run, and by `check`."""
    program = start_synced(publish=["parquet"])

    warnings = program.sync().tenant()["warnings"]
    checks = program.run("check", "acme", "--json").out

    assert f"{program.warehouse()} is no longer written" in " ".join(warnings)
    assert f"{program.warehouse()} is no longer written" in checks


def test_a_reader_that_holds_the_old_copy_open_keeps_it_and_hinders_no_sync_c4(synced):
    """C4: who opened yesterday's state sees it to the end; who opens now sees today's."""
    yesterday = len(synced.box.truth("acme").transactions)
    with reader(synced, KEEPS_OPEN) as analyst:
        assert analyst.stdout.readline() == f"{yesterday}\n"
        synced.box.mutate("acme", "late", count=7, within_days=20)

        synced.sync()

        assert analyst.communicate("")[0] == f"{yesterday}\n"
    assert synced.column("SELECT count(*) FROM aleta.transactions") == [yesterday + 7]


@pytest.mark.long
def test_readers_never_find_half_a_copy_c4(synced):
    """C4: while two syncs publish, a reader that opens the file again and again finds whole states only."""
    yesterday = len(synced.box.truth("acme").transactions)
    with reader(synced, OPENS_AGAIN) as analyst:
        for _ in range(2):
            synced.box.mutate("acme", "late", count=5, within_days=20)
            synced.sync()

        out, err = analyst.communicate("stop")

    assert err == ""
    assert set(map(int, out.split())) <= {yesterday, yesterday + 5, yesterday + 10}


def test_publish_writes_the_copies_again_from_what_is_committed(both):
    """The `publish` command sends no request and brings back what was lost."""
    both.warehouse().unlink()

    ended = both.run("publish")

    assert ended.exit == 0
    assert f"{both.warehouse()} written" in ended.out
    assert both.differences() == []
    assert both.box.requests == []


def test_publish_before_the_first_sync_says_that_there_is_nothing(program):
    """Exit 1, in words."""
    ended = program.run("publish")

    assert ended.exit == 1
    assert "nothing" in ended.err


@pytest.mark.long
def test_selected_resources_bring_their_parents_and_nothing_else(start):
    """`resources = ["accounts"]`: clients and legal entities come along; nothing else is asked for."""
    program = start(aleta={"resources": ["accounts"]})

    ended = program.sync()

    truth = program.box.truth("acme")
    assert ended.tenant()["resources"].keys() == {"clients", "legal_entities", "accounts"}
    asked = {request.path.rsplit("/", 1)[-1] for request in program.box.requests if request.path.startswith("/api/")}
    assert asked == {"clients", "legal-entities", "accounts"}
    for table in ("clients", "legal_entities", "accounts"):
        assert set(program.column(f"SELECT id FROM aleta.{table}")) == set(getattr(truth, table))
    assert program.column("SELECT count(*) FROM aleta.transactions") == [0]


def test_what_is_selected_no_longer_stays_as_it_was(start_synced):
    """A narrower selection reads less and removes nothing."""
    program = start_synced(resources=["accounts"])

    program.sync()

    assert program.differences() == []
