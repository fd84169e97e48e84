"""Rule C2: one writer per tenant, by a lock that dies with its process."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipelines.run.machine.lock import LockedError, TenantLock, holder
from tests.fakes import NOON, FakeClock

HOLD = """
import sys
from pathlib import Path
from pipelines.run.machine.lock import TenantLock
with TenantLock(Path(sys.argv[1]), command="backfill"):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "acme" / "sync.lock"


@contextmanager
def _other_process(path: Path) -> Iterator[subprocess.Popen[str]]:
    """A second process that holds the lock until its stdin is closed."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        try:
            assert other.stdout.readline() == "held\n"
            yield other
        finally:
            other.kill()


def test_a_second_process_is_told_who_holds_the_lock(path: Path) -> None:
    """C2: the second run learns pid, command and since when, and does not enter."""
    with _other_process(path) as other:
        with pytest.raises(LockedError) as refused, TenantLock(path, command="sync", clock=FakeClock()):
            pytest.fail("entered")
        by = refused.value.holder
        assert (by.pid, by.command) == (other.pid, "backfill")
        assert all(
            word in str(refused.value) for word in (str(path), str(other.pid), "backfill", f"{by.since:%H:%M:%S}")
        )
        assert by == holder(path)


def test_a_killed_holder_frees_the_lock(path: Path) -> None:
    """C2: `kill -9` leaves the file behind, and the lock free."""
    with _other_process(path) as other:
        other.send_signal(signal.SIGKILL)
        other.wait()
        assert str(other.pid) in path.read_text()
        assert holder(path) is None
        with TenantLock(path, command="sync"):
            assert holder(path).pid == os.getpid()


def test_the_end_of_the_block_frees_the_lock(path: Path) -> None:
    """Free after a block that raised, as after one that did not."""
    with pytest.raises(KeyError), TenantLock(path, command="sync"):
        raise KeyError
    assert holder(path) is None


def test_the_file_says_who_holds_it(path: Path) -> None:
    """The holder is read from the file: this process, its command, the time by its clock."""
    with TenantLock(path, command="sync", clock=FakeClock()):
        by = holder(path)
    assert (by.pid, by.command, by.since) == (os.getpid(), "sync", NOON)
    assert by.host


def test_a_shorter_holder_leaves_nothing_of_a_longer_one(path: Path) -> None:
    """The file holds the present holder's words only."""
    with TenantLock(path, command="backfill " * 50):
        pass
    with TenantLock(path, command="sync"):
        assert holder(path).command == "sync"


def test_one_process_cannot_enter_twice(path: Path) -> None:
    """Two runs in one process exclude each other as two processes do."""
    with TenantLock(path, command="sync"), pytest.raises(LockedError):
        TenantLock(path, command="sync", clock=FakeClock()).__enter__()


def test_a_look_at_the_holder_does_not_keep_a_run_out(path: Path) -> None:
    """`status` takes the lock for an instant to see whether it is free; a run that meets it tries once more."""

    class Moving(FakeClock):
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            looking.__exit__(None, None, None)

    looking = TenantLock(path, command="status")
    looking.__enter__()
    with TenantLock(path, command="sync", clock=Moving()):
        assert holder(path).command == "sync"


def test_tenants_do_not_exclude_each_other(tmp_path: Path) -> None:
    """C2: different tenants run at the same time."""
    with TenantLock(tmp_path / "a.lock", command="sync"), TenantLock(tmp_path / "b.lock", command="sync"):
        assert holder(tmp_path / "a.lock") == holder(tmp_path / "a.lock") is not None


def test_no_file_no_holder(path: Path) -> None:
    """A tenant that never ran is free, and looking creates nothing."""
    assert holder(path) is None
    assert not path.parent.exists()


def test_a_holder_that_has_not_yet_signed_is_still_a_holder(path: Path) -> None:
    """In the instant before its name is written, the lock is taken all the same."""
    with TenantLock(path, command="sync"):
        path.write_text("")
        assert holder(path).command == "starting"


def test_file_and_folders_are_their_owners_only(path: Path) -> None:
    """S1: the file is 0600 and every folder made for it 0700, whatever the umask allows."""
    before = os.umask(0)
    try:
        with TenantLock(path, command="sync"):
            modes = [stat.S_IMODE(place.stat().st_mode) for place in (path, path.parent, path.parent.parent)]
    finally:
        os.umask(before)
    assert modes == [0o600, 0o700, 0o700]


def test_a_folder_that_cannot_be_made_is_the_systems_error(tmp_path: Path) -> None:
    """No lock can be made below a file: the error names the path, and no lock is left half open."""
    (tmp_path / "data").write_text("")
    with pytest.raises(OSError, match="data"), TenantLock(tmp_path / "data" / "acme" / "x.lock", command="sync"):
        pytest.fail("entered")


def test_s2_a_link_in_its_place_is_not_followed(path: Path, tmp_path: Path) -> None:
    """S2: neither to write who holds it, nor to read that."""
    victim = tmp_path / "victim"
    victim.write_text("mine")
    path.parent.mkdir(parents=True)
    path.symlink_to(victim)

    with pytest.raises(OSError, match="symbolic links"), TenantLock(path, command="sync", clock=FakeClock()):
        pytest.fail("entered")
    with pytest.raises(OSError, match="symbolic links"):
        holder(path)
    assert victim.read_text() == "mine"
