"""What other programs make of the published copies: DuckDB 1.x, polars, pandas and delta-rs in `.readers`."""

from __future__ import annotations

import json
import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from sandbox import Sandbox, SandboxSettings
from tests.e2e.program import Program

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def synced(tmp_path_factory):
    """A small world, published in every format."""
    with Sandbox(SandboxSettings(accounts=3, rows=120, years=1, row_cap=40, today=datetime.now(UTC).date())) as box:
        program = Program(
            box, tmp_path_factory.mktemp("readers"), publish=["duckdb", "parquet", "delta"], resources=["*"]
        )
        program.sync()
        return program


@pytest.fixture(scope="module")
def seen(readers, synced):
    """What the readers saw."""
    command = [f"{readers / 'python'}", f"{ROOT / 'tests/readers/read_copies.py'}", f"{synced.tenant_folder()}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=200)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def counted(synced, kind):
    with duckdb.connect(synced.warehouse(), read_only=True) as connection:
        names = connection.execute(f"SELECT {kind}_name FROM duckdb_{kind}s() WHERE schema_name = 'aleta'").fetchall()
        return {name: connection.execute(f'SELECT count(*) FROM aleta."{name}"').fetchone()[0] for (name,) in names}


def amounts(synced):
    return sorted(
        f"{value}" for value in synced.column("SELECT account_amount FROM aleta.transactions") if value is not None
    )


def test_duckdb_1_reads_every_table(synced, seen):
    assert seen["duckdb"]["version"].startswith("1.4.")
    assert seen["duckdb"]["tables"] == counted(synced, "table")


def test_duckdb_1_runs_every_view_and_the_macro(synced, seen):
    assert seen["duckdb"]["views"] == counted(synced, "view")
    assert len(seen["duckdb"]["views"]) >= 6
    assert seen["duckdb"]["macro"] == synced.column("SELECT count(*) FROM aleta.transactions")[0]


def test_duckdb_1_shows_every_comment(seen):
    assert seen["duckdb"]["comments"] == 0


def test_decimals_are_exact_everywhere(synced, seen):
    """In frames of polars, in Arrow, in Parquet and in Delta tables."""
    exact = amounts(synced)
    assert seen["duckdb"]["arrow"] == "decimal128(38, 12)"
    assert exact == seen["duckdb"]["amounts"] == seen["parquet"]["polars"] == seen["parquet"]["pandas"]
    assert exact == seen["delta"]["delta-rs"] == seen["delta"]["polars"] == seen["delta"]["pandas"]


def test_json_is_text_in_parquet(seen):
    assert (seen["parquet"]["polars extra"], seen["parquet"]["pandas extra"]) == ("String", ["str"])


def test_delta_has_every_table(synced, seen):
    assert seen["delta"]["tables"] == counted(synced, "table")


@pytest.mark.parametrize("number", range(5))
def test_the_page_shows_what_works(readers, synced, number):
    """Each piece of Python in docs/published.md, as it stands there."""
    pieces = re.findall(r"^```python\n(.*?)^```", (ROOT / "docs/published.md").read_text(), re.DOTALL | re.MULTILINE)
    assert len(pieces) == 5
    done = subprocess.run(
        [f"{readers / 'python'}", "-c", pieces[number]],
        capture_output=True,
        text=True,
        check=False,
        cwd=synced.folder,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
