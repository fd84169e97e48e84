"""A copy that cannot be written leaves the one before whole: full disks, kills, stores that are none."""

from __future__ import annotations

import shutil
import threading

import pytest
from deltalake import DeltaTable

from pipelines.publish.publish import PublishError, publish
from tests.e2e.publish.copies import BOTH, SOME, another_run, assert_whole, change_store, opened, tree, value_of
from tests.e2e.publish.processes import in_a_process, started


def test_nothing_committed_is_nothing_to_publish(folder):
    """A copy without a store would look like a warehouse without rows."""
    with pytest.raises(PublishError, match="nothing to publish"):
        publish(folder / "private" / "store.duckdb", folder, formats=BOTH)

    assert not folder.exists()


def test_a_store_that_is_no_database_is_told(store, folder):
    """What cannot be read replaces nothing."""
    publish(store, folder, formats=BOTH, tables=SOME)
    before = tree(folder)
    store.write_bytes(b"x" * 5000)

    with pytest.raises(PublishError, match="still whole") as caught:
        publish(store, folder, formats=BOTH, tables=SOME)

    assert caught.value.code == "publish"
    assert tree(folder) == before


def test_a_folder_that_cannot_be_written_is_told(store, tmp_path):
    """The message says where."""
    (tmp_path / "file").touch()

    with pytest.raises(PublishError, match=f"cannot publish to {tmp_path}/file/acme"):
        publish(store, tmp_path / "file" / "acme", formats=BOTH)


def test_a_format_that_cannot_be_written_keeps_no_other_back(store, folder):
    """What is in its place is named, and the others are up to date."""
    publish(store, folder, formats=BOTH, tables=SOME)
    shutil.rmtree(folder / "parquet")
    (folder / "parquet").touch()
    another_run(store)

    with pytest.raises(PublishError, match=f"cannot publish to {folder}/parquet/current"):
        publish(store, folder, formats=[*BOTH[::-1], "delta"], tables=SOME)

    with opened(folder) as connection:
        assert value_of(connection, "SELECT count(*) FROM copy.aleta.sync_runs") == 2
    assert len(DeltaTable(folder / "delta" / "sync_runs").to_pyarrow_table()) == 2


def test_a_database_that_fails_in_a_transaction_keeps_no_other_format_back(store, folder, monkeypatch):
    """All are written through one connection: what the first left open is closed."""

    def fails(connection, _):
        connection.execute("SELECT error('the disk is gone')")

    monkeypatch.setattr("pipelines.publish.duckdb._describe", fails)

    with pytest.raises(PublishError, match="the disk is gone"):
        publish(store, folder, formats=BOTH, tables=SOME)

    assert (folder / "parquet/current/transactions/part-0.parquet").exists()


@pytest.mark.parametrize("copy", BOTH)
def test_a_full_disk_leaves_the_old_copy_whole(store, folder, copy):
    """No file may grow as large as the new copy: publishing fails, says so, and changes nothing."""
    publish(store, folder, formats=[copy])
    before = tree(folder)
    change_store(store, "INSERT INTO aleta.transactions (id) SELECT md5((i + 1)::VARCHAR) FROM range(40000) r(i)")

    said = in_a_process("full", store, folder, copy)

    assert said.startswith(f"PublishError publish: cannot publish to {folder}")
    assert "still whole" in said
    assert tree(folder) == before


@pytest.mark.long
def test_a_kill_at_any_step_leaves_a_whole_copy(store, folder):
    """SIGKILL before each change of the file system: old or new is there whole, and the next publish is right."""
    publish(store, folder, formats=BOTH, tables=SOME)

    steps = int(in_a_process("killed", store, folder))

    assert steps > 30
    assert not (folder / "publishing").exists()
    assert {path.name for path in (folder / "parquet").iterdir()} >= {"current"}
    assert len(list((folder / "parquet").iterdir())) == 3


@pytest.mark.parametrize("after_s", [0.0, 0.05, 0.2])
def test_a_kill_at_some_instant_leaves_a_whole_copy(store, folder, after_s):
    """SIGKILL also while DuckDB writes."""
    publish(store, folder, formats=BOTH, tables=SOME)
    process = started("forever", store, folder)
    assert process.stdout.readline() == "begun\n"

    threading.Event().wait(after_s)
    process.kill()
    process.communicate()

    assert_whole(folder)
    another_run(store)
    assert publish(store, folder, formats=BOTH, tables=SOME).written == BOTH
    assert_whole(folder)
