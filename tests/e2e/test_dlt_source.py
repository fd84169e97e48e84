"""Aleta in someone else's dlt pipeline: `from sources.aleta import aleta_source`, against the sandbox."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import dlt
import duckdb
import pytest

from sandbox import Sandbox, SandboxSettings
from sources.aleta import aleta_source
from tests import truth
from tests.postgres import running

SMALL = {"accounts": 8, "rows": 240, "years": 2, "row_cap": 40, "today": datetime.now(UTC).date()}
CHANGES = {"late": 0.05, "edited": 0.05, "deleted": 0.03}
GUIDE = Path(__file__).parents[2] / "docs" / "dlt-source.md"
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # dlt's own


@pytest.fixture
def box():
    with Sandbox(SandboxSettings(**SMALL)) as started:
        yield started


@pytest.fixture(autouse=True)
def dlt_alone(monkeypatch, tmp_path):
    """No configuration but the test's own."""
    monkeypatch.setenv("DLT_CONFIG_FOLDER", f"{tmp_path}")
    monkeypatch.setenv("RUNTIME__DLTHUB_TELEMETRY", "false")
    monkeypatch.setenv("RUNTIME__LOG_LEVEL", "ERROR")


@pytest.fixture
def known(box, tmp_path):
    """What `aleta_source` needs to know."""
    import tomllib

    folder = box.write_config(tmp_path / "config")
    tenant = tomllib.loads((folder / "config.toml").read_text())["tenants"]["acme"]
    key = (folder / tenant.pop("private_key_file")).read_text()
    return tenant | {"private_key": key, "api_url": box.url, "auth_url": box.url, "audience": box.url}


@pytest.fixture
def pipeline(tmp_path):
    destination = dlt.destinations.duckdb(f"{tmp_path / 'theirs.duckdb'}")
    made = dlt.pipeline("theirs", pipelines_dir=f"{tmp_path / 'dlt'}", destination=destination, dataset_name="aleta")
    yield made
    made.deactivate()


def source(known, **options):
    return aleta_source(**known | {"requests_per_minute": 0, "resources": truth.CRAWL} | options)


def load(pipeline, what) -> None:
    pipeline.run(what).raise_on_failed_jobs()


def differences(file: Path, box) -> list[str]:
    """Every way in which the tables in *file* are not what the API shows."""
    copy = Path(shutil.copy(file, file.with_name("looked_at.duckdb")))
    with duckdb.connect(f"{copy}") as connection:
        with_fetch_time = connection.execute(
            "SELECT table_name FROM duckdb_columns() WHERE schema_name = 'aleta' AND column_name = 'fetched_at'"
        )
        for (table,) in with_fetch_time.fetchall():
            connection.execute(f"ALTER TABLE aleta.{table} DROP COLUMN fetched_at")
        for links in truth.LINKS.values():
            for table, *_ in links.values():
                connection.execute(f"ALTER TABLE aleta.{table} ADD COLUMN removed_at TIMESTAMPTZ")
    return truth.differences(copy, box.truth("acme"))


def ids(pipeline, sql: str) -> set:
    with pipeline.sql_client() as client:
        return {row[0] for row in client.execute_sql(sql)}


def examples(language: str) -> list[str]:
    """The code of the documentation."""
    return re.findall(rf"^```{language}\n(.*?)^```$", GUIDE.read_text(), re.MULTILINE | re.DOTALL)


def shown(pipeline) -> set:
    """The ids of the transactions that are still there, by the query of the documentation."""
    (current,) = examples("sql")
    return ids(pipeline, f"SELECT id FROM ({current}) still_there")


def asked_whole(box) -> int:
    return sum(one.query.get("fromDate") == "1970-01-01" for one in box.requests)


def test_everything_arrives_exact(pipeline, box, known, tmp_path):
    """All tables of the catalogue equal what the API shows, digit by digit, behind a cap that nobody told."""
    load(pipeline, source(known))

    assert differences(tmp_path / "theirs.duckdb", box) == []


def test_the_next_run_reads_the_look_back_only_and_takes_what_changed(pipeline, box, known, tmp_path):
    """Marks are in the state of the dlt resource; late and edited rows of the look-back come in."""
    load(pipeline, source(known))
    box.mutate_night("acme", 1, within_days=20, **CHANGES | {"deleted": 0})
    box.reset_requests()

    load(pipeline, source(known))

    assert asked_whole(box) <= 1  # the largest answer, asked again as a proof of the cap
    assert differences(tmp_path / "theirs.duckdb", box) == []


def test_receipts_tell_which_rows_are_gone(pipeline, box, known):
    """The source deletes nothing; the documented query leaves exactly what the API still shows."""
    load(pipeline, source(known))
    box.mutate_night("acme", 2, within_days=20, **CHANGES)

    load(pipeline, source(known))

    there = box.truth("acme").transactions.keys()
    assert ids(pipeline, "SELECT id FROM transactions") > there
    assert shown(pipeline) == there


@pytest.mark.parametrize("seed", range(4))
def test_nights_of_changes_of_all_ages_come_in_when_all_is_read(pipeline, box, known, seed):
    """With a look-back beyond the history the same holds for rows of any day, whatever the windows were."""
    load(pipeline, source(known, look_back_days=20_000, row_cap=40 if seed % 2 else 0))
    for night in range(2):
        box.mutate_night("acme", 10 * seed + night, **CHANGES)
        load(pipeline, source(known, look_back_days=20_000, row_cap=40 if seed % 2 else 0))

        assert shown(pipeline) == box.truth("acme").transactions.keys()


def test_transactions_alone_walk_their_parents(pipeline, box, known):
    """`with_resources` loads what it names; accounts are found all the same, users are not asked for."""
    load(pipeline, source(known).with_resources("transactions"))

    assert ids(pipeline, "SELECT id FROM transactions") == box.truth("acme").transactions.keys()
    assert not [one for one in box.requests if one.path.endswith("/users")]
    assert "accounts" not in pipeline.default_schema.data_table_names()


def test_names_select_as_with_resources_does(pipeline, box, known):
    """`resources` names tables, with dlt's own configuration too."""
    load(pipeline, source(known, resources=["accounts", "clients"]))

    assert {"accounts", "clients"} <= set(pipeline.default_schema.data_table_names())
    assert not [one for one in box.requests if one.path.endswith("/transactions")]


def test_a_limit_leaves_a_mark_no_further_than_its_rows(pipeline, box, known):
    """`add_limit` cuts an extraction short; the next run without it reads what is missing."""
    load(pipeline, source(known).add_limit(1))

    load(pipeline, source(known))

    assert ids(pipeline, "SELECT id FROM transactions") == box.truth("acme").transactions.keys()


def test_a_source_can_be_run_twice(pipeline, box, known):
    """The objects are walked in every run, not remembered from the first."""
    twice = source(known)
    load(pipeline, twice)
    box.mutate("acme", "new_account")

    load(pipeline, twice)

    assert ids(pipeline, "SELECT id FROM accounts") == box.truth("acme").accounts.keys()


def test_an_earlier_history_start_reads_from_there(pipeline, box, known):
    """What lies before the mark's beginning was never read."""
    recent = f"{SMALL['today'].replace(day=1)}"
    load(pipeline, source(known, history_start=recent))
    assert ids(pipeline, "SELECT id FROM transactions") < box.truth("acme").transactions.keys()

    load(pipeline, source(known))

    assert ids(pipeline, "SELECT id FROM transactions") == box.truth("acme").transactions.keys()


def forbidden(box) -> str:
    """The account with the most rows: it is listed and may not be read any more."""
    booked = Counter(
        said["relationships"]["account"]["data"]["id"]
        for said in box.truth("acme").transactions.values()
        if "account" in said["relationships"]
    )
    own_id = booked.most_common(1)[0][0]
    box.mutate("acme", "account_forbidden", account=own_id)
    return own_id


def test_what_cannot_be_read_is_an_error_that_loads_nothing(pipeline, box, known):
    """Never silently incomplete: one forbidden account fails the run, and the state stays as it was."""
    own_id = forbidden(box)

    with pytest.raises(Exception, match=own_id):
        load(pipeline, source(known))

    assert not pipeline.state.get("sources", {}).get("aleta", {}).get("resources")


def test_skip_loads_the_rest_and_names_what_is_missing(pipeline, box, known):
    """`on_failure="skip"`: the receipts name the account, the others are complete."""
    before = box.truth("acme").transactions.keys()
    own_id = forbidden(box)

    load(pipeline, source(known, on_failure="skip"))

    assert ids(pipeline, "SELECT parent_id FROM sync_windows WHERE status = 'failed'") == {own_id}
    assert ids(pipeline, "SELECT id FROM transactions") == box.truth("acme").transactions.keys() < before


def test_the_key_is_nowhere_in_what_dlt_keeps(pipeline, box, known, tmp_path):
    """S1: neither state nor trace nor packages nor the tables hold a line of the private key."""
    load(pipeline, source(known))

    secret = known["private_key"].splitlines()[1].encode()
    kept = [one for one in (tmp_path / "dlt").rglob("*") if one.is_file()]
    assert kept
    assert [one for one in [*kept, tmp_path / "theirs.duckdb"] if secret in one.read_bytes()] == []


def test_iterating_needs_no_pipeline(box, known):
    """A source is an iterable like any other of dlt's."""
    rows = [row for table in source(known).with_resources("clients") for row in table.to_pylist()]

    assert {row["id"] for row in rows} == box.truth("acme").clients.keys()


def test_the_documented_example_runs_as_it_stands(box, known, tmp_path):
    """Configured as it says, it loads everything and prints a line for each month that has rows."""
    configured = {f"SOURCES__ALETA__{name.upper()}": value for name, value in known.items()}
    (tmp_path / "example.py").write_text(examples("python")[0])

    ended = subprocess.run(
        [sys.executable, "example.py"],
        check=True,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=os.environ
        | configured
        | {"PYTHONPATH": f"{GUIDE.parents[1]}", "DLT_DATA_DIR": f"{tmp_path / 'dlt'}"}
        | {"SOURCES__ALETA__RESOURCES": json.dumps(truth.CRAWL)},
    )

    days = (said["attributes"]["tradeDate"] for said in box.truth("acme").transactions.values())
    assert [line.split()[0] for line in ended.stdout.splitlines()] == sorted({day[:7] for day in days})
    assert differences(tmp_path / "custody.duckdb", box) == []


def test_every_argument_is_documented():
    """The table names what `aleta_source` takes, and nothing else."""
    from inspect import signature

    section = GUIDE.read_text().partition("## What it takes")[2].partition("## What it gives")[0]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    named = {word for row in rows for word in re.findall(r"`(\w+)`", row)}
    assert named == set(signature(aleta_source).parameters)


def test_importing_the_package_does_not_import_dlt():
    """The core runs without dlt: only who asks for `aleta_source` imports it."""
    code = "import sys, sources.aleta, sources.aleta.catalogue; sys.exit('dlt' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=Path(__file__).parents[2]).returncode == 0


def test_postgresql_in_someone_else_s_pipeline(box, known, tmp_path):
    """The same source fills PostgreSQL, and the documented query finds there what is gone."""
    with running() as server:
        database = server.database()
        pipeline = dlt.pipeline(
            "theirs",
            pipelines_dir=f"{tmp_path / 'dlt'}",
            destination=dlt.destinations.postgres(database.url),
            dataset_name="aleta",
        )
        pipeline.run(source(known), loader_file_format="insert_values").raise_on_failed_jobs()
        assert differences(database.copy("aleta", tmp_path / "copy.duckdb"), box) == []

        box.mutate_night("acme", 3, within_days=20, **CHANGES)
        pipeline.run(source(known), loader_file_format="insert_values").raise_on_failed_jobs()

        assert shown(pipeline) == box.truth("acme").transactions.keys()
        pipeline.deactivate()
