"""What replaces what when a file of rows is merged, and what dlt is told of it."""

import shutil
from pathlib import Path

import dlt
import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.publish.publish import publish
from pipelines.warehouse.duckdb.file import LOG_BYTES, ROW_GROUP
from pipelines.warehouse.duckdb.merge import JOBS, merge_sql, merging_duckdb, outdated_sql
from pipelines.warehouse.package import Rows
from pipelines.warehouse.warehouse import Warehouse
from schemas.clients import CLIENTS
from schemas.ledger import SYNC_MARKS
from tests.stores import at, on

THERE = [(1, "a", 1), (1, "b", 1), (2, "a", 1)]


@pytest.fixture
def sql():
    with duckdb.connect(":memory:") as connection:
        connection.execute("CREATE TABLE kept (own BIGINT, part VARCHAR, value BIGINT)")
        connection.executemany("INSERT INTO kept VALUES (?, ?, ?)", THERE)
        yield connection


def merge(sql, folder: Path, *rows, deleted: str = "") -> None:
    """Merge *rows* on both parts of the key."""
    file = folder / "rows.parquet"
    names = ["part", "own", "value", *([deleted] if deleted else [])]  # in another order than in the table
    pq.write_table(pa.table([list(column) for column in zip(*rows, strict=True)], names=names), file)
    if deleted:
        sql.execute(f"ALTER TABLE kept ADD COLUMN IF NOT EXISTS {deleted} BOOLEAN")
    for statement in merge_sql(
        "kept", f"read_parquet('{file}', file_row_number = true)", key=["own", "part"], deleted=deleted
    ):
        sql.execute(statement)


def kept(sql) -> list[tuple]:
    return sql.execute("SELECT own, part, value FROM kept ORDER BY ALL").fetchall()


def test_a_row_replaces_the_one_with_its_whole_key(sql, tmp_path):
    """A key of two parts is both of them; what is new is added, the others stay."""
    merge(sql, tmp_path, ("a", 1, 5), ("c", 3, 5))
    assert kept(sql) == [(1, "a", 5), (1, "b", 1), (2, "a", 1), (3, "c", 5)]


def test_merged_again_it_changes_nothing_c1(sql, tmp_path):
    """A job that a kill cut off before it was noted is done again."""
    for _ in range(2):
        merge(sql, tmp_path, ("a", 1, 5), ("c", 3, 5))
    assert kept(sql) == [(1, "a", 5), (1, "b", 1), (2, "a", 1), (3, "c", 5)]


def test_of_rows_with_one_key_the_last_is_kept(sql, tmp_path):
    """Key and table hold one row each."""
    merge(sql, tmp_path, ("a", 1, 5), ("b", 1, 6), ("a", 1, 7))
    assert kept(sql) == [(1, "a", 7), (1, "b", 6), (2, "a", 1)]


def test_a_row_that_is_marked_is_deleted_and_not_inserted(sql, tmp_path):
    """Marked: gone, there or not. Not marked, or with no mark at all: kept."""
    merge(sql, tmp_path, ("a", 1, 5, True), ("z", 9, 5, True), ("b", 1, 6, False), ("a", 2, 7, None), deleted="gone")
    assert kept(sql) == [(1, "b", 6), (2, "a", 7)]


def marks(*parents: str) -> Rows:
    """So many rows of `sync_marks`."""
    lines = [("transactions", parent, on(0), on(1), at(2)) for parent in parents]
    columns = [pa.array([line[place] for line in lines], column.type) for place, column in enumerate(SYNC_MARKS)]
    return Rows(schema=SYNC_MARKS, data=pa.Table.from_arrays(columns, schema=SYNC_MARKS.remove_metadata()))


def tables(file: Path) -> set[tuple[str, str]]:
    with duckdb.connect(f"{file}", read_only=True) as connection:
        found = connection.execute("SELECT schema_name, table_name FROM duckdb_tables()").fetchall()
    return set(found)


def test_a_package_needs_no_staging_dataset(tmp_path):
    """What dlt's own merges would copy everything to first is never made: half of a package's cost."""
    warehouse = Warehouse("acme", tmp_path)
    warehouse.recover()
    warehouse.write([marks("a", "b")], {})
    warehouse.write([marks("b", "c")], {})
    warehouse.close()

    with duckdb.connect(f"{warehouse.file}", read_only=True) as connection:
        parents = connection.execute("SELECT parent_id FROM aleta.sync_marks ORDER BY 1").fetchall()
    assert parents == [("a",), ("b",), ("c",)]
    assert {schema for schema, _ in tables(warehouse.file)} == {"aleta"}


def test_a_file_that_is_held_is_closed_with_nothing_left_in_its_log(tmp_path):
    """Between two packages the log may hold rows; who opens the file after `close` finds it whole."""
    warehouse = Warehouse("acme", tmp_path)
    warehouse.recover()
    warehouse.write([marks("a")], {})
    log = warehouse.file.with_name("store.duckdb.wal")
    assert log.stat().st_mode & 0o777 == 0o600
    assert 0 < log.stat().st_size < LOG_BYTES
    warehouse.close()
    assert not log.exists()


def test_the_published_copy_keeps_the_groups_of_rows(tmp_path):
    """Were they of another size, DuckDB would write every row anew to publish it."""
    warehouse = Warehouse("acme", tmp_path)
    warehouse.recover()
    warehouse.write([clients(*(f"{number:05}" for number in range(2 * ROW_GROUP)))], {})
    warehouse.close()
    publish(warehouse.file, tmp_path, formats=["duckdb"])

    groups = "SELECT max(count) FROM pragma_storage_info('aleta.clients') GROUP BY row_group_id"
    with duckdb.connect(f"{tmp_path / 'warehouse.duckdb'}", read_only=True) as connection:
        assert connection.execute(groups).fetchall() == [(ROW_GROUP,), (ROW_GROUP,)]


def test_what_is_committed_is_read_while_the_file_is_held(tmp_path):
    """The same rows before, while and after the file is held."""
    warehouse, seen = Warehouse("acme", tmp_path), []
    warehouse.recover()
    for act in (lambda: None, lambda: warehouse.write([marks("a")], {}), warehouse.close):
        act()
        with warehouse.open() as store:
            seen.append(store.distinct(SYNC_MARKS, "parent_id"))
    assert seen == [set(), {"a"}, {"a"}]


def test_of_states_the_last_is_kept_c5(tmp_path):
    """Each package brings one, with all marks in it; who lost dlt's own folder goes on from the one that is left."""
    warehouse = Warehouse("acme", tmp_path)
    warehouse.recover()
    for night in range(3):
        warehouse.write([marks("a")], {"night": night})
    warehouse.close()
    with duckdb.connect(f"{warehouse.file}", read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM aleta._dlt_pipeline_state").fetchall() == [(1,)]

    shutil.rmtree(warehouse.folder / "dlt")
    again = Warehouse("acme", tmp_path)
    again.recover()
    assert again.state()["night"] == 2


def kept_states(sql, *states: tuple[str, str, int], complete: list[str]) -> list[tuple]:
    """What is left of *states* (load id, pipeline, version), where the loads of these ids are *complete*."""
    sql.execute("CREATE TABLE states (_dlt_load_id VARCHAR, pipeline_name VARCHAR, version BIGINT)")
    sql.executemany("INSERT INTO states VALUES (?, ?, ?)", states)
    sql.execute("CREATE TABLE loads AS SELECT unnest(?::VARCHAR[]) AS load_id, 0 AS status", [complete])
    sql.execute(outdated_sql("states", "loads"))
    return sql.execute("FROM states ORDER BY ALL").fetchall()


def test_a_state_whose_package_is_not_complete_replaces_none(sql):
    """A kill may leave it; until the package is complete dlt reads the one before. Another pipeline's is its own."""
    states = [("1", "p", 7), ("2", "p", 8), ("3", "p", 9), ("1", "q", 1)]
    assert kept_states(sql, *states, complete=["1", "2"]) == [("1", "q", 1), ("2", "p", 8), ("3", "p", 9)]


def test_m6_a_state_that_a_clock_ahead_stored_is_not_the_last_for_ever(sql):
    """dlt's load ids are the clock's; each change of the state raises its version. Of equal ones one is enough (C7)."""
    states = [("9", "p", 7), ("1", "p", 8), ("2", "p", 8)]
    assert kept_states(sql, *states, complete=["9", "1", "2"]) == [("2", "p", 8)]


def test_to_dlt_it_is_plain_duckdb():
    """A state that dlt's own destination wrote is read on, and the other way round."""
    ours, theirs = merging_duckdb(Path("x.duckdb")), dlt.destinations.duckdb("x.duckdb")
    assert (ours.destination_type, ours.destination_name) == (theirs.destination_type, theirs.destination_name)
    bounded = {"max_parallel_load_jobs": JOBS}  # C6
    assert dict(ours.capabilities()) == dict(theirs.capabilities()) | bounded
    assert dict(ours.capabilities(ours.configuration(None, accept_partial=True))).items() >= bounded.items()
    assert ours.capabilities() is not ours.capabilities()


def kept_ids(warehouse: Warehouse) -> int:
    with warehouse.open() as store:
        return store.sql.execute('SELECT count(*) FROM ids.main."clients"').fetchall()[0][0]


def clients(*own_ids: str, name: str = "") -> Rows:
    """So many rows of `clients`."""
    lines = [dict.fromkeys(CLIENTS.names) | {"id": own_id, "name": name} for own_id in own_ids]
    return Rows(schema=CLIENTS, data=pa.Table.from_pylist(lines, schema=CLIENTS.remove_metadata()))


def names(warehouse: Warehouse) -> list[tuple]:
    with warehouse.open() as store:
        return store.sql.execute("SELECT id, name FROM store.aleta.clients ORDER BY ALL").fetchall()


def test_ids_that_are_kept_are_never_too_few(tmp_path):
    """Asked for once, they know of every row that is inserted later, and what is there is replaced."""
    warehouse = Warehouse("acme", tmp_path)
    warehouse.recover()
    warehouse.write([clients("a", "b", name="old")], {})
    with warehouse.open() as store:
        asked = "SELECT unnest(['a', 'c']) AS id"
        assert store.sql.execute(store.among(CLIENTS, asked)).fetchall() == [("a",)]

    warehouse.write([clients("c", "d", name="old")], {})
    warehouse.write([clients("b", "d", "e", name="new")], {})

    assert names(warehouse) == [("a", "old"), ("b", "new"), ("c", "old"), ("d", "new"), ("e", "new")]
    assert kept_ids(warehouse) >= 5
    warehouse.close()


def test_with_an_id_left_out_a_row_would_be_there_twice(tmp_path):
    """Sabotage: what is kept is believed; that is why whoever inserts adds to it first."""
    warehouse = Warehouse("acme", tmp_path)
    warehouse.recover()
    warehouse.write([clients("a", name="old")], {})
    with warehouse.open() as store:
        store.sql.execute(store.among(CLIENTS, "SELECT 'a' AS id"))
        store.sql.execute('DELETE FROM ids.main."clients"')

    warehouse.write([clients("a", name="new")], {})

    assert names(warehouse) == [("a", "new"), ("a", "old")]
    warehouse.close()
