"""What `check` says of a disk: as the system tells it, for no test may mount one."""

from __future__ import annotations

import os
from types import SimpleNamespace

import pytest

from pipelines.doctor.probes import LEAST_FILES, UnwellError, disk

GOOD = {"f_flag": 0, "f_bavail": 1 << 28, "f_frsize": 4096, "f_files": 10**6, "f_favail": LEAST_FILES}


@pytest.fixture
def told(tmp_path, monkeypatch):
    """Look at a tenant's folder on a disk that says *said* of itself."""

    def look(**said: int) -> str:
        with monkeypatch.context() as patched:
            patched.setattr(os, "statvfs", lambda _: SimpleNamespace(**GOOD | said))
            return disk(SimpleNamespace(folder=tmp_path / "acme"))

    return look


def test_a_disk_with_room_is_well(told):
    """One that counts no inodes has always some."""
    assert told().endswith("acme can be made, 1048576 MB free")
    assert "MB free" in told(f_files=0, f_favail=0)


def test_a_disk_without_inodes_is_not(told):
    """It has room for bytes, and none for another file."""
    with pytest.raises(UnwellError, match=f"has inodes for 7 files, a sync may need {LEAST_FILES}: make room"):
        told(f_favail=7)


def test_a_disk_that_is_mounted_read_only_is_called_that(told):
    """No right to write would help there."""
    with pytest.raises(UnwellError, match="is mounted read-only: mount it to be written, or set another data_dir"):
        told(f_flag=os.ST_RDONLY)
