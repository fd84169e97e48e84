"""The notebook for analysts, where it cannot be run: `tests/readers/test_explore.py` runs it with DuckDB 1."""

from __future__ import annotations

import re
import sys
from pathlib import Path

NOTEBOOK = Path(__file__).parents[3] / "docs" / "explore.py"
GONE_IN_DUCKDB_2 = r"\.(?:fetchone|execute)\("
"""A relation has no `fetchone`, and a connection with an unread result of `execute` takes no other query."""


def test_the_notebook_asks_in_ways_that_duckdb_1_and_2_have():
    """Who installs DuckDB today gets 2.x."""
    assert re.findall(GONE_IN_DUCKDB_2, NOTEBOOK.read_text()) == []
    assert re.findall(GONE_IN_DUCKDB_2, 'db.execute("SELECT 1").fetchone()') == [".execute(", ".fetchone("]


def test_the_page_installs_what_the_notebook_needs():
    """Its imports, and pyarrow, by way of which DuckDB hands rows to polars."""
    text = NOTEBOOK.read_text()
    needed = set(re.findall(r"^ *import (\w+)", text, re.MULTILINE)) - sys.stdlib_module_names
    assert ".pl()" in text
    [line] = re.findall(r"^\$ pip install (marimo .+)$", (NOTEBOOK.parent / "analyst.md").read_text(), re.MULTILINE)

    assert set(line.split()) == needed | {"pyarrow"}
