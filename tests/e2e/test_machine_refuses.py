"""What this machine refuses: a lock, a disk, a database, memory. Exit 1, and a message that helps."""

from __future__ import annotations

import resource
import subprocess
import time
from datetime import date

import pyarrow as pa
import pytest

from pipelines.warehouse import warehouse as stores
from schemas.ledger import SYNC_MARKS
from tests import truth
from tests.e2e.conftest import EVERYTHING
from tests.e2e.program import SCRIPT
from tests.e2e.refusals import api_requests, one_error
from tests.lengths import long_but

DAY = date(2026, 1, 1)


def test_a_second_sync_says_who_holds_the_tenant_c2(start):
    """C2: exit 1, the pid and the command of the first, which goes on undisturbed."""
    program = start(latency_s=0.3)
    first = program.start("sync", "--json")
    while not program.box.requests:
        time.sleep(0.02)

    ended = program.sync(expect=1)

    error = one_error(ended)
    assert f"process {first.pid}" in error["message"]
    assert "`sync`" in error["message"]
    assert program.end(first).exit == 0
    assert program.differences() == []


def test_a_data_folder_that_cannot_be_written_is_said_plainly(program):
    """Exit 1 with the path and what to do, and nothing published half."""
    (program.folder / "data").write_text("a file where the folder should be")

    ended = program.sync(expect=1)

    error = one_error(ended)
    assert error["code"] == "disk"
    assert f"{program.folder / 'data'}" in error["message"]


@pytest.mark.parametrize(
    ("limit", "code"),
    long_but(
        {"loading"},
        [pytest.param(300_000, "disk", id="loading"), pytest.param(2_000_000, "publish", id="publishing")],
    ),
)
def test_a_full_disk_is_said_plainly_and_nothing_is_published_half(synced, limit, code):
    """Exit 1; yesterday's copy is whole, and with room again the next run is exact."""
    before = synced.box.truth("acme")
    synced.box.mutate("acme", "late", count=500)
    synced.configure(look_back_days=EVERYTHING)
    running = synced.start("sync", "--json")
    resource.prlimit(running.pid, resource.RLIMIT_FSIZE, (limit, limit))  # as if there were no room for more

    ended = synced.end(running)

    error = one_error(ended)
    assert (ended.exit, error["code"]) == (1, code)
    assert f"{synced.tenant_folder()}" in error["message"]
    assert truth.differences(synced.warehouse(), before) == []

    synced.sync()

    assert synced.differences() == []


def test_a_store_that_is_no_database_is_said_plainly(synced):
    """A damaged private store ends the run with words, and the analyst's copy is as it was."""
    store = next(synced.tenant_folder().rglob("store.duckdb"))
    store.write_bytes(b"no database" * 1000)

    ended = synced.sync(expect=1)

    assert "store.duckdb" in one_error(ended)["message"]
    assert synced.differences() == []


def test_a_warehouse_of_a_newer_version_is_refused(synced, monkeypatch):
    """Exit 1, both formats named; nothing is changed and nothing asked of the API."""
    with monkeypatch.context() as newer:
        newer.setattr(stores, "FORMAT", 99)
        newer.setenv("RUNTIME__DLTHUB_TELEMETRY", "false")
        store = stores.Warehouse("acme", synced.tenant_folder())
        mark = {"resource": "transactions", "parent_id": "of tomorrow", "from_date": DAY, "through_date": DAY}
        rows = pa.Table.from_pylist([mark], schema=SYNC_MARKS.remove_metadata())
        store.write([stores.Rows(schema=SYNC_MARKS, data=rows)], store.state())
        store.close()

    ended = synced.sync(expect=1)

    assert "newer version" in one_error(ended)["message"]
    assert "99" in one_error(ended)["message"]
    assert api_requests(synced) == []
    assert synced.differences() == []


@pytest.mark.parametrize("megabytes", long_but({500, 1200}, [300, 500, 800, 1200]))
@pytest.mark.parametrize("command", [("sync", "--json"), ("status",)], ids=" ".join)
def test_too_little_memory_is_said_as_memory(program, megabytes, command):
    """`ulimit -v`: exit 1 and a line that says so, where libraries would abort or hang, and no defect."""
    line = f"ulimit -v {megabytes * 1024}; exec {SCRIPT} --config {program.config} {' '.join(command)}"
    ended = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=False, timeout=60)

    assert ended.returncode == 1
    assert "not enough memory" in ended.stderr
    assert "ulimit -v" in ended.stderr
    assert "report it" not in ended.stderr + ended.stdout
    assert "Traceback" not in ended.stderr
