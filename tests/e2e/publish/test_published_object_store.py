"""Delta tables on an object store: a real S3 server on a local socket, which serves, refuses and breaks off."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
import requests
from deltalake import DeltaTable

from pipelines.publish import delta
from pipelines.publish.publish import ObjectStoreError, publish
from schemas.table import name_of
from tests.e2e.publish.copies import EXACT, SOME, another_run, change_store

FEW = [name_of(schema) for schema in SOME]
URL = "s3://bucket/aleta/acme"
KEYS = {"AWS_ACCESS_KEY_ID": "a-key", "AWS_SECRET_ACCESS_KEY": "a-secret-that-nobody-shows", "AWS_REGION": "us-east-1"}
START_S = 60.0
publish_there = partial(publish, formats=["duckdb", "delta"], url=URL, tables=SOME)


@contextmanager
def serving(port, limit=Path("/nowhere")):
    """An S3 server in a process of its own: delta-rs waits for it while it holds the interpreter's lock."""
    command = [sys.executable, f"{Path(__file__).with_name('s3_server.py')}", f"{port}", f"{limit}"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + START_S
        while True:
            try:
                requests.put(f"http://127.0.0.1:{port}/bucket", timeout=5).raise_for_status()
                break
            except requests.ConnectionError:
                assert time.monotonic() < deadline, "the S3 server did not start"
                time.sleep(0.1)
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def port(monkeypatch):
    """Where the server is to be; the environment says so to delta-rs, with keys."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        number = free.getsockname()[1]
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{number}")
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
    monkeypatch.setitem(delta.PATIENCE, "max_retries", "1")
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
