"""docs/views.md: current, complete, and printed as an analyst sees it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from schemas.guide import text
from schemas.views.view import Column, View
from tests.unit.schemas.views.memory import each_view

PAGE = Path(__file__).parents[4] / "docs" / "views.md"


# -- the page


def test_the_page_is_current():
    """A changed view, or an example that now prints something else, fails here without `make docs`."""
    assert PAGE.read_text(encoding="utf-8") == text()


def test_what_make_docs_runs_writes_the_page():
    """The script prints what the function says, and nothing else."""
    printed = subprocess.run(
        [sys.executable, "-m", "schemas.guide"], capture_output=True, check=True, cwd=PAGE.parents[1]
    )
    assert printed.stdout.decode() == text()


@each_view
def test_every_view_is_on_the_page_with_an_example_that_prints_something(view):
    """An example without a row shows nothing."""
    section = PAGE.read_text(encoding="utf-8").split(f"\n## {view.name}\n")[1].split("\n## ")[0]
    assert f"```sql\n{view.example}\n```" in section
    assert len(section.split("```")[2].strip().splitlines()) > 2
    assert [line.split("`")[1] for line in section.splitlines() if line.startswith("| `")] == [
        column.name for column in view.columns
    ]


def test_a_result_shows_nulls_lists_and_bars():
    """What Markdown would take for a column is no column."""
    view = View(
        name="v",
        description="One",
        columns=(Column(name="a", description="A"),),
        reads=(),
        sql="SELECT 1 AS a",
        question="What?",
        example="SELECT NULL AS nothing, ['a', 'b'] AS some, true AS flag, 'x|y' AS bar FROM aleta.v",
    )

    assert "| nothing | some | flag | bar |\n| --- | --- | --- | --- |\n|  | a, b | true | x&#124;y |\n" in text([view])
