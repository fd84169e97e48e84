"""The file that a run holds open, and what is freed meanwhile."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import duckdb

from pipelines.warehouse.duckdb.file import ROW_GROUP, OpenDatabase, attached


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


def test_row_groups_that_are_full_are_written_once(tmp_path: Path) -> None:
    """They go to the file, not to the log first; with DuckDB's usual size of a group all of them would."""
    file, log = tmp_path / "store.duckdb", tmp_path / "store.duckdb.wal"
    with attached(file) as connection:
        connection.execute("CREATE TABLE kept (id VARCHAR)")
        connection.execute(f"INSERT INTO kept SELECT md5(range::VARCHAR) FROM range({2 * ROW_GROUP})")
        assert rows(connection) == [(2 * ROW_GROUP,)]
        assert log.stat().st_size < 100_000
        assert file.stat().st_size > 1_000_000
