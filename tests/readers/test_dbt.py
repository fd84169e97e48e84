"""The dbt project, built for real with dbt-duckdb on a published warehouse."""

from __future__ import annotations

import json
import subprocess

import duckdb
import pytest

from tests.readers.conftest import ROOT

pytestmark = pytest.mark.long  # half a minute of dbt; what its models rest on, every other reader opens

PROJECT = ROOT / "dbt"


@pytest.fixture(scope="module")
def built(readers, office, tmp_path_factory):
    """Where `dbt build` and `dbt source freshness` left their results and the models."""
    folder = tmp_path_factory.mktemp("dbt")
    for command in (["build"], ["source", "freshness"]):
        done = dbt(readers, office, folder, *command)
        assert done.returncode == 0, done.stdout
        (folder / f"{command[0]}.json").write_text((folder / "target" / "run_results.json").read_text())
    return folder


def dbt(readers, office, folder, *command):
    places = {"ALETA_WAREHOUSE": f"{office.warehouse()}", "ALETA_MARTS": f"{folder / 'marts.duckdb'}"}
    flags = ["--project-dir", PROJECT, "--profiles-dir", PROJECT, "--target-path", folder / "target"]
    return subprocess.run(
        [f"{readers / 'dbt'}", "--log-path", f"{folder}", *command, *map(str, flags)],
        capture_output=True,
        text=True,
        check=False,
        timeout=250,
        env={"PATH": "/usr/bin:/bin", "HOME": f"{folder}", "DBT_SEND_ANONYMOUS_USAGE_STATS": "false", **places},
    )


def test_models_are_built_and_every_test_passes(built):
    """Keys are unique, references hold, flows add up to transactions."""
    results = json.loads((built / "build.json").read_text())["results"]

    statuses = {result["unique_id"]: result["status"] for result in results}
    assert set(statuses.values()) == {"success", "pass"}
    assert len([name for name in statuses if name.startswith("model.")]) == len(list(PROJECT.glob("models/*.sql")))
    assert len([name for name in statuses if name.startswith("test.")]) > 80


def test_every_source_is_fresh_after_a_complete_run(built):
    """A table that did not change is as fresh as the run that found it so."""
    results = json.loads((built / "target" / "sources.json").read_text())["results"]

    assert {result["status"] for result in results} == {"pass"}
    assert len(results) > 40


def test_models_agree_with_the_views(office, built):
    """The same questions, answered by other SQL."""
    with duckdb.connect(built / "marts.duckdb", read_only=True) as marts:
        flows = marts.execute(
            "SELECT account_id, month, type, is_internal, movements, inflow, outflow, net "
            "FROM fct_cash_flows_monthly ORDER BY ALL"
        ).fetchall()
        changes = marts.execute("SELECT op, sum(changes), sum(late_changes) FROM fct_changes GROUP BY 1 ORDER BY 1")

        assert flows == office.rows(
            "SELECT account_id, month, type, internal, movements, inflow, outflow, net "
            "FROM aleta.flows_by_month ORDER BY ALL"
        )
        assert changes.fetchall() == office.rows(
            "SELECT op, count(*), count(*) FILTER (late) FROM aleta.changes_by_run GROUP BY 1 ORDER BY 1"
        )


def test_a_broken_promise_fails_the_build(readers, office, built, tmp_path):
    """An account twice: dbt's exit says so. The checker is seen to fail."""
    broken = tmp_path / "broken.duckdb"
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{office.warehouse()}' AS good (READ_ONLY)")
        connection.execute(f"ATTACH '{broken}' AS bad (STORAGE_VERSION 'v1.0.0')")
        connection.execute("CREATE SCHEMA bad.aleta")
        for name in ("accounts", "legal_entities", "clients"):
            connection.execute(f"CREATE TABLE bad.aleta.{name} AS FROM good.aleta.{name}")
        connection.execute("INSERT INTO bad.aleta.accounts FROM good.aleta.accounts")
    office_of_two = type("Broken", (), {"warehouse": staticmethod(lambda: broken)})

    done = dbt(readers, office_of_two, tmp_path, "build", "--select", "dim_accounts")

    assert done.returncode == 1
    assert "unique_dim_accounts_account_id" in done.stdout
