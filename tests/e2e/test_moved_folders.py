"""What the runbook promises of folders that are moved or restored, and of files that need nothing done."""

from __future__ import annotations

import shutil

import pytest

from tests.e2e.program import Program

HISTORY_START = "1970-01-01"


def histories(program):
    """Requests for all of an account's days."""
    return [request for request in program.box.requests if request.query.get("fromDate") == HISTORY_START]


def test_on_another_machine_the_next_sync_goes_on(synced, tmp_path):
    """Configuration and data in another place, the lock and the budget left behind: nothing is read again."""
    left_behind = shutil.ignore_patterns("lock", "*.budget")
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(synced.folder / "data", elsewhere / "data", ignore=left_behind)
    shutil.rmtree(synced.folder / "data")
    moved = Program(synced.box, elsewhere)
    synced.box.requests.clear()

    assert "a first load" not in moved.run("plan", "--json").out
    counts = moved.sync().counts()

    assert len(histories(moved)) <= 1  # the largest answer may be asked again, as a proof of the cap
    assert (counts["added"], counts["modified"], counts["removed"]) == (0, 0, 0)
    assert moved.differences() == []


@pytest.mark.long
def test_an_older_backup_goes_on_from_its_own_marks(synced):
    """What changed since is found, and said once."""
    backup = synced.folder / "backup"
    shutil.copytree(synced.tenant_folder(), backup)
    synced.box.mutate("acme", "edit", count=3, within_days=20)
    synced.sync()

    shutil.rmtree(synced.tenant_folder())
    shutil.copytree(backup, synced.tenant_folder())
    assert synced.sync().counts()["modified"] == 3

    assert synced.differences() == []
    assert synced.run("verify", "acme", "--sample", "20").exit == 0


def test_the_small_files_need_nothing_done(synced):
    """Damaged, the journal of runs loses a line, and lock and budget are written anew."""
    synced.configure(requests_per_minute=6000)
    synced.sync()
    folder = synced.tenant_folder()
    journal = folder / "runs.jsonl"
    journal.write_bytes(journal.read_bytes()[:-20])
    (folder / "lock").write_bytes(b"{")
    [budget] = folder.parent.glob("*.budget")
    budget.write_bytes(b"\x00" * 9)

    synced.sync()

    assert synced.run("status").exit == 0
    assert synced.differences() == []
