"""A program that is run to its end, or stopped and waited for."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from pipelines.invocation.stdout import discard_the_rest
from pipelines.orchestration import process

FULL = Path("/dev/full")
TALKS = "import sys; print('{}'); print('x ERROR   log: no room', file=sys.stderr); print('y INFO z', file=sys.stderr)"
TIDIES = """
import os, pathlib, signal, sys, time
def stop(number, frame):
    time.sleep(0.3)
    pathlib.Path(sys.argv[1]).write_text("tidied")
    sys.exit(143)
signal.signal(signal.SIGTERM, stop)
os.kill(os.getppid(), signal.SIGUSR1)
time.sleep(60)
"""


class InterruptedByOperatorError(BaseException):
    """As Dagster's, no `Exception`."""


def test_its_report_its_exit_and_its_errors_are_kept(capfd):
    """And its log goes where ours goes, as it comes."""
    ended = process.run([sys.executable, "-c", f"{TALKS}; sys.exit(4)"])

    assert (ended.exit, ended.out) == (4, b"{}\n")
    assert list(ended.errors) == ["x ERROR   log: no room"]
    assert "y INFO z" in capfd.readouterr().err


@pytest.mark.skipif(not FULL.exists(), reason="the system has no /dev/full")
@pytest.mark.parametrize("lost", ["full", "closed"])
def test_a_log_that_cannot_be_passed_on_leaves_the_run_as_it_is(monkeypatch, lost):
    """Its last word and its errors are there all the same."""
    with FULL.open("w", buffering=1) as full:
        monkeypatch.setattr(sys, "stderr", full if lost == "full" else None)
        ended = process.run([sys.executable, "-c", f"{TALKS}; sys.exit(4)"])
        discard_the_rest(full)

    assert (ended.exit, ended.out) == (4, b"{}\n")
    assert list(ended.errors) == ["x ERROR   log: no room"]


def test_a_report_larger_than_a_pipe_holds_does_not_block_it():
    ended = process.run([sys.executable, "-c", "print('x' * 1_000_000)"])

    assert (ended.exit, len(ended.out)) == (0, 1_000_001)


def test_what_interrupts_the_waiting_stops_it_by_sigterm_and_waits(tmp_path):
    """C1: it has the time to commit; its last word is there before the exception goes on."""
    tidied = tmp_path / "tidied"

    def interrupt(number, frame):
        raise InterruptedByOperatorError

    before = signal.signal(signal.SIGUSR1, interrupt)
    try:
        with pytest.raises(InterruptedByOperatorError):
            process.run([sys.executable, "-c", TIDIES, f"{tidied}"])
    finally:
        signal.signal(signal.SIGUSR1, before)

    assert tidied.read_text() == "tidied"


def test_the_command_is_the_contract_s():
    """`aleta-sync --config DIR sync TENANT --json`, by the program beside this Python."""
    program, *words = process.sync_command(Path("/etc/aleta/config"), "acme")

    assert words == ["--config", "/etc/aleta/config", "sync", "acme", "--json"]
    assert Path(program).name == "aleta-sync"
    assert os.access(program, os.X_OK)
