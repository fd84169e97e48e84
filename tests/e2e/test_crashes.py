"""Stopped politely, or killed at any instant: what is committed is whole, and the next run ends exact (rule C1)."""

from __future__ import annotations

import signal
import subprocess
import time
from random import Random

import pytest

from tests.e2e.program import Program, Running
from tests.lengths import long_but

TWICE = """
    SELECT run_id, resource, parent_id, from_date, to_date, status FROM aleta.sync_windows
    GROUP BY ALL HAVING count(*) > 1"""


def wait_until_reading(program: Program, answers: int) -> None:
    """Until the server gave so many answers about transactions."""
    while sum(request.path.endswith("/transactions") for request in list(program.box.requests)) < answers:
        time.sleep(0.01)


def wait_for_requests(program: Program) -> None:
    while not program.box.requests:
        time.sleep(0.01)


@pytest.mark.parametrize(
    ("number", "code"),
    long_but(
        {"SIGTERM"},
        [pytest.param(signal.SIGTERM, 143, id="SIGTERM"), pytest.param(signal.SIGINT, 130, id="SIGINT")],
    ),
)
def test_a_signal_stops_a_run_after_what_it_read_is_committed(start, number, code):
    """Exit 143 or 130; what was read is in the analyst's copy, and the next run goes on and ends exact."""
    program = start(latency_s=0.2)
    running = program.start("sync", "--json")
    wait_until_reading(program, 10)
    running.send_signal(number)

    ended = program.end(running)

    assert ended.exit == code
    assert ended.tenant()["status"] == "partial"
    assert [error["code"] for error in ended.errors()] == ["stopped"]
    truth = program.box.truth("acme").transactions
    stored = program.column("SELECT id FROM aleta.transactions")
    assert 0 < len(stored) < len(truth)
    assert ended.counts()["added"] == len(stored)
    assert set(stored) < set(truth)
    assert program.column("SELECT status FROM aleta.sync_runs") == ["stopped"]

    program.box.set(latency_s=0)
    program.sync()

    assert program.differences() == []


def test_a_signal_while_objects_are_read_stops_at_once(start):
    """There is nothing to commit yet; the next run begins anew."""
    program = start(latency_s=0.5)
    running = program.start("sync", "--json")
    wait_for_requests(program)
    running.send_signal(signal.SIGTERM)

    assert program.end(running).exit == 143

    program.box.set(latency_s=0)
    program.sync()
    assert program.differences() == []


def test_a_second_signal_ends_a_run_at_once_and_says_what_is_lost(start):
    """What was not committed, and nothing else."""
    program = start(latency_s=2)
    running = program.start("sync", "--json")
    wait_for_requests(program)
    running.send_signal(signal.SIGTERM)
    time.sleep(0.3)
    running.send_signal(signal.SIGTERM)

    ended = program.end(running)

    assert (ended.exit, ended.out) == (-signal.SIGTERM, "")
    assert "SIGTERM came twice: what was not committed is read again by the next run" in ended.err


def test_a_signal_stops_a_verification_which_has_changed_nothing(start):
    program = start()
    program.sync()
    program.box.set(latency_s=0.5)
    program.box.requests.clear()
    running = program.start("verify", "--all", "--json")
    wait_for_requests(program)
    running.send_signal(signal.SIGINT)

    ended = program.end(running)

    assert ended.exit == 130
    [error] = ended.tenant()["errors"]
    assert (error["code"], error["message"]) == ("stopped", "stopped on request; nothing was changed")
    assert "committed" not in ended.err


def test_a_signal_ends_a_wait_for_the_budget(start):
    """A run that waits for its budget does not keep the operator waiting."""
    program = start(aleta={"requests_per_minute": 1, "burst": 2})
    running = program.start("sync", "--json")
    wait_for_requests(program)
    time.sleep(1)
    running.send_signal(signal.SIGINT)

    assert program.end(running, timeout_s=60).exit == 130


def test_killed_at_any_instant_and_run_again_it_is_exact_c1(start):
    """C1: kill -9 at random instants, then one run to its end: exact, and no receipt twice."""
    program = start(rows=400, latency_s=0.05, aleta={"publish": ["duckdb", "parquet"]})
    rng = Random(1)
    for _ in range(5):
        running = program.start("sync")
        _kill_after(running, rng.uniform(0.1, 2.3))

    program.box.set(latency_s=0)
    program.sync()

    assert program.differences() == []
    assert program.rows(TWICE) == []


@pytest.mark.long
def test_killed_while_the_night_s_changes_are_loaded_it_is_exact_c1(synced):
    """C1: the same for a second sync; no change is in the feed twice."""
    before = synced.box.truth("acme").transactions
    synced.box.mutate_night("acme", 4, late=0.05, edited=0.05, deleted=0.02, within_days=25)
    now = synced.box.truth("acme").transactions
    rng = Random(4)
    for _ in range(4):
        running = synced.start("sync")
        wait_for_requests(synced)
        _kill_after(running, rng.uniform(0.0, 1.5))
        synced.box.reset_requests()

    synced.sync()

    assert synced.differences() == []
    assert synced.rows(TWICE) == []
    feed = synced.rows("SELECT op, id FROM aleta.transaction_changes")
    assert len(feed) == len(set(feed))
    assert {row_id for op, row_id in feed if op == "added"} == now.keys() - before.keys()
    assert {row_id for op, row_id in feed if op == "removed"} == before.keys() - now.keys()


def test_the_lock_of_a_killed_run_is_free_c2(start):
    """C2: the lock dies with its process."""
    program = start(latency_s=0.2)
    running = program.start("sync")
    wait_until_reading(program, 1)
    _kill_after(running, 0)
    program.box.set(latency_s=0)

    program.sync()

    assert program.differences() == []


def _kill_after(process: Running, seconds: float) -> None:
    """SIGKILL, unless it ended by itself before."""
    try:
        process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
    process.communicate()
