"""The storage of the published DuckDB file, and what it costs to bring it up to date."""

from __future__ import annotations

import shutil

import duckdb
import pytest

from pipelines.publish import duckdb as duckdb_file
from pipelines.publish.publish import publish
from pipelines.warehouse.duckdb.file import attached
from pipelines.warehouse.package import GONE
from schemas.tables import TABLES
from tests.e2e.publish.copies import NAMES, SOME, another_run, change_store, opened, value_of


def storage_of(file):
    """The oldest version of DuckDB that opens *file*, as DuckDB tags it."""
    with duckdb.connect(":memory:") as connection:
        connection.execute(f"ATTACH '{file}' AS it (READ_ONLY)")
        return value_of(connection, "SELECT tags['storage_version'] FROM duckdb_databases() WHERE database_name = 'it'")


def publish_file(store, folder, **options):
    return publish(store, folder, formats=["duckdb"], **options)


@pytest.fixture
def newest(store):
    """A store in the newest format, as an older version of the program made it."""
    old = store.with_name("old.duckdb")
    store.rename(old)
    with duckdb.connect(":memory:") as connection:
        connection.execute(f"ATTACH '{old}' AS old; ATTACH '{store}' AS store (STORAGE_VERSION 'latest')")
        connection.execute("COPY FROM DATABASE old TO store")
    old.unlink()
    assert storage_of(store) > "v2"
    return store


def test_the_store_has_the_format_that_is_published(store, tmp_path):
    """A new private store can be published by copying its file."""
    attached(tmp_path / "new.duckdb").close()

    assert storage_of(store) == storage_of(tmp_path / "new.duckdb") == "v1.0.0+"


@pytest.mark.parametrize(
    ("version", "tag"), [("v1.0.0", "v1.0.0+"), ("v0.10.2", "v1.0.0+"), ("v1.4.0", "v1.4.0+"), ("v2.0.0", "v2.0.0+")]
)
def test_the_file_has_the_storage_that_is_asked_for(store, folder, version, tag):
    """`duckdb_storage` is the oldest version that opens it."""
    publish_file(store, folder, duckdb_storage=version)

    assert storage_of(folder / "warehouse.duckdb") == tag


def test_another_storage_writes_the_file_again(store, folder):
    """A copy of the wrong format is not up to date."""
    publish_file(store, folder, duckdb_storage="v1.4.0", tables=SOME)

    assert publish_file(store, folder, tables=SOME).written == ("duckdb",)
    assert storage_of(folder / "warehouse.duckdb") == "v1.0.0+"


def test_a_store_of_a_newer_format_is_published_in_the_older_one(newest, folder):
    """What cannot be copied as a file is written table by table, and comes out the same."""
    publish_file(newest, folder)

    assert storage_of(folder / "warehouse.duckdb") == "v1.0.0+"
    with opened(folder) as connection:
        assert value_of(connection, "SELECT count(*) FROM copy.aleta.transactions") == 49


@pytest.mark.parametrize("large", [pytest.param(False, id="cloned"), pytest.param(True, id="copied")])
def test_a_changed_store_is_published_whole(store, folder, large, monkeypatch):
    """By whichever way: rows, no row that is gone, descriptions, views, the storage."""
    monkeypatch.setattr(duckdb_file, "SMALL_BYTES", 0 if large else 1 << 40)
    publish_file(store, folder)
    before = described(folder)
    another_run(store)
    change_store(store, f"UPDATE aleta.transactions SET {GONE} = true WHERE id = 't8'")

    assert publish_file(store, folder).written == ("duckdb",)

    assert described(folder) == before
    assert storage_of(folder / "warehouse.duckdb") == "v1.0.0+"
    with opened(folder) as connection:
        assert value_of(connection, "SELECT count(*) FROM copy.aleta.transactions") == 49
        assert value_of(connection, "SELECT count(*) FROM copy.aleta.transactions WHERE id = 't8'") == 0
        assert value_of(connection, "SELECT count(*) FROM copy.aleta.sync_runs") == 2
        connection.execute("USE copy")
        assert value_of(connection, "SELECT count(*) FROM aleta.changes_since('2000-01-01T00:00:00Z')") == 48


def described(folder):
    """All that the file says of itself, its rows aside."""
    with opened(folder) as connection:
        return [
            connection.execute(sql).fetchall()
            for sql in (
                "SELECT table_name, comment FROM duckdb_tables() WHERE database_name = 'copy' ORDER BY ALL",
                "SELECT table_name, column_name, comment FROM duckdb_columns() WHERE comment IS NOT NULL ORDER BY ALL",
                "SELECT view_name, comment, sql FROM duckdb_views() WHERE database_name = 'copy' ORDER BY ALL",
                "SELECT function_name, comment FROM duckdb_functions() WHERE database_name = 'copy' ORDER BY ALL",
            )
        ]


def test_the_row_of_a_run_alone_rewrites_nothing(store, folder):
    """A run that brought nothing, not even a receipt: `status` has its row from the private store."""
    publish_file(store, folder)
    before = (folder / "warehouse.duckdb").stat()
    change_store(store, "INSERT INTO aleta.sync_runs (run_id, status) VALUES ('r2', 'failed')")

    assert publish_file(store, folder).unchanged == ("duckdb",)

    assert (folder / "warehouse.duckdb").stat() == before


def test_the_row_of_a_complete_run_is_there_though_it_brought_nothing(store, folder):
    """Who asks the copy how fresh it is looks there: a tenant may have lists alone, of which there are no receipts."""
    publish_file(store, folder)
    for number in (2, 3):
        night = f"('r{number}', 'complete', '2026-11-0{number} 05:00:00+00')"
        change_store(store, f"INSERT INTO aleta.sync_runs (run_id, status, ended_at) VALUES {night}")

        assert publish_file(store, folder).written == ("duckdb",)

    with opened(folder) as connection:
        assert value_of(connection, "SELECT count(*) FROM copy.aleta.sync_runs WHERE status = 'complete'") == 2


def test_the_row_of_a_run_comes_with_the_next_change(store, folder):
    """It is late, not lost."""
    publish_file(store, folder, tables=SOME)
    change_store(store, "INSERT INTO aleta.sync_runs (run_id, status) VALUES ('r2', 'failed')")
    publish_file(store, folder, tables=SOME)
    another_run(store)

    publish_file(store, folder, tables=SOME)

    with opened(folder) as connection:
        assert value_of(connection, "SELECT count(*) FROM copy.aleta.sync_runs") == 3


def test_a_clone_of_clones_does_not_grow(store, folder):
    """Night after night a few tables are filled again; the file keeps its size."""
    publish_file(store, folder)
    first = (folder / "warehouse.duckdb").stat().st_size
    for _ in range(12):
        another_run(store)
        publish_file(store, folder)

    assert (folder / "warehouse.duckdb").stat().st_size <= first + (1 << 20)


def test_a_damaged_file_is_not_cloned(store, folder):
    """Somebody's edit does not get into the next copy."""
    publish_file(store, folder, tables=SOME)
    with duckdb.connect(folder / "warehouse.duckdb") as connection:
        connection.execute("DELETE FROM aleta.clients")
    another_run(store)

    publish_file(store, folder, tables=SOME)

    with opened(folder) as connection:
        assert value_of(connection, "SELECT count(*) FROM copy.aleta.clients") == 1


def test_a_file_that_takes_over_another_store_is_made_anew(store, folder, tmp_path):
    """Tables that are gone from the store are gone from the copy, too."""
    change_store(store, "CREATE TABLE aleta.strange AS SELECT 1 AS id")
    publish_file(store, folder)
    change_store(store, "DROP TABLE aleta.strange")
    shutil.copy(store, tmp_path / "moved.duckdb")

    publish_file(tmp_path / "moved.duckdb", folder)

    with opened(folder) as connection:
        found = connection.execute("SELECT table_name FROM duckdb_tables() WHERE database_name = 'copy'").fetchall()
    assert sorted(name for (name,) in found) == sorted(NAMES)
    assert len(NAMES) == len(TABLES)
