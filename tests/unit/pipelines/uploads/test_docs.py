"""docs/uploads.md shows what the program takes."""

from __future__ import annotations

import csv
import re
from datetime import date
from pathlib import Path

import pytest

from pipelines.uploads.file import FileError, read
from pipelines.uploads.kinds import KINDS
from sandbox import SandboxSettings
from sandbox.state.store import Store
from sandbox.world.world import build

DOCS = Path(__file__).parents[4] / "docs"
PAGE = (DOCS / "uploads.md").read_text()


@pytest.mark.parametrize("name", KINDS)
def test_the_example_of_each_kind_is_whole_and_stands_on_the_page(name):
    """The file has no mistake, and the page shows it to the letter."""
    file = DOCS / "uploads" / f"{name}.csv"

    assert read(file, KINDS[name]).rows
    assert f"`{name}.csv`\n```csv\n{file.read_text()}```" in PAGE


def test_the_ids_of_the_examples_are_those_of_the_sandbox_that_the_page_names():
    """Whoever follows the page there has rows confirmed, not rejected."""
    numbers = re.findall(r"`aleta-sync sandbox --seed (\d+) --accounts (\d+) --rows (\d+)`", PAGE)
    [(seed, accounts, rows)] = [map(int, found) for found in numbers]
    settings = SandboxSettings(seed=seed, accounts=accounts, rows=rows)
    now = Store(build(settings, tenant="acme", today=date(2026, 11, 26)), seed=f"{seed}:acme").truth()
    known = {*now.accounts, *now.depositories, *now.instruments}
    for name in KINDS:
        lines = csv.DictReader((DOCS / "uploads" / f"{name}.csv").read_text().splitlines(), delimiter=";")
        assert {line[column] for line in lines for column in line if column.endswith("_id")} <= known


@pytest.mark.parametrize("name", KINDS)
def test_the_page_lists_the_columns_of_each_kind(name):
    """Optional ones in brackets."""
    columns = [f"[`{column.name}`]" if column.optional else f"`{column.name}`" for column in KINDS[name].columns]

    assert f"| `{name}` | {' '.join(columns)} |" in PAGE


def test_the_mistakes_on_the_page_are_those_of_the_file():
    """Line, code and words."""
    with pytest.raises(FileError) as caught:
        read(DOCS / "uploads" / "mistakes.csv", KINDS["account-holdings"])

    shown = re.findall(r"^  - line (\d+): \[(\w+)\] (.*)$", PAGE, re.MULTILINE)[:3]
    assert [(f"{mistake.line}", mistake.code, mistake.message) for mistake in caught.value.mistakes] == shown
