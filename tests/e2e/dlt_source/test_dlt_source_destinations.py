"""What the source does where a destination merges otherwise than a database; and copied into somebody's project."""

from __future__ import annotations

import json
import logging
import os
import shutil
import subprocess
import sys
from decimal import Context, Decimal
from pathlib import Path

import dlt
import duckdb
import pytest
from deltalake import DeltaTable
from dlt.pipeline.exceptions import PipelineStepFailed

from tests.e2e.dlt_source.theirs import CHANGES, examples, load, source
from tests.lengths import long_but
from tests.postgres import running

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # dlt's own
ROOT = Path(__file__).parents[3]
SCRIPT = """
import json, sys
import dlt
import sources.aleta
from sources.aleta import aleta_source

known, destination, options = json.loads(sys.stdin.read())
made = getattr(dlt.destinations, destination["kind"])(destination["place"])
pipeline = dlt.pipeline("theirs", pipelines_dir="dlt", destination=made, dataset_name="aleta")
pipeline.run(aleta_source(**known), **options).raise_on_failed_jobs()
print(json.dumps({"from": sources.aleta.__file__, "rows": pipeline.last_trace.last_normalize_info.row_counts}))
"""


@pytest.fixture
def lake(tmp_path):
    """A pipeline into files."""
    made = dlt.pipeline(
        "theirs",
        pipelines_dir=f"{tmp_path / 'dlt'}",
        destination=dlt.destinations.filesystem(f"file://{tmp_path / 'lake'}"),
        dataset_name="aleta",
    )
    yield made
    made.deactivate()


def delta_ids(tmp_path: Path, table: str, column: str = "id") -> list[str]:
    return DeltaTable(f"{tmp_path / 'lake' / 'aleta' / table}").to_pyarrow_table()[column].to_pylist()


def test_delta_tables_are_merged_by_key(lake, box, known, tmp_path, caplog):
    """Three runs with changes: each id once, link tables and receipts are Delta tables too, dlt warns of nothing."""
    caplog.set_level(logging.WARNING, "dlt")
    for night in range(3):
        lake.run(source(known), table_format="delta").raise_on_failed_jobs()
        found = delta_ids(tmp_path, "transactions")
        assert len(found) == len(set(found))
        assert set(found) == box.truth("acme").transactions.keys()
        box.mutate_night("acme", night, within_days=20, **CHANGES | {"deleted": 0})
    assert set(delta_ids(tmp_path, "accounts__depositories", "account_id")) <= box.truth("acme").accounts.keys()
    assert len(delta_ids(tmp_path, "sync_windows", "parent_id")) > 0
    assert [record.getMessage() for record in caplog.records if record.name == "dlt"] == []


def test_the_documented_query_tells_in_delta_tables_what_is_gone(lake, box, known, tmp_path):
    """A row that two accounts show is there; it is written as the first of their answers had it."""
    (current,) = examples("sql")
    for night in range(2):
        lake.run(source(known, resources=["transactions"]), table_format="delta").raise_on_failed_jobs()
        with duckdb.connect() as connection:
            for table in ("transactions", "sync_windows"):
                connection.register(table, DeltaTable(f"{tmp_path / 'lake' / 'aleta' / table}").to_pyarrow_table())
            there = {own_id for (own_id,) in connection.sql(f"SELECT id FROM ({current}) still_there").fetchall()}
        assert there == box.truth("acme").transactions.keys()
        box.mutate_night("acme", night, within_days=20, **CHANGES)


@pytest.mark.parametrize(
    "asked", ["replace", {"disposition": "merge", "strategy": "upsert"}], ids=["replace", "upsert"]
)
def test_d5_a_row_that_two_accounts_show_is_there_once_however_it_is_written(pipeline, box, known, asked):
    """Of two rows with one key in a run dlt keeps both, where it replaces and where it upserts; others merge again."""
    for options in ({"write_disposition": asked}, {}, {"write_disposition": asked}):
        pipeline.run(source(known, resources=["transactions"]), **options).raise_on_failed_jobs()
        with pipeline.sql_client() as client:
            found = [own_id for (own_id,) in client.execute_sql("SELECT id FROM transactions")]
        assert sorted(found) == sorted(box.truth("acme").transactions)


def test_appending_is_refused_before_the_first_request(pipeline, box, known):
    """Each run would add the rows of the last again."""
    with pytest.raises(PipelineStepFailed, match=r"each run would add once more"):
        pipeline.run(source(known), write_disposition="append")
    assert box.requests == []


def test_another_merge_strategy_is_refused_before_the_first_request(pipeline, box, known):
    """Under scd2 a row would be there as often as it changed."""
    with pytest.raises(PipelineStepFailed, match=r'strategy "scd2" is none of "delete-insert" and "upsert"'):
        pipeline.run(source(known), write_disposition={"disposition": "merge", "strategy": "scd2"})
    assert box.requests == []


def test_a_renamed_resource_is_refused_in_words(pipeline, box, known):
    """The others find it, and its state, by its name."""
    with pytest.raises(PipelineStepFailed, match=r"apply_hints\(table_name="):
        pipeline.run(source(known).transactions.with_name("theirs"))
    assert box.requests == []


@pytest.mark.parametrize("box", [{"rows": 200, "accounts": 3}], indirect=True)
def test_x1_sqlite_keeps_every_digit(box, known, tmp_path):
    """It has no decimals: dlt would store floats."""
    destination = dlt.destinations.sqlalchemy(f"sqlite:///{tmp_path / 'theirs.db'}")
    pipeline = dlt.pipeline("lite", pipelines_dir=f"{tmp_path / 'dlt'}", destination=destination, dataset_name="aleta")
    upsert = {"disposition": "merge", "strategy": "upsert"}  # which it does not have
    pipeline.run(source(known, resources=["transactions"]), write_disposition=upsert).raise_on_failed_jobs()
    with pipeline.sql_client() as client:
        stored = dict(client.execute_sql("SELECT id, account_amount FROM transactions"))

    truth = {own_id: row["attributes"].get("accountAmount") for own_id, row in box.truth("acme").transactions.items()}
    amounts = {own_id: Decimal(f"{amount}") for own_id, amount in truth.items() if amount is not None}
    assert any(len(amount.as_tuple().digits) > 17 for amount in amounts.values())
    exact = {own_id: Decimal(stored[own_id]) for own_id in amounts}
    assert exact == {
        own_id: amount.quantize(Decimal("1e-12"), context=Context(prec=100)) for own_id, amount in amounts.items()
    }


def test_plain_files_are_refused_before_the_first_request(lake, box, known):
    """Each run would add the rows of the last again."""
    with pytest.raises(PipelineStepFailed, match=r"cannot merge rows by their key.*table_format=\"delta\""):
        lake.run(source(known), loader_file_format="parquet")
    assert box.requests == []


def test_a_table_that_there_is_not_is_named_with_those_there_are(known):
    """Before anything is read."""
    with pytest.raises(ValueError, match=r"no table is called holdngs, trades. There are clients, .*transactions"):
        source(known, resources=["trades", "accounts", "holdngs"])


def test_dlt_warns_of_no_batch(pipeline, box, known, caplog):
    """That Arrow has no JSON type is no news."""
    caplog.set_level(logging.WARNING, "dlt")
    load(pipeline, source(known))
    assert [record.getMessage() for record in caplog.records if record.name == "dlt"] == []


def run_in_their_project(folder: Path, known: dict[str, object], destination: dict[str, str], **options: str) -> dict:
    """A project of nothing but dlt and a copy of the source."""
    for copied in ("sources/aleta", "schemas"):
        shutil.copytree(ROOT / copied, folder / copied, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "load.py").write_text(SCRIPT)
    given = json.dumps([known | {"requests_per_minute": 0, "resources": ["transactions"]}, destination, options])
    ended = subprocess.run(
        [sys.executable, "load.py"],
        cwd=folder,
        input=given,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-2000:]
    assert "WARNING" not in ended.stderr
    said = json.loads(ended.stdout.splitlines()[-1])
    assert Path(said["from"]).is_relative_to(folder)
    return said["rows"]


@pytest.mark.parametrize("kind", long_but({"duckdb"}, ["duckdb", "postgres", "delta"]))
def test_copied_into_an_empty_dlt_project_it_works(box, known, tmp_path, kind):
    """As dlt's own sources are: two folders, and an import."""
    folder = tmp_path / "theirs"
    folder.mkdir()
    rows = len(box.truth("acme").transactions)
    match kind:
        case "duckdb":
            place = {"kind": "duckdb", "place": "custody.duckdb"}
            assert run_in_their_project(folder, known, place)["transactions"] >= rows
        case "delta":
            place = {"kind": "filesystem", "place": f"file://{folder / 'lake'}"}
            assert run_in_their_project(folder, known, place, table_format="delta")["transactions"] == rows
        case "postgres":
            with running() as server:
                place = {"kind": "postgres", "place": server.database().url}
                made = run_in_their_project(folder, known, place, loader_file_format="insert_values")
                assert made["transactions"] >= rows


def test_the_source_is_typed():
    """PEP 561: type checkers read its annotations, in a copy too."""
    assert (ROOT / "sources/aleta/py.typed").is_file()
    assert (ROOT / "schemas/py.typed").is_file()
