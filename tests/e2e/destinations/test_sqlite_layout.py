"""What is in SQLite from the first run on."""

from __future__ import annotations

from pathlib import Path

import dlt
import pytest

from pipelines.warehouse.destinations.destination import find
from pipelines.warehouse.destinations.sqlalchemy import lay_out
from schemas.table import name_of
from schemas.tables import TABLES
from tests.e2e.destinations.kept import DATASET, InSqlite, Kept
from tests.sqlite import Database


@pytest.fixture
def synced(start, tmp_path: Path) -> Kept:
    """After a first load."""
    (tmp_path / "sqlite").mkdir()
    kept = Kept(start(aleta={"destination": "sqlalchemy"}), InSqlite(Database(tmp_path / "sqlite")))
    kept.sync()
    return kept


def columns(database: Database) -> dict[str, set[tuple]]:
    """Name, type and whether it may be null, of each table's columns."""
    tables = database.run(f"SELECT name FROM {DATASET}.sqlite_master WHERE type = 'table'")
    described = {name: database.run(f"PRAGMA {DATASET}.table_info({name})") for (name,) in tables}
    return {name: {row[1:4] for row in rows if row[1] != "deleted_by_aleta"} for name, rows in described.items()}


def test_every_table_is_there_as_dlt_makes_it(synced: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those without rows yet, too; of those with rows, the types are the same."""
    (tmp_path / "empty").mkdir()
    empty = Database(tmp_path / "empty")
    monkeypatch.setenv("DESTINATION__SQLALCHEMY__CREDENTIALS", empty.url)
    pipeline = dlt.pipeline(
        "layout", pipelines_dir=f"{tmp_path / 'dlt'}", destination=find("sqlalchemy"), dataset_name=DATASET
    )
    with pipeline.sql_client() as client:
        client.create_dataset()
        lay_out(client)

    by_dlt, made = columns(synced.place.database), columns(empty)

    names = set(map(name_of, TABLES))
    assert made.keys() == names
    assert names <= by_dlt.keys()
    assert {name: by_dlt[name] for name in names} == made
