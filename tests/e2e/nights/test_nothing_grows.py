"""Nights without a change: receipts and a run's row, and nothing else that stays (rule C7)."""

from __future__ import annotations

import os
import re
from collections import Counter

import duckdb
import pytest

from tests.e2e.program import Program

pytestmark = pytest.mark.long

NIGHTS = int(os.environ.get("QUIET_NIGHTS", "10"))
NIGHTLY = re.compile(r"\b(\d{10}\.\d+(?=/)|[0-9a-f]{10}|version-\d+|(?<=_delta_log/).+|00000-[0-9a-f-]{36}-c000)\b")
"""What names have of the night: dlt's packages, versions of Parquet, a Delta table's commits and their files."""
RECEIPTS = re.compile(r"(store|warehouse)\.duckdb$|/sync_(runs|windows)/|runs\.jsonl$|delta\.json$")
"""The files that receipts and runs go into; a Delta table's commits of a week, and the note of which they are."""
A_NIGHT, ALL_NIGHTS = 16 << 10, 1 << 20
"""Bytes: what a night adds to those files, and by how much the blocks of a DuckDB file come and go."""
COUNTED = "SELECT table_name, estimated_size FROM duckdb_tables()"


def files(program: Program) -> dict[str, int]:
    """All that is on the disk, with its size, under names without what differs from night to night."""
    home, found = program.folder / "data", Counter[str]()
    for file in home.rglob("*"):
        if file.is_file():
            found[NIGHTLY.sub("#", f"{file.relative_to(home)}")] += file.stat().st_size
    return found


def stored(program: Program, sql: str) -> list[tuple]:
    with duckdb.connect(f"{program.tenant_folder() / 'private' / 'store.duckdb'}") as connection:
        return connection.execute(sql).fetchall()


def test_quiet_nights_add_receipts_and_nothing_else_c7(start):
    """C7: after the second night the files are the same ones night after night, and no larger but for receipts."""
    program = start(accounts=3, rows=30, aleta={"publish": ["duckdb", "parquet", "delta"]})
    for _ in range(3):
        program.sync()
    before, tables = files(program), dict(stored(program, COUNTED))

    for _ in range(NIGHTS):
        program.sync()

    after, now = files(program), dict(stored(program, COUNTED))
    assert after.keys() == before.keys()
    grown = {name: after[name] - before[name] for name in after if after[name] > before[name]}
    told = {name: size for name, size in grown.items() if RECEIPTS.search(name)}
    assert sum(grown.values()) - sum(told.values()) <= 64  # the lock has the digits of the last process
    assert sum(size for name, size in told.items() if not name.endswith(".duckdb")) <= A_NIGHT * NIGHTS
    assert sum(told.values()) <= A_NIGHT * NIGHTS + ALL_NIGHTS
    assert {name for name in now if now[name] > tables[name]} <= {"sync_windows", "sync_runs", "_dlt_loads"}
    assert now["_dlt_loads"] - tables["_dlt_loads"] <= NIGHTS  # dlt's own row of a run
    assert program.differences() == []


def test_old_receipts_go_and_verify_still_finds_every_mark_proven_c7(start):
    """C7: what was read again since is dropped once it is old, in the store and in the copy; `0` drops nothing."""
    program = start(accounts=3, rows=30, aleta={"reverify_days": 0, "keep_windows_days": 0})
    first = program.sync().tenant()["run_id"]
    stored(program, "UPDATE aleta.sync_windows SET fetched_at = fetched_at - INTERVAL 500 DAY")
    program.sync()
    receipts = f"SELECT count(*) FROM aleta.sync_windows WHERE run_id = '{first}'"
    assert program.column(receipts)[0] > 0

    program.configure(reverify_days=0)
    program.sync()

    assert program.column(receipts) == [0]
    assert program.column("SELECT count(DISTINCT run_id) FROM aleta.sync_windows") == [2]
    assert program.run("verify", "--all", "--json").exit == 0
    assert program.differences() == []


def test_receipts_that_marks_rest_on_stay_however_old_c7(start):
    """C7: without a later reading of the whole history the first load's receipts are all there is to show."""
    program = start(accounts=3, rows=30)
    first = program.sync().tenant()["run_id"]
    before = program.column("SELECT count(*) FROM aleta.sync_windows WHERE status = 'complete'")
    stored(program, "UPDATE aleta.sync_windows SET fetched_at = fetched_at - INTERVAL 500 DAY")

    program.sync()

    kept = f"SELECT count(*) FROM aleta.sync_windows WHERE run_id = '{first}' AND status = 'complete'"
    assert program.column(kept) == before
    assert program.run("verify", "--all", "--json").exit == 0
