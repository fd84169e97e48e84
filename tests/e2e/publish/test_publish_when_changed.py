"""A copy is written when something in its store changed, and only then."""

from __future__ import annotations

import duckdb
import pytest
from deltalake import DeltaTable

from pipelines.publish.publish import publish
from pipelines.publish.snapshot import snapshot
from schemas.clients import CLIENTS
from schemas.tables import TABLES
from tests.e2e.publish.copies import BOTH, SOME, another_run, change_store, opened, parquet, value_of


def test_a_reader_keeps_the_state_it_opened(store, folder):
    """Who has the old file open reads on in it while a new one is published; the next to open it sees the new one."""
    publish(store, folder, formats=["duckdb"], tables=SOME)
    with opened(folder) as reader:
        assert value_of(reader, "SELECT count(*) FROM copy.aleta.sync_runs") == 1
        another_run(store)

        publish(store, folder, formats=["duckdb"], tables=SOME)

        assert value_of(reader, "SELECT count(*) FROM copy.aleta.sync_runs") == 1
        assert value_of(reader, "SELECT count(id) FROM copy.aleta.transactions") == 49
    with opened(folder) as later:
        assert value_of(later, "SELECT count(*) FROM copy.aleta.sync_runs") == 2


def test_nothing_is_written_when_nothing_changed(store, folder):
    """Publishing twice leaves both copies alone."""
    first = publish(store, folder, formats=BOTH)
    before = (folder / "warehouse.duckdb").stat(), (folder / "parquet/current").readlink()

    second = publish(store, folder, formats=BOTH)

    assert (first.written, first.unchanged) == (BOTH, ())
    assert (second.written, second.unchanged) == ((), BOTH)
    assert before == ((folder / "warehouse.duckdb").stat(), (folder / "parquet/current").readlink())
    assert second.paths == {"duckdb": folder / "warehouse.duckdb", "parquet": folder / "parquet/current"}


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(
            "UPDATE aleta.transactions SET account_amount = account_amount + 0.000000000001 WHERE id = 't3'",
            id="a digit",
        ),
        pytest.param("UPDATE aleta.transactions SET comment = '' WHERE id = 't3'", id="null to empty"),
        pytest.param("DELETE FROM aleta.transactions WHERE id = 't3'", id="a row gone"),
        pytest.param(
            "UPDATE aleta.transactions SET comment = type, type = comment WHERE id = 't3'", id="two columns swapped"
        ),
        pytest.param(
            "UPDATE aleta.transactions SET row_hash = (SELECT max(row_hash) FROM aleta.transactions t "
            "WHERE t.id IN ('t3', 't4') AND t.id <> transactions.id) WHERE id IN ('t3', 't4')",
            id="a value swapped between rows",
        ),
        pytest.param("INSERT INTO aleta.transactions FROM aleta.transactions", id="every row twice"),
    ],
)
def test_any_change_of_a_table_is_seen(store, folder, change):
    """A fingerprint tells every change of content."""
    publish(store, folder, formats=BOTH, tables=SOME)

    change_store(store, change)

    assert publish(store, folder, formats=BOTH, tables=SOME).written == BOTH


def test_a_changed_description_is_a_change(store, folder):
    """Comments are part of the copy."""
    tables = [CLIENTS.with_metadata(CLIENTS.metadata | {b"description": b"Other words"})]
    publish(store, folder, formats=["duckdb"], tables=[CLIENTS])

    assert publish(store, folder, formats=["duckdb"], tables=tables).written == ("duckdb",)


def test_the_order_of_rows_is_no_change(store, folder):
    """dlt moves rows about; that says nothing to who looks at the rows."""
    publish(store, folder, formats=BOTH, tables=SOME)

    change_store(store, "CREATE OR REPLACE TABLE aleta.transactions AS FROM aleta.transactions ORDER BY row_hash DESC")

    assert publish(store, folder, formats=BOTH, tables=SOME).unchanged == BOTH


def test_what_dlt_wrote_is_copied_with_the_file_and_not_written_again(written):
    """A copy of a gigabyte takes seconds, as long as the tables of the store are what analysts see."""
    with duckdb.connect(":memory:") as connection:
        connection.execute(f"ATTACH '{written}' AS store (READ_ONLY)")
        tables = snapshot(connection, written, TABLES).tables

    assert {table.name for table in tables if table.as_stored} == {"transactions", "clients", "sync_runs"}


def test_a_store_with_other_columns_is_written_again(store):
    """Sabotage: what is not what analysts see does not pass for it."""
    change_store(store, "ALTER TABLE aleta.transactions DROP COLUMN comment")
    with duckdb.connect(":memory:") as connection:
        connection.execute(f"ATTACH '{store}' AS store (READ_ONLY)")
        tables = snapshot(connection, store, TABLES).tables

    assert {table.name for table in tables if table.as_stored} == {"clients", "sync_runs"}


@pytest.mark.parametrize("published", [pytest.param(False, id="first"), pytest.param(True, id="again")])
def test_what_is_in_a_log_beside_the_store_is_published_too(store, folder, published):
    """A process that was killed leaves there what it committed; the store's file itself is as it was."""
    formats = (*BOTH, "delta")
    if published:
        publish(store, folder, formats=formats, tables=SOME)
    with duckdb.connect(f"{store}") as connection:
        connection.execute("PRAGMA disable_checkpoint_on_shutdown")
        connection.execute("DELETE FROM aleta.transactions WHERE id <> (SELECT min(id) FROM aleta.transactions)")
    assert store.with_name(f"{store.name}.wal").exists()

    publish(store, folder, formats=formats, tables=SOME)

    with opened(folder) as copies:
        assert value_of(copies, "SELECT count(*) FROM copy.aleta.transactions") == 1
        assert value_of(copies, f"SELECT count(*) FROM {parquet(folder, 'transactions')}") == 1
    assert DeltaTable(folder / "delta/transactions").count() == 1
    assert publish(store, folder, formats=formats, tables=SOME).unchanged == formats
