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


def test_an_analyst_who_opened_the_copy_for_writing_is_no_fault_c4(synced):
    """C4: DuckDB opens so unless it is told otherwise; the last runs are known, and what the copy holds is later."""
    page = synced.folder / "page.html"

    with opened(synced.warehouse(), "writes", for_s=60.0) as analyst:
        status, check = synced.run("status", "--json", "--max-age", "26"), synced.run("check")
        text = synced.run("status").out
        report = synced.run("report", "--html", f"{page}")

    found = status.tenant()
    assert (status.exit, check.exit, report.exit) == (0, 0, 0), status.out + check.out + report.err
    assert (found["attention"], "error" in found, bool(found["fresh_at"])) == ("", False, True)
    assert f"(PID {analyst.pid}): what it holds is shown again" in found["in_use"]
    assert "is open for writing in" in text
    assert "is open for writing in" in page.read_text(encoding="utf-8")


def test_status_and_check_find_nothing_wrong_where_a_run_has_the_store(start_synced):
    """In the instant in which a run began after they saw that none was there."""
    program = start_synced(publish=["parquet"])
    program.run("publish")

    with opened(store_file(program.tenant_folder()), "runs", for_s=60.0):
        status, check = program.run("status", "--json"), program.run("check")

    assert (status.exit, check.exit) == (0, 0), status.out + check.out
    assert "error" not in status.tenant()
    assert "warehouse  not looked at while a run holds the lock" in check.out
