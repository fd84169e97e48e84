"""Copies that are damaged, left over, or in use: written again, kept, or cleaned up."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pipelines.publish.publish import publish
from tests.e2e.publish.copies import BOTH, NAMES, SOME, another_run, change_store, opened, parquet, value_of
from tests.e2e.publish.processes import in_a_process


def _truncate(file):
    os.truncate(file, file.stat().st_size // 2)


def _overwrite(file):
    with file.open("r+b") as handle:
        handle.write(bytes(4096))


@pytest.mark.parametrize("copy", BOTH)
@pytest.mark.parametrize("damage", [Path.unlink, _truncate, _overwrite])
def test_a_damaged_copy_is_written_again(store, folder, copy, damage):
    """Nobody has to find out why a copy is broken: the next publish mends it, and leaves the other one alone."""
    publish(store, folder, formats=BOTH, tables=SOME)
    part = folder / "parquet/current/transactions/part-0.parquet"

    damage(folder / "warehouse.duckdb" if copy == "duckdb" else part)

    assert publish(store, folder, formats=BOTH, tables=SOME).written == (copy,)
    with opened(folder) as connection:
        assert value_of(connection, "SELECT count(id) FROM copy.aleta.transactions") == 49
        assert value_of(connection, f"SELECT count(id) FROM {parquet(folder, 'transactions')}") == 49


@pytest.mark.parametrize("manifest", ["warehouse.json", "parquet/current/manifest.json"])
@pytest.mark.parametrize("damage", [Path.unlink, lambda file: file.write_text('{"tables": 1}')])
def test_a_copy_that_nothing_vouches_for_is_written_again(store, folder, manifest, damage):
    """A manifest that is gone or says nothing proves nothing."""
    publish(store, folder, formats=BOTH, tables=SOME)

    damage(folder / manifest)

    assert len(publish(store, folder, formats=BOTH, tables=SOME).written) == 1


def test_a_backup_without_links_is_replaced(store, folder):
    """`current` restored as a folder is no obstacle."""
    publish(store, folder, formats=BOTH, tables=SOME)
    current = folder / "parquet/current"
    target = current.resolve()
    current.unlink()
    target.rename(current)
    another_run(store)

    publish(store, folder, formats=BOTH, tables=SOME)

    assert current.is_symlink()
    with opened(folder) as connection:
        assert value_of(connection, f"SELECT count(*) FROM {parquet(folder, 'sync_runs')}") == 2


def test_unchanged_tables_share_their_file_with_the_version_before(store, folder):
    """Only what changed is written again."""
    publish(store, folder, formats=["parquet"])
    before = _inodes(folder)
    change_store(store, "INSERT INTO aleta.sync_runs (run_id) VALUES ('r2')")

    publish(store, folder, formats=["parquet"])

    after = _inodes(folder)
    assert {name for name in NAMES if before[name] != after[name]} == {"sync_runs"}


def _inodes(folder):
    return {name: (folder / f"parquet/current/{name}/part-0.parquet").stat().st_ino for name in NAMES}


def test_the_version_before_stays_and_no_older_one(store, folder):
    """Who reads the version before is not cut off; what is older takes no room. The link moves with its folder."""
    for _ in range(4):
        another_run(store)
        publish(store, folder, formats=["parquet"], tables=SOME)

    home = folder / "parquet"
    assert sorted(path.name for path in home.iterdir()) == ["current", "version-3", "version-4"]
    assert (home / "current").readlink() == Path("version-4")


def test_a_parquet_reader_always_finds_a_whole_version(store, folder):
    """While versions come, `current` is there at every instant and holds runs and transactions of one moment."""
    publish(store, folder, formats=["parquet"], tables=SOME)
    done, seen, wrong = threading.Event(), set(), []

    def read():
        while not done.is_set():
            version = (folder / "parquet/current").resolve(strict=True)
            counts = [
                pq.read_metadata(version / name / "part-0.parquet").num_rows for name in ("sync_runs", "transactions")
            ]
            seen.add(counts[0])
            wrong.extend([counts] if counts[1] - counts[0] != 48 else [])

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(8):
        another_run(store)
        publish(store, folder, formats=["parquet"], tables=SOME)
    alive = reader.is_alive()
    done.set()
    reader.join()

    assert alive, "the reader met something that was not there"
    assert wrong == []
    assert len(seen) > 1


@pytest.mark.parametrize("changed", [pytest.param(True, id="new state"), pytest.param(False, id="same state")])
def test_what_someone_wrote_to_a_copy_is_not_in_the_next(store, folder, changed):
    """Someone who wrote to the copy and died leaves a log beside it; a new copy with that log could not be opened."""
    publish(store, folder, formats=["duckdb"], tables=SOME)
    in_a_process("scribble", store, folder)
    assert (folder / "warehouse.duckdb.wal").exists()
    if changed:
        another_run(store)

    assert publish(store, folder, formats=["duckdb"], tables=SOME).written == ("duckdb",)

    with opened(folder) as connection:
        assert value_of(connection, "SELECT count(*) FROM copy.aleta.sync_runs") == 1 + changed


def test_what_a_crash_left_is_cleaned_up(store, folder):
    """Half a file of an earlier publish goes with the next one."""
    (folder / "publishing/version").mkdir(parents=True)
    (folder / "publishing/warehouse.duckdb").write_bytes(b"half")

    publish(store, folder, formats=BOTH, tables=SOME)

    assert not (folder / "publishing").exists()
