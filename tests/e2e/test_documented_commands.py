"""The commands of the documentation, run one after another against one office; those that are not say why."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from sandbox import Sandbox, SandboxSettings
from tests.documented import PAGES, ROOT, blocks, sql_blocks
from tests.e2e.program import Program

RUN = list(
    dict.fromkeys(
        tuple(words[1:])
        for name in ("getting-started", "operator", "analyst", "integrator")
        for block in blocks(ROOT / "docs" / f"{name}.md")
        if not block.reason
        for words in block.commands()
    )
)
"""Each once, in the order of the pages."""
NO_STREAM = "assert not any(isinstance(value, pyarrow.RecordBatchReader) for value in list(globals().values()))"


@pytest.fixture(scope="module")
def read(tmp_path_factory):
    """An office that was synced."""
    settings = SandboxSettings(ordinary=True, accounts=4, rows=200, years=1, computed_days=10)
    with Sandbox(settings) as box:
        program = Program(box, tmp_path_factory.mktemp("office"))
        program.sync()
        yield program


@pytest.mark.parametrize("words", RUN, ids=" ".join)
def test_a_command_that_is_shown_works(read, words):
    """By itself, after a sync: the pages are not read in one order."""
    ended = read.run(*words)

    assert ended.exit == 0, ended.out + ended.err


def test_every_page_is_run_or_says_why_not():
    """What is not run here stands on no other page unmarked."""
    left = [
        f"{block.place}: {' '.join(words)}"
        for page in PAGES
        for block in blocks(page)
        if not block.reason
        for words in block.commands()
        if tuple(words[1:]) not in RUN
    ]

    assert left == []
    assert len(RUN) > 12


@pytest.mark.parametrize("page", ["README", "docs/analyst", "docs/concepts", "docs/drift", "docs/webhooks"])
def test_every_query_that_is_shown_runs(read, page):
    """On what the office has; those of the views are tested with their results, dlt's in a pipeline of its own."""
    queries = sql_blocks(ROOT / f"{page}.md")

    assert queries
    for query in queries:
        read.rows(query)


@pytest.mark.parametrize("page", ["README", "docs/analyst", "docs/getting-started"])
def test_python_that_is_shown_opens_the_warehouse(read, page):
    """Beside `data`, and no result is a stream that blocks the next query; polars is tried by `make readers`."""
    blocks = [
        block
        for block in re.findall(r"```python\n(.*?)```", (ROOT / f"{page}.md").read_text(), re.DOTALL)
        if "duckdb.connect(" in block
    ]

    assert blocks
    for block in blocks:
        lines = [line for line in block.splitlines() if ".pl()" not in line]
        script = "\n".join(["import pyarrow", *lines, NO_STREAM])
        subprocess.run([sys.executable, "-c", script], cwd=read.folder, check=True, timeout=60)
