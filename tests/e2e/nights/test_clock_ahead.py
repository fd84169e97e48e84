"""A clock that was wrong for a run, and what is stored by it (rule M6)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.histories.books import read
from tests.histories.checks.duties import elapsed
from tests.histories.runner import Runner
from tests.histories.scene import Scene


@pytest.fixture(scope="module")
def runner() -> Iterator[Runner]:
    with Runner() as started:
        yield started


def test_marks_of_a_run_whose_clock_was_ahead_are_not_believed_m6(runner: Runner, tmp_path: Path):
    """M6: one run 45 days ahead; the next, at the right time, reads all that was claimed, and says why."""
    with Scene(runner, tmp_path) as scene:
        scene.sync()
        right = scene.now
        scene.now = right.replace(month=right.month + 1, day=16)
        scene.sync()
        scene.now = right
        scene.pass_time(days=1)
        for account in scene.accounts():
            scene.change("late", account=account, within_days=9, count=1)

        ended = scene.sync()

        assert scene.differences() == []
        books = read(scene.oracles["acme"].copy)
        assert all(mark.through <= elapsed(scene.now) for mark in books.marks.values())
        assert all(mark.verified_at is None or mark.verified_at <= scene.now for mark in books.marks.values())
        assert any("ahead" in warning for warning in ended.report.tenants[0].warnings)


@pytest.mark.parametrize("code", ["clock", "auth"])
def test_a_run_that_is_told_that_its_clock_is_behind_puts_no_mark_back_m6(runner: Runner, tmp_path: Path, code: str):
    """M6: it fails before anything is marked; that marks lie ahead of its clock is the clock's fault."""
    with Scene(runner, tmp_path) as scene:
        scene.sync()
        before = read(scene.oracles["acme"].copy).marks
        right, iss = scene.now, "iss-acme"  # as the sandbox knows it
        scene.now -= timedelta(days=45)
        scene.box.set(date_off_s=timedelta(days=45).total_seconds())
        if code == "auth":
            scene.configure(iss="someone-else")

        ended = scene.sync()

        assert [error.code for error in ended.report.tenants[0].errors] == [code]
        assert not any("ahead" in warning for warning in ended.report.tenants[0].warnings)
        assert read(scene.oracles["acme"].copy).marks == before

        scene.now = right + timedelta(minutes=1)
        scene.box.set(date_off_s=0.0)
        scene.configure(iss=iss)
        scene.sync()

        assert scene.differences() == []
        after = read(scene.oracles["acme"].copy).marks
        assert all(before[account].through <= mark.through for account, mark in after.items())
