"""Folders that an operator laid out otherwise: on another disk, or another user's."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import duckdb
import pytest

from tests.e2e.program import SCRIPT

pytestmark = pytest.mark.long

MEMORY = Path("/dev/shm")
OTHERS = 12_345  # a user that nobody is
PARQUET = "SELECT count(*) FROM read_parquet('{}/current/transactions/*.parquet')"


@pytest.mark.skipif(not MEMORY.is_dir(), reason="no second file system here: /dev/shm is missing")
def test_parquet_may_be_a_link_to_another_disk(start):
    """Whole versions appear there, night after night, and nothing unfinished is left."""
    program = start(aleta={"publish": ["duckdb", "parquet"]})
    program.tenant_folder().mkdir(parents=True)
    assert MEMORY.stat().st_dev != program.folder.stat().st_dev
    with tempfile.TemporaryDirectory(dir=MEMORY) as other:
        (program.tenant_folder() / "parquet").symlink_to(other)
        program.sync()
        first = duckdb.sql(PARQUET.format(other)).fetchall()
        program.box.mutate("acme", "late", count=3)
        program.configure(publish=["duckdb", "parquet"], look_back_days=1000)
        program.sync()

        assert duckdb.sql(PARQUET.format(other)).fetchall() == [(first[0][0] + 3,)]
        assert {path.name for path in Path(other).iterdir()} == {"current", "version-1", "version-2"}
    assert program.differences() == []


@pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("setpriv"), reason="needs root and setpriv to give a folder to another user"
)
def test_a_folder_of_another_user_that_can_be_written_is_enough(program):
    """What is not ours keeps its owner and its rights; a run without the right to change them is complete."""
    folder = program.tenant_folder()
    folder.mkdir(parents=True)
    os.chown(folder, OTHERS, OTHERS)
    folder.chmod(0o777)

    without = ["setpriv", "--bounding-set", "-fowner,-chown", SCRIPT, "--config", program.config, "sync"]
    ended = subprocess.run(without, capture_output=True, text=True, check=False)

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert (folder.stat().st_uid, folder.stat().st_mode & 0o777) == (OTHERS, 0o777)
    assert program.differences() == []
