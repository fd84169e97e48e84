"""`status` after runs that came to nothing: why, since when, and an exit code for a monitor."""

from __future__ import annotations

import json
import stat
import time
from datetime import timedelta

import pytest

from pipelines.run.aftermath import journal
from sources.aleta.clock import SystemClock
from tests.e2e.program import Program


def facts(program: Program) -> dict:
    return json.loads(program.run("status", "--json").out)["tenants"]["acme"]


def test_status_says_why_every_first_load_failed(program):
    """No warehouse is there, and still: how often, since when, why; a private file keeps it."""
    program.rewrite("kid-acme", "kid-acne")
    for _ in range(3):
        program.sync(expect=3)

    shown, known = program.run("status"), facts(program)

    assert shown.out.splitlines()[0] == "1 of 1 tenant needs attention."
    assert "never complete: failed (3 runs since" in " ".join(shown.out.split())
    assert "kid is unknown" in " ".join(shown.out.split())
    assert shown.exit == 0
    assert known["synced"] is False
    assert [run["code"] for run in known["failures"]] == ["auth"] * 3
    assert known["last_run"]["status"] == "failed"
    assert "kid is unknown" in known["last_run"]["reason"]
    assert stat.S_IMODE((program.tenant_folder() / "runs.jsonl").stat().st_mode) == 0o600
    monitored = program.run("status", "--max-age", "26")
    assert monitored.exit == 1
    [line] = [line for line in monitored.err.splitlines() if " ERROR " in line]
    assert "never complete: failed (3 runs since" in line


@pytest.mark.long
def test_status_has_an_exit_code_for_a_monitor(program):
    """`--max-age`: 1 when a tenant never completed or not for so long, with an ERROR line; else 0."""
    never = program.run("status", "--max-age", "26")
    program.sync()
    fresh = program.run("status", "--max-age", "26")
    time.sleep(4)
    old = program.run("status", "--max-age", "0.001")

    assert (never.exit, fresh.exit, old.exit) == (1, 0, 1)
    assert "never synced" in never.out
    assert " ERROR " in never.err
    assert fresh.err == ""
    assert fresh.out.startswith("acme is complete")
    assert "last complete 20" in old.err


def test_status_tells_of_a_run_that_was_killed(start):
    """SIGKILL before the first commit: nothing is in any table, and it is told all the same."""
    program = start(latency_s=0.5)
    running = program.start("sync")
    while not program.box.requests:
        time.sleep(0.02)
    running.kill()
    program.end(running)

    assert [run["code"] for run in facts(program)["failures"]] == ["killed"]
    assert "did not end" in " ".join(program.run("status").out.split())


@pytest.mark.long
def test_a_night_by_a_clock_that_was_ahead_is_over_once_the_next_is_complete(program):
    """M6: `status`, its metrics and the page go by the order of the runs, not by what the clock of one said."""
    program.tenant_folder().mkdir(parents=True)
    ahead = SystemClock().now() + timedelta(days=30)
    entry = journal.Entry(run_id="ahead", kind="sync", started_at=ahead, ended_at=ahead, status="failed", code="clock")
    journal.append(program.tenant_folder(), entry)
    program.sync()

    assert program.run("status").out.startswith("acme is complete")
    metrics = program.run("status", "--format", "prometheus").out
    assert 'aleta_sync_last_run_status{tenant="acme",status="complete"} 1' in metrics
    page = program.folder / "report.html"
    program.run("report", "--html", f"{page}")
    assert "acme is fine" in page.read_text(encoding="utf-8")


@pytest.mark.long
def test_a_sync_of_one_client_ends_no_streak_on_the_page_either(synced):
    """What `serve` does all day proves nothing of the tenant as a whole: `status` and the page say the same."""
    page = synced.folder / "report.html"
    synced.box.faults.script("200_errors", path_contains="transactions", times=10**6)
    synced.sync(expect=4)
    synced.box.faults.clear()
    synced.sync("--client", synced.column("SELECT min(id) FROM aleta.clients")[0])

    synced.run("report", "--html", f"{page}")

    assert synced.run("status").out.startswith("1 of 1 tenant needs attention.")
    assert "acme needs attention" in page.read_text(encoding="utf-8")


def test_status_is_right_where_nothing_is_published(start):
    """`publish = []`: no copy to look into, but a complete run is known."""
    program = start(aleta={"publish": []})
    program.sync()

    assert program.run("status", "--max-age", "1").exit == 0
    assert "last complete run ended" in program.run("status").out


def test_status_for_prometheus_is_metrics_and_nothing_else(synced):
    """Lines of a name, labels and a number; what textfile collectors take."""
    synced.sync()

    ended = synced.run("status", "--format", "prometheus")

    assert ended.exit == 0
    assert 'aleta_sync_last_run_status{tenant="acme",status="complete"} 1' in ended.out
    assert 'aleta_sync_covered_through_timestamp_seconds{tenant="acme",table="transactions"} ' in ended.out
    assert all(line.startswith(("# HELP ", "# TYPE ", "aleta_sync_")) for line in ended.out.splitlines())
    assert json.loads(synced.run("status", "--format", "json").out)["summary"].startswith("acme is complete")


@pytest.mark.parametrize("again", ["sync", "publish"])
def test_a_night_that_could_not_be_published_is_no_complete_one_for_a_monitor(program, again):
    """Its tables, in the copy that could be written, call it complete: they were committed before."""
    program.configure(publish=["duckdb", "parquet"])
    program.tenant_folder().mkdir(parents=True)
    (program.tenant_folder() / "parquet").touch()

    ended = program.run("sync", "--json")

    assert (ended.exit, [error["code"] for error in ended.errors()]) == (1, ["publish"])
    assert program.column("SELECT status FROM aleta.sync_runs") == ["complete"]
    assert program.run("status", "--max-age", "1").exit == 1
    assert "last_complete_timestamp_seconds{" not in program.run("status", "--format", "prometheus").out

    (program.tenant_folder() / "parquet").unlink()
    assert program.run(again).exit == 0

    assert program.run("status", "--max-age", "1").exit == 0
