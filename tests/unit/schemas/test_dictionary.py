"""The data dictionary."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.publish import snapshot
from schemas.dictionary import text
from schemas.table import fact, name_of, naturally_keyed, number
from schemas.tables import TABLES

PAGE = Path(__file__).parents[3] / "docs" / "tables.md"


def test_the_page_is_current():
    """A changed schema without `make docs` fails here."""
    assert PAGE.read_text(encoding="utf-8") == text(TABLES)


def test_what_make_docs_runs_writes_the_page():
    """The script prints what the function says, and nothing else."""
    printed = subprocess.run(
        [sys.executable, "-m", "schemas.dictionary"], capture_output=True, check=True, cwd=PAGE.parents[1]
    )
    assert printed.stdout.decode() == text(TABLES)


@pytest.mark.parametrize("schema", [pytest.param(schema, id=name_of(schema)) for schema in TABLES])
def test_a_table_has_a_section_with_all_of_its_columns(schema):
    """What analysts look up is there."""
    section = text(TABLES).split(f"\n## {name_of(schema)}\n")[1].split("\n## ")[0]
    assert f"{fact(schema, 'description')}.".replace("|", "&#124;") in section
    assert [line.split("`")[1] for line in section.splitlines() if line.startswith("| `")] == schema.names


@pytest.mark.parametrize("schema", [pytest.param(schema, id=name_of(schema)) for schema in TABLES])
def test_types_are_those_that_are_published(schema):
    """The page promises what the copies hold."""
    section = text(TABLES).split(f"\n## {name_of(schema)}\n")[1].split("\n## ")[0]
    types = [line.split("|")[2].strip() for line in section.splitlines() if line.startswith("| `")]
    assert types == [snapshot.sql_type(field) for field in schema]


def test_a_table_says_what_it_leaves_out_and_what_its_key_stands_for():
    """Nobody looks for a column that is not there."""
    schema = naturally_keyed("t", "Ts", [number("a", "A | B", unit="DKK")], natural_key=("a",), left_out=("sumOfA",))

    page = text([schema])

    head = "Ts. Natural key: a.\n\nKey: `row_key`.\n"
    assert f"{head}It stands for the natural key `a`.\nDeliberately not stored: `sumOfA`.\n" in page
    assert "| `a` | DECIMAL(38,12) | DKK | `attributes/a` | A &#124; B |" in page
