"""Marks stay where the rows are: they travel, come back and vanish with them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests import sqlite
from tests.e2e.destinations.kept import InDuckDb, InSqlite, Kept
from tests.e2e.destinations.remote import CHANGES, DATASET, whole_histories

pytestmark = pytest.mark.long

LATE = {"late": 0.05, "edited": 0.0, "deleted": 0.0}
"""Rows that nobody misses: what is missed has its account's whole history read (D6)."""


@pytest.mark.parametrize("lost", [pytest.param("dlt", id="dlt-s folder"), pytest.param("", id="all that is private")])
def test_marks_travel_with_the_destination_m5(synced, lost):
    """M5: without the local folder the next sync goes on from what the database says."""
    shutil.rmtree(synced.private / lost)
    synced.box.mutate_night("acme", 4, within_days=25, **LATE)
    synced.box.reset_requests()

    synced.sync()

    assert whole_histories(synced.box) <= 1  # the largest answer, asked again as a proof of the cap
    assert synced.differences() == []


def test_marks_travel_with_the_duckdb_file_m5(start_synced):
    """M5: without dlt's folder the next sync goes on from what the private file says."""
    program = start_synced()
    shutil.rmtree(program.tenant_folder() / "private" / "dlt")
    program.box.mutate_night("acme", 4, within_days=25, **LATE)

    program.sync()

    assert whole_histories(program.box) <= 1
    assert program.differences() == []


def test_without_the_duckdb_file_there_are_no_marks(start_synced):
    """Marks without rows would be a lie: with the file gone, they are gone, and all is read again."""
    program = start_synced()
    (program.tenant_folder() / "private" / "store.duckdb").unlink()

    program.sync()

    assert whole_histories(program.box) >= 8
    assert program.differences() == []


def test_a_database_put_back_to_an_older_state_is_believed(synced):
    """What the private folder remembers does not count when the destination does not have it (M5)."""
    synced.database.run(f"ALTER SCHEMA {DATASET} RENAME TO kept")
    synced.sync()
    synced.database.run(f"DROP SCHEMA {DATASET} CASCADE; ALTER SCHEMA kept RENAME TO {DATASET}")
    synced.box.mutate_night("acme", 5, within_days=25, **CHANGES)

    synced.sync()

    assert synced.differences() == []


def test_an_emptied_database_is_filled_again(synced):
    """Marks without rows would be a lie: with the dataset gone, they are gone."""
    synced.database.run(f"DROP SCHEMA {DATASET} CASCADE")

    synced.sync()

    assert synced.differences() == []


def test_a_destination_that_is_changed_and_changed_back_goes_on_from_its_own_marks(start_synced, tmp_path: Path):
    """M5: an account that the other database has read meanwhile is new to the file; then a night for each."""
    program = start_synced()
    program.box.mutate("acme", "new_account", count=20)
    (tmp_path / "sqlite").mkdir()
    file, other = Kept(program, InDuckDb()), Kept(program, InSqlite(sqlite.Database(tmp_path / "sqlite")))
    for place in (other, other, file, other):
        place.configure()
        place.place.point(program)
        program.box.reset_requests()
        place.sync()
        assert place.differences() == []
    assert whole_histories(program.box) <= 1
