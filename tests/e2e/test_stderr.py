"""A stderr that is closed or cannot be written: the log is lost, the command's work and its exit code are not."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.e2e.program import SCRIPT, Program
from tests.e2e.test_stdout import FULL, closed

IN_PYTHON = """
import sys
from pathlib import Path
from pipelines.run import sync_tenants
sys.stderr = None
print(sync_tenants(Path(sys.argv[1])).status)
"""
BUFFERED = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}


def run(program: Program, redirections: str, *words: str, stderr: int = subprocess.PIPE) -> tuple[int, str]:
    """How the program ended and what it reported, when a shell started it with *redirections*."""
    command = ["sh", "-c", f'exec "$0" "$@" {redirections}', SCRIPT, "--config", program.config, *words]
    ended = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=stderr, cwd=program.folder, env=BUFFERED, timeout=120, check=False
    )
    return ended.returncode, ended.stdout.decode()


def test_a_closed_stderr_keeps_no_run_from_its_work(program):
    """`2>&-`: the report is whole, and the warehouse equals what the API shows."""
    code, report = run(program, "2>&-", "sync", "--json")

    assert (code, json.loads(report)["status"]) == (0, "complete")
    assert program.differences() == []


def test_a_process_without_stderr_runs_the_night_in_python(program):
    """A service that has no console calls `sync_tenants`."""
    command = [sys.executable, "-c", IN_PYTHON, program.config]
    ended = subprocess.run(command, capture_output=True, cwd=program.folder, text=True, timeout=120, check=False)
    assert (ended.returncode, ended.stdout.strip()) == (0, "complete"), ended.stderr


def test_no_file_of_the_program_takes_the_place_of_a_closed_one(program):
    """With all three closed, the first files that are opened would get the log and the reports."""
    code, _ = run(program, "<&- >&- 2>&-", "sync")

    assert code == 1  # the report is lost
    assert program.differences() == []


@pytest.mark.skipif(not FULL.exists(), reason="the system has no /dev/full")
@pytest.mark.parametrize(("words", "code"), [(["sync", "--json"], 0), (["sync", "nobody"], 2)], ids=["done", "refused"])
def test_a_log_that_is_lost_leaves_the_exit_code_as_it_is(synced, words, code):
    """The interpreter would end with 120 for what is left in its buffer."""
    assert run(synced, "2>/dev/full", *words)[0] == code


def test_a_log_whose_reader_is_gone_leaves_the_exit_code_as_it_is(synced):
    """`2>&1 | head -1` may do that."""
    with closed() as stderr:
        assert run(synced, "", "sync", "nobody", stderr=stderr)[0] == 2
