"""The state as the store has it, and as dlt's own folder keeps it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pyarrow as pa
import pytest

from pipelines.warehouse.glance import committed
from pipelines.warehouse.package import Rows
from pipelines.warehouse.pipeline import stored_state
from pipelines.warehouse.warehouse import Warehouse
from schemas.clients import CLIENTS
from tests.stores import at

pytestmark = pytest.mark.slow


def a_client() -> Rows:
    plain = CLIENTS.remove_metadata()
    return Rows(schema=CLIENTS, data=pa.Table.from_pylist([{"id": "c", "first_seen_at": at(0)}], schema=plain))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """dlt's folder of a warehouse that was written to for two nights."""
    warehouse = Warehouse("acme", tmp_path)
    for night in (1, 2):
        warehouse.write([a_client()], {"night": night})
    warehouse.close()
    return Path(warehouse._pipeline.working_dir)


def stored(folder: Path) -> dict[str, object]:
    with committed("acme", folder, "duckdb") as (_, state):
        return state


def test_the_copy_in_the_folder_answers_for_the_store_it_equals(home, tmp_path, monkeypatch):
    monkeypatch.delattr(stored_state, "_unpacked")
    assert stored(tmp_path)["night"] == stored_state.kept_state(home)["night"] == 2


@pytest.mark.parametrize("copy", [None, b"", b"[]", b"{}", b'{"sources": {}}'])
def test_m5_what_is_stored_counts_where_the_copy_is_another(home, tmp_path, copy):
    """A kill, a restored backup or another machine left it behind, or nothing of it."""
    if copy is None:
        shutil.rmtree(home)
    else:
        (home / "state.json").write_bytes(copy)
    assert stored(tmp_path)["night"] == 2


def test_m5_the_copy_of_another_night_does_not_count(home, tmp_path):
    before = json.loads((home / "state.json").read_bytes())
    warehouse = Warehouse("acme", tmp_path)
    warehouse.write([a_client()], {"night": 3})
    warehouse.close()
    (home / "state.json").write_text(json.dumps(before))
    assert stored_state.kept_state(home)["night"] == 2
    assert stored(tmp_path)["night"] == 3
