"""Delta tables on an object store: a real S3 server on a local socket, which serves, refuses and breaks off."""

from __future__ import annotations

from functools import partial

import pytest
import requests
from deltalake import DeltaTable

from pipelines.publish.publish import ObjectStoreError, publish
from schemas.table import name_of
from tests.e2e.publish.copies import EXACT, SOME, another_run, change_store
from tests.e2e.publish.s3 import KEYS, environment, serving
from tests.ports import free_port

pytestmark = pytest.mark.long

FEW = [name_of(schema) for schema in SOME]
URL = "s3://bucket/aleta/acme"
publish_there = partial(publish, formats=["duckdb", "delta"], url=URL, tables=SOME)


@pytest.fixture
def port(monkeypatch):
    """Where the server is to be; the environment says so to delta-rs, with keys."""
    number = free_port()
    for name, value in environment(number).items():
        monkeypatch.setenv(name, value)
    return number


def table(name="transactions", version=None):
    return DeltaTable(f"{URL}/{name}", version=version)


def versions():
    return {name: table(name).version() for name in FEW}


def objects(port):
    text = requests.get(f"http://127.0.0.1:{port}/bucket?list-type=2&prefix=aleta/acme/transactions/", timeout=10).text
    return [piece.partition("</Key>")[0] for piece in text.split("<Key>")[1:]]


def test_the_tables_are_there(store, folder, port):
    """Exact, one commit a table that changed, the version before kept and no older one."""
    with serving(port):
        for _ in range(3):
            assert publish_there(store, folder).problem is None
            change_store(store, "UPDATE aleta.transactions SET comment = coalesce(comment, '') || 'x' WHERE id = 't3'")
        assert publish_there(store, folder).written == ("duckdb", "delta")
        assert publish_there(store, folder).unchanged == ("duckdb", "delta")

        assert versions() == dict.fromkeys(FEW, 0) | {"transactions": 3}
        rows = {row["id"]: row for row in table().to_pyarrow_table().to_pylist()}
        assert (len(rows), rows["t0"]["account_amount"], rows["t0"]["extra"]) == (49, EXACT, '{"odd": 1.10}')
        assert table(version=2).to_pyarrow_table().num_rows == 49
        assert len([name for name in objects(port) if name.endswith(".parquet")]) == 2


def test_a_store_that_refuses_is_named_and_made_good(store, folder, port):
    """What is on this machine is written all the same; the next publish writes what is missing there, and no more."""
    refused = publish_there(store, folder)

    assert isinstance(refused.problem, ObjectStoreError)
    assert refused.problem.code == "publish"
    assert f"{refused.problem}".startswith(f"{URL}: ")
    assert KEYS["AWS_SECRET_ACCESS_KEY"] not in f"{refused.problem}"
    assert refused.written == ("duckdb",)
    assert DeltaTable(folder / "delta/transactions").version() == 0
    with serving(port):
        assert publish_there(store, folder).problem is None
        assert versions() == dict.fromkeys(FEW, 0)
    assert DeltaTable(folder / "delta/transactions").version() == 0


def test_a_bucket_that_is_not_there_is_named(store, folder, port):
    """The store answers, and refuses."""
    with serving(port):
        refused = publish_there(store, folder, url="s3://elsewhere/acme")
    assert "s3://elsewhere/acme" in f"{refused.problem}"


def test_a_store_that_breaks_off_is_made_good(store, folder, port, tmp_path):
    """After the commit of one table the connection is cut: the next publish commits the others, and none twice."""
    limit = tmp_path / "limit"
    with serving(port, limit):
        publish_there(store, folder)
        another_run(store)
        limit.write_text("1")
        assert isinstance(publish_there(store, folder).problem, ObjectStoreError)
        limit.unlink()
        broken_off = versions()

        assert publish_there(store, folder).problem is None

        assert sorted(broken_off.values()) == [0, 0, 1]
        assert versions() == dict.fromkeys(FEW, 0) | {"transactions": 1, "sync_runs": 1}
        assert table().to_pyarrow_table().num_rows == 50


def test_what_the_store_lost_is_noticed_by_the_next_change(store, folder, port):
    """A new bucket under the old name: what changes is written there, from the beginning."""
    with serving(port):
        publish_there(store, folder)
    another_run(store)
    with serving(port):
        assert publish_there(store, folder).problem is None
        assert table().to_pyarrow_table().num_rows == 50


def test_the_night_is_complete_when_the_store_refuses(start_synced, port):
    """Exit 4 and the code `publish`; the copies here are of tonight, and `publish` makes good what is missing there."""
    program = start_synced(publish=["duckdb", "delta"], publish_url="s3://bucket/aleta", resources=["transactions"])
    program.box.mutate_night("acme", 1, late=0.05, edited=0.05, deleted=0.02, within_days=25)

    ended = program.sync(expect=4)

    assert ended.report["status"] == "partial"
    assert [error["code"] for error in ended.errors()] == ["publish"]
    assert program.column("SELECT status FROM aleta.sync_runs") == ["complete"] * 2
    assert KEYS["AWS_SECRET_ACCESS_KEY"] not in ended.out + ended.err
    assert program.run("publish").exit == 4
    with serving(port):
        assert program.run("publish").exit == 0
        there = table().to_pyarrow_table()
        assert program.sync().report["status"] == "complete"
        assert table().version() == 0
    assert there.num_rows == program.column("SELECT count(*) FROM aleta.transactions")[0]


def test_after_a_restore_by_the_runbook_the_store_has_what_was_restored(store, folder, port):
    """It is newer than the backup, which vouches for what it had then: the runbook removes that."""
    with serving(port):
        publish_there(store, folder)
        backup = store.read_bytes(), (folder / "delta.json").read_bytes()
        change_store(store, "UPDATE aleta.transactions SET comment = 'x' WHERE id = 't3'")
        publish_there(store, folder)
        store.write_bytes(backup[0])
        (folder / "delta.json").write_bytes(backup[1])

        (folder / "delta.json").unlink()
        publish_there(store, folder)

        assert "x" not in table().to_pyarrow_table()["comment"].to_pylist()
        assert "x" not in DeltaTable(folder / "delta/transactions").to_pyarrow_table()["comment"].to_pylist()
