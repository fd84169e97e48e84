"""The analysts' copy as Delta tables in the tenant's folder, read back with delta-rs and DuckDB's rows beside it."""

from __future__ import annotations

import json
import os
import tempfile
from decimal import Decimal
from functools import partial
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from pipelines.publish.delta import BESIDE
from pipelines.publish.publish import PublishError, publish
from pipelines.warehouse.package import GONE
from schemas.table import fact, name_of
from tests.e2e.publish.copies import EXACT, NAMES, SOME, another_run, change_store, each_table, opened
from tests.e2e.publish.processes import in_a_process

MEMORY = Path("/dev/shm")
FEW = [name_of(schema) for schema in SOME]
publish_delta = partial(publish, formats=["delta"])


@pytest.fixture(scope="session")
def delta(written, tmp_path_factory):
    """All tables, for tests that only look."""
    folder = tmp_path_factory.mktemp("delta") / "acme"
    publish(written, folder, formats=["delta", "duckdb"])
    return folder


def table(folder, name="transactions", version=None):
    return DeltaTable(folder / "delta" / name, version=version)


def versions(folder, names=FEW):
    return {name: table(folder, name).version() for name in names}


@each_table
def test_a_delta_table_holds_the_rows_and_types_of_the_contract(delta, schema):
    """JSON is text, all else is what it is; comments come along."""
    found = table(delta, name_of(schema)).to_pyarrow_table()
    assert [(field.name, field.type) for field in found.schema] == [(field.name, field.type) for field in schema]
    with opened(delta) as connection:
        connection.register("delta", found)
        for query in ("SELECT * FROM delta", f"SELECT * FROM copy.aleta.{name_of(schema)}"):
            other = "delta" if "copy" in query else f"copy.aleta.{name_of(schema)}"
            assert connection.execute(
                f"SELECT count(*) FROM ({query} EXCEPT ALL SELECT * FROM {other})"
            ).fetchone() == (0,)
    said = {
        field["name"]: field["metadata"]["comment"]
        for field in json.loads(table(delta, name_of(schema)).schema().to_json())["fields"]
    }
    assert all(fact(field, "description") in said[field.name] for field in schema)


def test_a_delta_table_is_exact(delta):
    """Decimals to the last digit, JSON with its numbers as they were written, no row that is gone."""
    rows = {row["id"]: row for row in table(delta).to_pyarrow_table().to_pylist()}
    assert len(rows) == 49
    assert rows["t0"]["account_amount"] == EXACT
    assert rows["t3"]["account_amount"] == Decimal(3)
    assert rows["t0"]["extra"] == '{"odd": 1.10}'


def test_all_tables_are_there_and_nothing_else(delta):
    assert sorted(path.name for path in (delta / "delta").iterdir()) == sorted(NAMES)


def test_a_table_that_changed_gets_one_commit_and_no_other_one(store, folder):
    publish_delta(store, folder, tables=SOME)
    assert versions(folder) == dict.fromkeys(FEW, 0)
    change_store(store, "UPDATE aleta.transactions SET comment = 'x' WHERE id = 't3'")

    assert publish_delta(store, folder, tables=SOME).written == ("delta",)

    assert versions(folder) == dict.fromkeys(FEW, 0) | {"transactions": 1}


def test_nothing_is_committed_where_nothing_changed(store, folder):
    publish_delta(store, folder, tables=SOME)
    change_store(store, "CREATE OR REPLACE TABLE aleta.transactions AS FROM aleta.transactions ORDER BY row_hash DESC")

    assert publish_delta(store, folder, tables=SOME).unchanged == ("delta",)
    assert publish_delta(store, folder, tables=SOME).unchanged == ("delta",)

    assert versions(folder) == dict.fromkeys(FEW, 0)


@pytest.mark.parametrize("lost", ["delta.json", "warehouse.json"])
def test_a_commit_that_nobody_wrote_down_is_not_repeated(store, folder, lost):
    """A kill between the commit and the note of it: the table itself says what it holds."""
    publish(store, folder, formats=["delta", "duckdb"], tables=SOME)
    (folder / lost).unlink()

    publish(store, folder, formats=["delta", "duckdb"], tables=SOME)

    assert versions(folder) == dict.fromkeys(FEW, 0)


def test_a_commit_before_a_kill_is_looked_for_though_its_rows_are_next_what_they_were(store, folder):
    """C4: what is noted is taken back before a commit, for the kill may come before it is noted anew."""
    publish_delta(store, folder, tables=SOME)
    change_store(store, "UPDATE aleta.transactions SET comment = 'x' WHERE id = 't3'")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipelines.publish.delta._note", killed)
        with pytest.raises(Killed):
            publish_delta(store, folder, tables=SOME)
    assert comment_of_t3(folder) == "x"

    change_store(store, "UPDATE aleta.transactions SET comment = NULL WHERE id = 't3'")
    publish_delta(store, folder, tables=SOME)

    assert comment_of_t3(folder) is None


def test_a_commit_of_someone_else_is_followed_by_one_of_ours(store, folder):
    """They left the files that are noted as they are."""
    publish_delta(store, folder, tables=SOME)
    clients = table(folder, "clients").to_pyarrow_table()
    write_deltalake(table(folder, "clients"), clients.slice(0, 1), mode="append")
    another_run(store)

    publish_delta(store, folder, tables=SOME)

    assert clients.num_rows
    assert table(folder, "clients").to_pyarrow_table().to_pylist() == clients.to_pylist()


def test_a_panic_of_delta_rs_is_an_error_like_any_other(store, folder, monkeypatch):
    """Rust's panics are no `Exception`: other formats, and other tenants, have their turn."""
    panic = type("PanicException", (BaseException,), {})

    def panics(*_, **__):
        raise panic("not a file path")

    monkeypatch.setattr("pipelines.publish.delta.write_deltalake", panics)

    with pytest.raises(PublishError, match="not a file path"):
        publish(store, folder, formats=["delta", "duckdb"], tables=SOME)

    assert (folder / "warehouse.duckdb").exists()


class Killed(BaseException):
    """What no handler of ours takes."""


def killed(*_, **__):
    raise Killed


def comment_of_t3(folder):
    return next(row["comment"] for row in table(folder).to_pyarrow_table().to_pylist() if row["id"] == "t3")


def test_the_version_before_can_be_read_and_no_older_one_takes_room(store, folder):
    """Who reads it is not cut off by a publish."""
    for _ in range(4):
        another_run(store)
        publish_delta(store, folder, tables=SOME)

    last = table(folder).version()
    assert last == 3
    assert table(folder).to_pyarrow_table().num_rows == 53
    assert table(folder, version=last - 1).to_pyarrow_table().num_rows == 52
    assert len(list((folder / "delta/transactions").glob("*.parquet"))) == 2


@pytest.mark.long
def test_the_log_does_not_grow_for_ever(store, folder):
    """Older entries go with the versions that they told of."""
    log = folder / "delta/transactions/_delta_log"
    for night in range(24):
        for file in log.glob("*"):
            os.utime(file, (file.stat().st_atime, file.stat().st_mtime - 86_400))
        (folder / "delta.json").unlink(missing_ok=True)  # it would tell that somebody touched the files
        change_store(store, f"UPDATE aleta.transactions SET comment = 'night {night}' WHERE id = 't3'")
        publish_delta(store, folder, tables=SOME)

    assert table(folder).version() == 23
    assert len(list(log.glob("*.json"))) <= 17  # a week of nights, and those since the last checkpoint
    assert len(list(log.parent.glob("*.parquet"))) == 2


@pytest.mark.parametrize("victim", ["*.parquet", "_delta_log/*.json"])
@pytest.mark.parametrize("damage", [os.unlink, lambda file: os.truncate(file, 100)], ids=["gone", "cut off"])
def test_a_damaged_table_is_written_again(store, folder, victim, damage):
    """By the next publish, and no other table is touched."""
    publish_delta(store, folder, tables=SOME)
    damage(next((folder / "delta/transactions").glob(victim)))

    assert publish_delta(store, folder, tables=SOME).written == ("delta",)

    assert table(folder).to_pyarrow_table().num_rows == 49
    assert versions(folder, ["clients", "sync_runs"]) == {"clients": 0, "sync_runs": 0}


def test_a_publish_that_was_killed_damages_no_table(store, folder):
    """C4: what it committed is not noted, and files that are noted went with it. No version is taken from a reader."""
    for _ in range(3):
        another_run(store)
        publish_delta(store, folder, tables=SOME)
    noted = (folder / "delta.json").read_bytes()
    another_run(store)
    publish_delta(store, folder, tables=SOME)
    read = [file for name in FEW for file in table(folder, name).file_uris()]
    (folder / "delta.json").write_bytes(noted)  # as if it had been killed before it wrote down what is where

    assert publish_delta(store, folder, tables=SOME).unchanged == ("delta",)

    assert versions(folder) == {"transactions": 3, "sync_runs": 3, "clients": 0}
    assert all(Path(file).exists() for file in read)


@pytest.mark.parametrize("noted", [True, False], ids=["noted", "not noted"])
@pytest.mark.parametrize("damage", [os.unlink, lambda file: os.truncate(file, 100)], ids=["gone", "cut off"])
def test_a_table_without_its_rows_is_written_on_top(store, folder, damage, noted):
    """The log is whole, so its versions go on; also where nobody had noted the file."""
    publish_delta(store, folder, tables=SOME)
    damage(next((folder / "delta/transactions").glob("*.parquet")))
    if not noted:
        (folder / "delta.json").unlink()

    assert publish_delta(store, folder, tables=SOME).written == ("delta",)

    assert table(folder).to_pyarrow_table().num_rows == 49
    assert versions(folder) == {"transactions": 1, "sync_runs": 0, "clients": 0}


def test_an_empty_last_entry_of_the_log_is_written_on_top(store, folder):
    """It says nothing of what the version holds."""
    publish_delta(store, folder, tables=SOME)
    another_run(store)
    publish_delta(store, folder, tables=SOME)
    os.truncate(max((folder / "delta/transactions/_delta_log").glob("*.json")), 0)

    assert publish_delta(store, folder, tables=SOME).written == ("delta",)

    assert table(folder).to_pyarrow_table().num_rows == 50
    assert versions(folder) == {"transactions": 2, "sync_runs": 1, "clients": 0}


def test_a_table_is_begun_anew_beside_what_is_there(store, folder):
    """Its log cannot be read, and the disk is full: who has it open reads on."""
    publish_delta(store, folder)
    [rows] = table(folder).file_uris()
    os.truncate(next((folder / "delta/transactions/_delta_log").glob("*.json")), 100)
    change_store(store, "INSERT INTO aleta.transactions (id) SELECT md5((i + 1)::VARCHAR) FROM range(40000) r(i)")

    assert "its last version is as it was" in in_a_process("full", store, folder, "delta")
    assert Path(rows).exists()

    assert publish_delta(store, folder).written == ("delta",)
    assert table(folder).to_pyarrow_table().num_rows == 40_049


@pytest.fixture
def other_disk():
    """A folder on a file system in memory."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as made:
        yield Path(made)


@pytest.mark.skipif(not MEMORY.is_dir(), reason="no second file system here: /dev/shm is missing")
def test_a_table_is_begun_anew_on_the_disk_that_the_folder_links_to(store, folder, other_disk):
    """No file can be renamed from the tenant's folder to there; neither what a crash left there nor this one stays."""
    assert other_disk.stat().st_dev != folder.stat().st_dev
    (folder / "delta").symlink_to(other_disk)
    publish_delta(store, folder, tables=SOME)
    os.truncate(next((folder / "delta/transactions/_delta_log").glob("*.json")), 100)
    (other_disk / BESIDE / "new").mkdir(parents=True)

    assert publish_delta(store, folder, tables=SOME).written == ("delta",)

    assert table(folder).to_pyarrow_table().num_rows == 49
    assert sorted(path.name for path in other_disk.iterdir()) == sorted(FEW)


def test_what_a_crash_left_is_vacuumed(store, folder):
    """Half a version that no commit names."""
    publish_delta(store, folder, tables=SOME)
    left = folder / "delta/transactions/part-00000-left-behind-c000.snappy.parquet"
    left.write_bytes(b"half")
    another_run(store)

    publish_delta(store, folder, tables=SOME)

    assert not left.exists()


def test_a_new_column_is_a_commit(store, folder):
    """The schema of the table follows."""
    change_store(
        store, f"CREATE TABLE aleta.later AS SELECT 1 AS id, TIME '12:00' AS at, '[1.10]'::JSON AS x, false AS {GONE}"
    )
    publish_delta(store, folder, tables=SOME)
    change_store(store, "ALTER TABLE aleta.later ADD COLUMN more DECIMAL(38, 12)")

    publish_delta(store, folder, tables=SOME)

    found = table(folder, "later").to_pyarrow_table()
    assert found.schema.names == ["id", "at", "x", "more"]
    assert found.schema.field("more").type == pa.decimal128(38, 12)
    assert found.to_pylist() == [{"id": 1, "at": "12:00:00", "x": "[1.10]", "more": None}]


def test_delta_tables_are_their_owners_only(store, folder):
    """Rule S1."""
    publish_delta(store, folder, tables=SOME)

    paths = [folder / "delta", *(folder / "delta").rglob("*")]
    assert {path.stat().st_mode & 0o777 for path in paths if path.is_file()} == {0o600}
    assert {path.stat().st_mode & 0o777 for path in paths if path.is_dir()} == {0o700}


def test_a_folder_that_refuses_is_told(store, folder):
    """What is in the way is named."""
    (folder / "delta").mkdir()
    (folder / "delta/clients").write_text("in the way")

    with pytest.raises(PublishError, match="clients"):
        publish_delta(store, folder, tables=SOME)

    assert (folder / "delta/clients").read_text() == "in the way"
