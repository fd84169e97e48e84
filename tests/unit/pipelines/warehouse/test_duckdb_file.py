"""The file that a run holds open, and what is freed meanwhile."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from pipelines.run.errors.failures import as_problem
from pipelines.warehouse.duckdb.file import LONGEST_LOOK_S, ROW_GROUP, OpenDatabase, attached
from tests.fakes import FakeClock


def test_arrow_keeps_no_allocator_of_its_own() -> None:
    """In a process that begins with a command, all that Arrow allocates comes from the system."""
    script = "import pipelines.cli; import pyarrow; print(pyarrow.default_memory_pool().backend_name)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "system"


def rows(connection: duckdb.DuckDBPyConnection) -> list[tuple[int]]:
    return connection.execute("SELECT count(*) FROM store.main.kept").fetchall()


def test_all_connections_of_a_process_share_one_database(tmp_path: Path) -> None:
    """What one commits the other sees; when the last is closed, all is in the file and anybody may open it."""
    file = tmp_path / "store.duckdb"
    with attached(file) as first, attached(file) as second:
        first.execute("CREATE TABLE kept AS SELECT 1 AS id")
        assert rows(second) == [(1,)]
    assert not file.with_name("store.duckdb.wal").exists()
    with duckdb.connect(f"{file}", read_only=True) as reader:
        assert reader.execute("FROM kept").fetchall() == [(1,)]


def test_what_is_held_is_bounded_for_all_c5(tmp_path: Path) -> None:
    """C5: the limit holds for connections that dlt opens, too."""
    database = OpenDatabase(tmp_path / "store.duckdb")
    database.take()
    with attached(tmp_path / "store.duckdb") as other:
        assert other.execute("SELECT current_setting('memory_limit')").fetchall() == [("122.0 MiB",)]
    database.close()


def test_before_there_is_a_file_an_empty_database_stands_for_it(tmp_path: Path) -> None:
    """It is bounded, too, and makes no file; what one look leaves there the next does not see."""
    file = tmp_path / "store.duckdb"
    database = OpenDatabase(file)
    database.expect()
    with database.cursor() as first:
        first.execute("CREATE TEMP TABLE looked AS SELECT 1")
    with database.cursor() as second:
        assert second.execute("SELECT count(*) FROM duckdb_tables()").fetchall() == [(0,)]
        assert second.execute("SELECT current_setting('memory_limit')").fetchall() == [("122.0 MiB",)]
        assert second.execute("SELECT current_setting('TimeZone')").fetchall() == [("UTC",)]
    assert not database
    assert not file.exists()

    database.take()

    assert not database.expected
    with database.cursor() as third:
        third.execute("CREATE TABLE kept AS SELECT 1 AS id")
        assert rows(third) == [(1,)]
    database.close()


def test_row_groups_that_are_full_are_written_once(tmp_path: Path) -> None:
    """They go to the file, not to the log first; with DuckDB's usual size of a group all of them would."""
    file, log = tmp_path / "store.duckdb", tmp_path / "store.duckdb.wal"
    with attached(file) as connection:
        connection.execute("CREATE TABLE kept (id VARCHAR)")
        connection.execute(f"INSERT INTO kept SELECT md5(range::VARCHAR) FROM range({2 * ROW_GROUP})")
        assert rows(connection) == [(2 * ROW_GROUP,)]
        assert log.stat().st_size < 100_000
        assert file.stat().st_size > 1_000_000


LOOK = """
import sys, duckdb
with duckdb.connect(sys.argv[1], read_only=True):
    print("looks", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def looked_at(tmp_path: Path) -> Iterator[tuple[Path, subprocess.Popen[str]]]:
    """A file that another process looks into until it is killed."""
    file = tmp_path / "store.duckdb"
    attached(file).close()
    argv, pipe = [sys.executable, "-c", LOOK, f"{file}"], subprocess.PIPE
    with subprocess.Popen(argv, stdin=pipe, stdout=pipe, text=True) as other:
        assert other.stdout.readline() == "looks\n"
        yield file, other
        other.kill()


def test_who_only_looks_is_waited_for_c4(looked_at: tuple[Path, subprocess.Popen[str]]) -> None:
    """C4: a scrape of `status`, `plan`: it is opened as soon as they are done."""
    file, other = looked_at

    class Moving(FakeClock):
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            if len(self.waits) == 3:
                other.kill()
                other.wait()

    clock = Moving()
    with attached(file, clock=clock) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS id")
    assert len(clock.waits) == 3


def test_who_looks_for_long_is_named(looked_at: tuple[Path, subprocess.Popen[str]]) -> None:
    """C4, F6: the wait has a bound; then it is said which process has the file, and that is no defect."""
    file, other = looked_at
    clock = FakeClock()
    with pytest.raises(duckdb.IOException) as refused:
        attached(file, clock=clock)
    assert LONGEST_LOOK_S <= clock.monotonic() < LONGEST_LOOK_S + 1
    problem = as_problem(refused.value)
    assert problem.code == "in_use"
    assert all(word in problem.message for word in (f"{file}", f"(PID {other.pid})", "wait for that process"))
    assert "read-only" not in problem.message
