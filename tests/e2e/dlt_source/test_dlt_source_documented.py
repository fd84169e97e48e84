"""The source as it is documented, and imported."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from sources.aleta import aleta_source
from tests import truth
from tests.e2e.dlt_source.theirs import GUIDE, differences, examples

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # dlt's own


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


def test_what_a_copy_of_the_source_needs_is_documented():
    """The packages that the page installs are those that the two folders import; the others come with one of these."""
    root = GUIDE.parents[1]
    files = [file for folder in ("sources", "schemas") for file in (root / folder).rglob("*.py")]
    imported = (
        {name for file in files for name in imports(file)} - set(sys.stdlib_module_names) - {"sources", "schemas"}
    )
    line = next(line for line in GUIDE.read_text().splitlines() if line.startswith('$ pip install "dlt'))
    installed = {re.match(r"\w+", word)[0] for word in line.replace('"', "").split()[3:]}

    not_needed = {"azure", "duckdb", "urllib3"}  # a vault's keys; the page of views; comes with requests
    assert imported - not_needed == installed - {"pyjwt"} | {"jwt"}


def imports(file: Path) -> set[str]:
    """The first word of each module that *file* imports by its whole name."""
    nodes = list(ast.walk(ast.parse(file.read_text())))
    whole = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    parts = [node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module and not node.level]
    return {name.split(".")[0] for name in whole + parts}


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

    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=Path(__file__).parents[3]).returncode == 0
