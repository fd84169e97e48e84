"""A stdout that cannot be written: one ERROR line that says so, exit 1, and the command's work is done."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.program import SCRIPT, Program

FULL = Path("/dev/full")
SAID = "stdout cannot be written"


@contextmanager
def full() -> Iterator[int]:
    with FULL.open("w") as file:
        yield file.fileno()


@contextmanager
def closed() -> Iterator[int]:
    """A pipe that nobody reads."""
    ours, its = os.pipe()
    os.close(ours)
    yield its
    os.close(its)


def run(program: Program, stdout: int, *words: str) -> tuple[int, list[str]]:
    """How it ended, and the lines of its log."""
    command = [SCRIPT, "--config", program.config, *words]
    ended = subprocess.run(
        command, stdout=stdout, stderr=subprocess.PIPE, cwd=program.folder, text=True, timeout=120, check=False
    )
    return ended.returncode, ended.stderr.splitlines()


@pytest.mark.skipif(not FULL.exists(), reason="the system has no /dev/full")
@pytest.mark.parametrize("words", [["sync"], ["sync", "--json"], ["publish"], ["status"]], ids=" ".join)
def test_a_disk_that_is_full_for_the_report_is_told_as_that(synced, words):
    """The run is committed and published; exit 1, and no word of the disk that the data are on."""
    with full() as stdout:
        code, log = run(synced, stdout, *words)

    errors = [line for line in log if " INFO " not in line]
    assert (code, len(errors)) == (1, 1), log
    assert f"{SAID} (No space left on device): the report is lost, and what was done is not" in errors[0]
    assert [run["status"] for run in synced.run("status", "--json").tenant()["runs"]][:1] == ["complete"]


@pytest.mark.parametrize("words", [["status"], ["sync", "--json"]], ids=" ".join)
def test_a_reader_that_is_gone_is_no_fault_of_the_disk(synced, words):
    """`| head` may do that."""
    with closed() as stdout:
        code, log = run(synced, stdout, *words)

    errors = [line for line in log if " INFO " not in line]
    assert (code, len(errors)) == (1, 1), log
    assert f"{SAID} (Broken pipe)" in errors[0]


def test_a_run_that_ended_otherwise_keeps_its_exit_code(program):
    """3 over 1: what failed first is what has to be mended first."""
    program.rewrite("kid-acme", "kid-acne")

    with closed() as stdout:
        code, log = run(program, stdout, "sync")

    assert code == 3
    assert any(SAID in line for line in log)
    assert any("kid is unknown" in line for line in log)


@pytest.mark.skipif(not FULL.exists(), reason="the system has no /dev/full")
def test_help_that_cannot_be_written_is_one_line(program):
    """Never a traceback."""
    with full() as stdout:
        code, log = run(program, stdout, "--help")

    assert (code, len(log)) == (1, 1)
    assert SAID in log[0]
