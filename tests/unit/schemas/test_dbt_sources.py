"""dbt/models/sources.yml: current, complete, and YAML."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import yaml

from schemas.dbt_sources import text
from schemas.table import fact, key_of, name_of
from schemas.tables import TABLES

FILE = Path(__file__).parents[3] / "dbt" / "models" / "sources.yml"


def test_the_file_is_current_and_what_make_docs_writes():
    """A changed schema fails here without `make docs`."""
    printed = subprocess.run(
        [sys.executable, "-m", "schemas.dbt_sources"], capture_output=True, check=True, cwd=FILE.parents[2]
    )

    assert FILE.read_text(encoding="utf-8") == text() == printed.stdout.decode()


def test_every_table_and_column_is_described():
    """As in the DuckDB file; a key of one column is tested to be one."""
    (source,) = yaml.safe_load(text())["sources"]
    tables = {table["name"]: table for table in source["tables"]}

    assert list(tables) == [name_of(schema) for schema in TABLES]
    for schema in TABLES:
        table = tables[name_of(schema)]
        assert table["description"] == fact(schema, "description")
        assert [column["name"] for column in table["columns"]] == schema.names
        assert all(column["description"] and column["data_type"] for column in table["columns"])
        tested = [column["name"] for column in table["columns"] if "data_tests" in column]
        assert tested == (list(key_of(schema)) if len(key_of(schema)) == 1 else [])


def test_freshness_is_that_of_the_last_complete_run():
    """Of every table: one that did not change is not stale."""
    (source,) = yaml.safe_load(text())["sources"]

    assert "sync_runs" in source["config"]["loaded_at_query"]
    assert source["config"]["freshness"].keys() == {"warn_after", "error_after"}
