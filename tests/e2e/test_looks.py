"""Commands that only look, and a sync at the same time: neither disturbs the other (C4)."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipelines.warehouse.duckdb.file import store_file

OPEN = """
import sys, time, duckdb
with duckdb.connect(sys.argv[1], read_only=sys.argv[2] == "looks"):
    print("open", flush=True)
    time.sleep(float(sys.argv[3]))
"""


@contextmanager
def opened(store: Path, how: str, *, for_s: float) -> Iterator[subprocess.Popen[str]]:
    """Another process has *store* open, as `status` has it that looks into it, or as a run."""
    argv = [sys.executable, "-c", OPEN, f"{store}", how, f"{for_s}"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "open\n"
        try:
            yield other
        finally:
            other.kill()


def test_a_sync_waits_for_who_only_looks(start_synced):
    """A scrape of `status` where no DuckDB copy is made, an analyst's shell: they are over in a moment."""
    program = start_synced(publish=["parquet"])

    with opened(store_file(program.tenant_folder()), "looks", for_s=2.0):
        program.sync()


def test_status_and_check_find_nothing_wrong_where_a_run_has_the_store(start_synced):
    """In the instant in which a run began after they saw that none was there."""
    program = start_synced(publish=["parquet"])
    program.run("publish")

    with opened(store_file(program.tenant_folder()), "runs", for_s=60.0):
        status, check = program.run("status", "--json"), program.run("check")

    assert (status.exit, check.exit) == (0, 0), status.out + check.out
    assert "error" not in status.tenant()
    assert "warehouse  not looked at while a run holds the lock" in check.out
