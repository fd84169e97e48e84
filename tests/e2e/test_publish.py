"""The analysts' copies, published from real stores that dlt wrote. As a script, this file is the process that dies."""

from __future__ import annotations

import itertools
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import threading
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.publish.publish import PublishError, publish
from pipelines.publish.snapshot import snapshot
from pipelines.warehouse.warehouse import GONE, Rows, Warehouse
from schemas.clients import CLIENTS
from schemas.ledger import SYNC_RUNS
from schemas.table import fact, key_of, name_of
from schemas.tables import TABLES
from schemas.transactions import TRANSACTIONS

BOTH = ("duckdb", "parquet")
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
EXACT = Decimal("12345678901234567890123456.123456789012")
NAMES = [name_of(schema) for schema in TABLES]
CHANGING = {f"os.{one}" for one in ("chmod", "link", "mkdir", "remove", "rename", "rmdir", "symlink")}  # audit events
SOME = (TRANSACTIONS, SYNC_RUNS, CLIENTS)  # what is about the way of publishing needs no more than what has rows
each_table = pytest.mark.parametrize("schema", [pytest.param(one, id=name_of(one)) for one in TABLES])


def _rows(schema, rows, **options):
    deleting = [pa.field(GONE, pa.bool_())] if options else []
    plain = pa.schema([*schema.remove_metadata(), *deleting])
    filled = [dict.fromkeys(plain.names) | row for row in rows]
    return Rows(schema=schema, data=pa.Table.from_pylist(filled, schema=plain), **options)


def _transaction(number):
    return {
        "id": f"t{number}",
        "type": "fee-transaction",
        "account_id": "a1",
        "trade_date": date(2026, 3, 1),
        "account_amount": EXACT if number == 0 else Decimal(number),
        "affects_irr": number % 2 == 0,
        "first_seen_at": NOON,
        "changed_at": NOON,
        "row_hash": f"{number:032x}",
        "extra": '{"odd": 1.10}',
        GONE: False,
    }


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A store as two runs leave it: rows, deletions, empty tables not made yet."""
    warehouse = Warehouse("acme", tmp_path_factory.mktemp("written"))
    runs = [{"run_id": "r1", "started_at": NOON, "requests": 1}]
    clients = [{"id": "c1", "name": "Ångström & Søn", "first_seen_at": NOON}]
    warehouse.write(
        [
            _rows(TRANSACTIONS, [_transaction(number) for number in range(50)], deletes=True),
            _rows(CLIENTS, clients),
            _rows(SYNC_RUNS, runs),
        ],
        {},
    )
    warehouse.write([_rows(TRANSACTIONS, [_transaction(7) | {GONE: True}], deletes=True)], {})
    warehouse.close()
    return warehouse.file


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "acme"


@pytest.fixture
def store(written, folder):
    """The tenant's own store, which a test may change."""
    file = folder / "private" / "store.duckdb"
    file.parent.mkdir(parents=True)
    shutil.copyfile(written, file)
    return file


@pytest.fixture(scope="module")
def published(written, tmp_path_factory):
    """Both copies of the store as it was written, for tests that only look."""
    folder = tmp_path_factory.mktemp("published") / "acme"
    publish(written, folder, formats=BOTH)
    return folder


def _change(store, sql):
    with duckdb.connect(store) as connection:
        connection.execute(sql)


def _another_run(store):
    """One more run and one more transaction: 48 more of these than of those, always."""
    _change(
        store,
        "BEGIN; INSERT INTO aleta.sync_runs (run_id) SELECT 'r' || count(*) FROM aleta.sync_runs;"
        f"INSERT INTO aleta.transactions (id, {GONE}) SELECT 'n' || count(*), false FROM aleta.transactions; COMMIT",
    )


def _opened(folder):
    """Both copies, seen from nowhere near: `copy` and, per table, `PARQUET(table)`."""
    connection = duckdb.connect(":memory:")
    connection.execute(f"SET TimeZone = 'UTC'; ATTACH '{folder / 'warehouse.duckdb'}' AS copy (READ_ONLY)")
    return connection


def _one(connection, sql):
    return connection.execute(sql).fetchone()[0]


def _parquet(folder, table):
    return f"read_parquet('{folder}/parquet/current/{table}/*.parquet')"


def _tree(folder):
    """Every file of the copies with its content, private ones and links left out."""
    return {
        f"{file.relative_to(folder)}": file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.is_file() and "private" not in file.parts
    }


@each_table
def test_a_table_has_the_columns_of_its_schema(published, schema):
    """Names, order and types are those of the contract, whether the store has the table yet or not."""
    with _opened(published) as connection:
        columns = connection.execute(
            "SELECT column_name, data_type FROM duckdb_columns() "
            "WHERE database_name = 'copy' AND table_name = ? ORDER BY column_index",
            [name_of(schema)],
        ).fetchall()
    assert columns == [(field.name, _sql_type(field)) for field in schema]


def _sql_type(field):
    if fact(field, "json"):
        return "JSON"
    return {
        pa.string(): "VARCHAR",
        pa.date32(): "DATE",
        pa.bool_(): "BOOLEAN",
        pa.int64(): "BIGINT",
        pa.decimal128(38, 12): "DECIMAL(38,12)",
        pa.timestamp("us", "UTC"): "TIMESTAMP WITH TIME ZONE",
    }[field.type]


def test_the_copy_holds_the_tables_of_the_contract_and_nothing_else(published):
    """Staging, dlt's own tables and its views are not for analysts."""
    with _opened(published) as connection:
        found = connection.execute(
            "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = 'copy'"
        ).fetchall()
    assert sorted(found) == sorted(("aleta", name) for name in NAMES)


def test_rows_are_the_stores_to_the_last_digit(published):
    """A copy changes nothing of a value."""
    with _opened(published) as connection:
        row = connection.execute(
            "SELECT account_amount, extra, changed_at = '2026-03-02 12:00:00+00'::TIMESTAMPTZ, trade_date "
            "FROM copy.aleta.transactions WHERE id = 't0'"
        ).fetchone()
        assert row == (EXACT, '{"odd": 1.10}', True, date(2026, 3, 1))
        assert _one(connection, "SELECT name FROM copy.aleta.clients") == "Ångström & Søn"


def test_a_row_marked_as_gone_is_in_no_copy(store, folder):
    """What a merge deletes was never there for an analyst, even where the store keeps the row."""
    _change(store, f"UPDATE aleta.transactions SET {GONE} = true WHERE id = 't8'")

    publish(store, folder, formats=BOTH, tables=SOME)

    with _opened(folder) as connection:
        for source in ("copy.aleta.transactions", _parquet(folder, "transactions")):
            assert _one(connection, f"SELECT count(*) FROM {source}") == 48
            assert _one(connection, f"SELECT count(*) FROM {source} WHERE id IN ('t7', 't8')") == 0


@each_table
def test_every_table_and_column_is_described(published, schema):
    """Descriptions, units and keys travel with the data."""
    with _opened(published) as connection:
        table = connection.execute(
            "SELECT comment FROM duckdb_tables() WHERE database_name = 'copy' AND table_name = ?", [name_of(schema)]
        ).fetchone()
        columns = connection.execute(
            "SELECT column_name, comment FROM duckdb_columns() WHERE database_name = 'copy' AND table_name = ?",
            [name_of(schema)],
        ).fetchall()
    assert table == (f"{fact(schema, 'description')}. Key: {', '.join(key_of(schema))}",)
    said = {field.name: (fact(field, "description"), fact(field, "unit")) for field in schema}
    assert dict(columns) == {name: f"{text} [{unit}]" if unit else text for name, (text, unit) in said.items()}


def test_a_table_that_no_schema_knows_is_copied(store, folder):
    """What a later version loaded is not kept from analysts."""
    _change(store, f'CREATE TABLE aleta."later\'s" AS SELECT 1 AS "an \'id\'", false AS {GONE}')

    publish(store, folder, formats=BOTH, tables=SOME)

    with _opened(folder) as connection:
        for source in (
            'copy.aleta."later\'s"',
            "read_parquet($$%s$$)" % (folder / "parquet/current/later's/*.parquet"),
        ):
            assert connection.execute(f"SELECT * FROM {source}").fetchall() == [(1,)]
            assert [one[0] for one in connection.description] == ["an 'id'"]


def test_a_column_that_the_store_does_not_have_yet_is_null(store, folder):
    """An upgrade that adds a column publishes before the first row has it."""
    _change(store, "ALTER TABLE aleta.transactions DROP COLUMN comment")

    publish(store, folder, formats=["duckdb"], tables=SOME)

    with _opened(folder) as connection:
        assert _one(connection, "SELECT count(*) FROM copy.aleta.transactions WHERE comment IS NULL") == 49


def test_what_is_published_is_its_owners_only(store, folder):
    """Rule S1: files 0600, folders 0700; nothing unfinished and no log is left behind."""
    publish(store, folder, formats=BOTH, tables=SOME)

    assert sorted(one.name for one in folder.iterdir()) == ["parquet", "private", "warehouse.duckdb", "warehouse.json"]
    published = [one for one in folder.rglob("*") if "private" not in one.parts and not one.is_symlink()]
    assert {one.stat().st_mode & 0o777 for one in published if one.is_file()} == {0o600}
    assert {one.stat().st_mode & 0o777 for one in (folder, *published) if one.is_dir()} == {0o700}


@each_table
def test_parquet_equals_duckdb(published, schema):
    """The two copies hold the same rows and types, also where there are none."""
    copies = f"copy.aleta.{name_of(schema)}", _parquet(published, name_of(schema))
    with _opened(published) as connection:
        kinds = [connection.execute(f"DESCRIBE SELECT * FROM {one}").fetchall() for one in copies]
        for one, other in itertools.permutations(copies):
            assert (
                connection.execute(
                    f"SELECT id FROM (SELECT 1 AS id, * FROM {one} EXCEPT ALL SELECT 1, * FROM {other})"
                ).fetchall()
                == []
            )
    assert [row[:2] for row in kinds[0]] == [row[:2] for row in kinds[1]]
    assert pq.read_schema(published / f"parquet/current/{name_of(schema)}/part-0.parquet").names == schema.names


def test_a_reader_keeps_the_state_it_opened(store, folder):
    """Who has the old file open reads on in it while a new one is published; the next to open it sees the new one."""
    publish(store, folder, formats=["duckdb"], tables=SOME)
    with _opened(folder) as reader:
        assert _one(reader, "SELECT count(*) FROM copy.aleta.sync_runs") == 1
        _another_run(store)

        publish(store, folder, formats=["duckdb"], tables=SOME)

        assert _one(reader, "SELECT count(*) FROM copy.aleta.sync_runs") == 1
        assert _one(reader, "SELECT count(id) FROM copy.aleta.transactions") == 49
    with _opened(folder) as later:
        assert _one(later, "SELECT count(*) FROM copy.aleta.sync_runs") == 2


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

    _change(store, change)

    assert publish(store, folder, formats=BOTH, tables=SOME).written == BOTH


def test_a_changed_description_is_a_change(store, folder):
    """Comments are part of the copy."""
    tables = [CLIENTS.with_metadata(CLIENTS.metadata | {b"description": b"Other words"})]
    publish(store, folder, formats=["duckdb"], tables=[CLIENTS])

    assert publish(store, folder, formats=["duckdb"], tables=tables).written == ("duckdb",)


def test_the_order_of_rows_is_no_change(store, folder):
    """dlt moves rows about; that says nothing to who looks at the rows, as Parquet does."""
    publish(store, folder, formats=BOTH, tables=SOME)

    _change(store, "CREATE OR REPLACE TABLE aleta.transactions AS FROM aleta.transactions ORDER BY row_hash DESC")

    assert publish(store, folder, formats=BOTH, tables=SOME).unchanged == ("parquet",)


def test_what_dlt_wrote_is_copied_with_the_file_and_not_written_again(written):
    """A copy of a gigabyte takes seconds, as long as the tables of the store are what analysts see."""
    with duckdb.connect(":memory:") as connection:
        connection.execute(f"ATTACH '{written}' AS store (READ_ONLY)")
        tables = snapshot(connection, written, TABLES).tables

    assert {one.name for one in tables if one.as_stored} == {"transactions", "clients", "sync_runs"}


def test_a_store_with_other_columns_is_written_again(store):
    """Sabotage: what is not what analysts see does not pass for it."""
    _change(store, "ALTER TABLE aleta.transactions DROP COLUMN comment")
    with duckdb.connect(":memory:") as connection:
        connection.execute(f"ATTACH '{store}' AS store (READ_ONLY)")
        tables = snapshot(connection, store, TABLES).tables

    assert {one.name for one in tables if one.as_stored} == {"clients", "sync_runs"}


def test_what_is_in_a_log_beside_the_store_is_published_too(store, folder):
    """A process that was killed may leave rows there: the file alone is not the store."""
    with duckdb.connect(f"{store}") as connection:
        connection.execute("PRAGMA disable_checkpoint_on_shutdown")
        connection.execute("DELETE FROM aleta.transactions WHERE id <> (SELECT min(id) FROM aleta.transactions)")
    assert store.with_name(f"{store.name}.wal").exists()

    publish(store, folder, formats=["duckdb"])

    with duckdb.connect(f"{folder / 'warehouse.duckdb'}", read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM aleta.transactions").fetchall() == [(1,)]


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
    with _opened(folder) as connection:
        assert _one(connection, "SELECT count(id) FROM copy.aleta.transactions") == 49
        assert _one(connection, f"SELECT count(id) FROM {_parquet(folder, 'transactions')}") == 49


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
    _another_run(store)

    publish(store, folder, formats=BOTH, tables=SOME)

    assert current.is_symlink()
    with _opened(folder) as connection:
        assert _one(connection, f"SELECT count(*) FROM {_parquet(folder, 'sync_runs')}") == 2


def test_unchanged_tables_share_their_file_with_the_version_before(store, folder):
    """Only what changed is written again."""
    publish(store, folder, formats=["parquet"])
    before = _inodes(folder)
    _change(store, "INSERT INTO aleta.sync_runs (run_id) VALUES ('r2')")

    publish(store, folder, formats=["parquet"])

    after = _inodes(folder)
    assert {name for name in NAMES if before[name] != after[name]} == {"sync_runs"}


def _inodes(folder):
    return {name: (folder / f"parquet/current/{name}/part-0.parquet").stat().st_ino for name in NAMES}


def test_the_version_before_stays_and_no_older_one(store, folder):
    """Who reads the version before is not cut off; what is older takes no room. The link moves with its folder."""
    for _ in range(4):
        _another_run(store)
        publish(store, folder, formats=["parquet"], tables=SOME)

    home = folder / "parquet"
    assert sorted(one.name for one in home.iterdir()) == ["current", "version-3", "version-4"]
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
        _another_run(store)
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
    _in_a_process("scribble", store, folder)
    assert (folder / "warehouse.duckdb.wal").exists()
    if changed:
        _another_run(store)

    assert publish(store, folder, formats=["duckdb"], tables=SOME).written == ("duckdb",)

    with _opened(folder) as connection:
        assert _one(connection, "SELECT count(*) FROM copy.aleta.sync_runs") == 1 + changed


def test_what_a_crash_left_is_cleaned_up(store, folder):
    """Half a file of an earlier publish goes with the next one."""
    (folder / "publishing/version").mkdir(parents=True)
    (folder / "publishing/warehouse.duckdb").write_bytes(b"half")

    publish(store, folder, formats=BOTH, tables=SOME)

    assert not (folder / "publishing").exists()


def test_nothing_committed_is_nothing_to_publish(folder):
    """A copy without a store would look like a warehouse without rows."""
    with pytest.raises(PublishError, match="nothing to publish"):
        publish(folder / "private" / "store.duckdb", folder, formats=BOTH)

    assert not folder.exists()


def test_a_store_that_is_no_database_is_told(store, folder):
    """What cannot be read replaces nothing."""
    publish(store, folder, formats=BOTH, tables=SOME)
    before = _tree(folder)
    store.write_bytes(b"x" * 5000)

    with pytest.raises(PublishError, match="still whole") as caught:
        publish(store, folder, formats=BOTH, tables=SOME)

    assert caught.value.code == "publish"
    assert _tree(folder) == before


def test_a_folder_that_cannot_be_written_is_told(store, tmp_path):
    """The message says where."""
    (tmp_path / "file").touch()

    with pytest.raises(PublishError, match=f"cannot publish to {tmp_path}/file/acme"):
        publish(store, tmp_path / "file" / "acme", formats=BOTH)


@pytest.mark.parametrize("copy", BOTH)
def test_a_full_disk_leaves_the_old_copy_whole(store, folder, copy):
    """No file may grow as large as the new copy: publishing fails, says so, and changes nothing."""
    publish(store, folder, formats=[copy])
    before = _tree(folder)
    _change(store, "INSERT INTO aleta.transactions (id) SELECT md5((i + 1)::VARCHAR) FROM range(40000) r(i)")

    said = _in_a_process("full", store, folder, copy)

    assert said.startswith(f"PublishError publish: cannot publish to {folder}")
    assert "still whole" in said
    assert _tree(folder) == before


def test_a_kill_at_any_step_leaves_a_whole_copy(store, folder):
    """SIGKILL before each change of the file system: old or new is there whole, and the next publish is right."""
    publish(store, folder, formats=BOTH, tables=SOME)

    steps = int(_in_a_process("killed", store, folder))

    assert steps > 30
    assert not (folder / "publishing").exists()
    assert {one.name for one in (folder / "parquet").iterdir()} >= {"current"}
    assert len(list((folder / "parquet").iterdir())) == 3


@pytest.mark.parametrize("after_s", [0.0, 0.05, 0.2])
def test_a_kill_at_some_instant_leaves_a_whole_copy(store, folder, after_s):
    """SIGKILL also while DuckDB writes."""
    publish(store, folder, formats=BOTH, tables=SOME)
    process = subprocess.Popen(_command("forever", store, folder), stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "begun\n"

    threading.Event().wait(after_s)
    process.kill()
    process.communicate()

    _assert_whole(folder)
    _another_run(store)
    assert publish(store, folder, formats=BOTH, tables=SOME).written == BOTH
    _assert_whole(folder)


def _assert_whole(folder):
    """Both copies can be read from end to end, each of one moment."""
    with _opened(folder) as connection:
        for sources in (
            ("copy.aleta.transactions", "copy.aleta.sync_runs", "copy.aleta.clients"),
            tuple(_parquet(folder, name_of(schema)) for schema in SOME),
        ):
            for one in sources:
                connection.execute(f"SELECT sum(hash(COLUMNS(*))) FROM {one}").fetchall()
            transactions, runs, clients = (_one(connection, f"SELECT count(*) FROM {one}") for one in sources)
            assert (transactions - runs, clients) == (48, 1)


# What follows runs in processes of its own.


def _command(*words):
    return [sys.executable, __file__, *map(str, words)]


def _in_a_process(*words):
    done = subprocess.run(_command(*words), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def _full(store, folder, copy):
    """Publish where no file may grow beyond 256 KiB, which to DuckDB is a full disk."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 18, 1 << 18))
    try:
        publish(store, folder, formats=[copy])
    except PublishError as error:
        sys.stdout.write(f"{type(error).__name__} {error.code}: {error}")


def _forever(store, folder):
    os.write(1, b"begun\n")
    while True:
        _another_run(store)
        publish(store, folder, formats=BOTH, tables=SOME)


def _scribble(_store, folder):
    """Write to the copy and die before DuckDB tidies up."""
    connection = duckdb.connect(folder / "warehouse.duckdb")
    connection.execute("INSERT INTO aleta.sync_runs (run_id) VALUES ('mine')")
    os._exit(0)


def _killed(store, folder):
    """Publish, killed before each change of the file system in turn, until there is none left and it gets through."""
    log = folder.parent / "killed-before"
    log.touch()
    while True:
        known = set(log.read_text().splitlines())
        _forked(partial(_another_run, store))
        status = _forked(partial(_publish_until_unknown, known, log, store, folder))
        assert _forked(partial(_assert_whole, folder)) == 0, log.read_text()
        if status == 0:
            sys.stdout.write(f"{len(known)}")
            return
        assert os.WTERMSIG(status) == signal.SIGKILL


def _publish_until_unknown(known, log, store, folder):
    """Die before the first change that is not *known*, after writing it down."""
    file = os.open(log, os.O_WRONLY | os.O_APPEND)

    def watch(event, arguments):
        writes = event == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR)
        if writes or event in CHANGING:
            change = re.sub(
                r"\d+", "N", f"{event} {arguments[:2]}"
            )  # versions and handles have other numbers each time
            if change not in known:
                os.write(file, f"{change}\n".encode())
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)
    publish(store, folder, formats=BOTH, tables=SOME)


def _forked(act):
    """Run *act* in a child of a process that has all modules and no threads; its wait status."""
    child = os.fork()
    if not child:
        try:
            act()
        except BaseException:  # noqa: BLE001 - whatever it was, the child ends here
            sys.excepthook(*sys.exc_info())
            os._exit(1)
        os._exit(0)
    return os.waitpid(child, 0)[1]


if __name__ == "__main__":
    {"full": _full, "forever": _forever, "scribble": _scribble, "killed": _killed}[sys.argv[1]](
        Path(sys.argv[2]), Path(sys.argv[3]), *sys.argv[4:]
    )
