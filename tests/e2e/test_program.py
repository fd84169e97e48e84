"""The processes of these tests: warm or cold, they are the same program."""

from __future__ import annotations

import json
import os
import signal
import subprocess

import pytest

from tests.e2e.program import Program


@pytest.fixture(params=[pytest.param(False, id="warm"), pytest.param(True, id="cold")])
def either(program: Program, request: pytest.FixtureRequest) -> Program:
    program.cold = request.param
    return program


def facts(program: Program, command: str) -> dict[str, object]:
    """What `check` says, but for numbers that differ each time."""
    program.cold = command == "cold"
    ended = program.run("check", "--json", ALETA__WORKERS="3")
    return {"exit": ended.exit, "err": ended.err, "what": [check["what"] for check in json.loads(ended.out)["checks"]]}


def test_a_warm_process_says_what_a_cold_one_says(program):
    """The same exit code, report and log."""
    assert facts(program, "warm") == facts(program, "cold")


def test_a_process_has_its_own_environment_folder_and_id(either, monkeypatch):
    """What it is given is what it sees; nothing of it stays for the next."""
    first = either.run("sync", "--json", ALETA__WORKERS="many")
    second = either.start("check", config=False, ALETA_SYNC_CONFIG="config")

    assert first.exit == 2
    assert "ALETA__WORKERS" in first.err
    assert second.pid != os.getpid()
    assert either.end(second).exit == 0


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGALRM])
def test_a_process_that_a_signal_ends_says_which(either, number):
    """The exit code is the signal's, negative, as `subprocess` has it."""
    either.box.set(latency_s=0.5)
    running = either.start("sync")
    running.send_signal(number)

    assert running.wait(60) == -number
    assert either.end(running).exit == -number


def test_a_process_that_takes_too_long_is_ended(either):
    """The time it has is kept to; it is not left behind."""
    either.box.set(latency_s=5)
    running = either.start("sync")

    with pytest.raises(subprocess.TimeoutExpired):
        either.end(running, timeout_s=0.3)

    assert running.poll() == -signal.SIGKILL
    with pytest.raises(ProcessLookupError):
        os.kill(running.pid, 0)
