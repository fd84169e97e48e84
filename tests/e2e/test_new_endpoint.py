"""Another endpoint, as CONTRIBUTING.md says it is added: its lines, put into a copy of the code, and a sync of it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

pytestmark = pytest.mark.long
ROOT = Path(__file__).parents[2]
CODE = ("pipelines", "sources", "schemas", "sandbox", "tests")
FEW = 20
STEP = re.compile(
    r"(?:[Aa]t the end of|[Ii]n) `(?P<file>[\w/]+\.py)`(?:[^`]*?after the line\s+`(?P<line>[^`]+)`)?"
    r".*?```text\n(?P<code>.*?)```",
    re.DOTALL,
)
SYNC = """
import json, sys
from pathlib import Path
from sandbox import Sandbox, SandboxSettings
from tests import beyond
from tests.e2e.conftest import SMALL
from tests.e2e.program import Program

with Sandbox(SandboxSettings(**SMALL | {"row_cap": 20, "computed_days": 3, "instruments": 8})) as box:
    program = Program(box, Path(sys.argv[1]), resources=["splits"])
    first, planned, quiet = program.sync(), program.run("plan", "--json"), program.sync()
    verified = program.run("verify", "--all", "--json")
    print(json.dumps({
        "differences": beyond.differences(program.warehouse(), box.truth("acme"), tables=("splits",)),
        "rows": program.column("SELECT count(*) FROM aleta.splits")[0],
        "days": program.column("SELECT count(DISTINCT date) FROM aleta.splits")[0],
        "counts": [ended.counts("splits") for ended in (first, quiet)],
        "planned": planned.tenant()["resources"]["splits"]["requests"],
        "verified": [verified.exit, verified.tenant()["status"]],
        "marks": program.column("SELECT count(*) FROM aleta.sync_marks WHERE resource = 'splits'")[0],
        "comments": program.column("SELECT comment FROM duckdb_columns() WHERE table_name = 'splits'"),
    }))
"""


@dataclass(frozen=True, slots=True)
class Step:
    """Lines for a file, after a line of it, or at its end."""

    file: str
    after: str | None
    code: str


def steps() -> list[Step]:
    page = (ROOT / "CONTRIBUTING.md").read_text().partition("### Another endpoint")[2].partition("\n## ")[0]
    return [Step(match["file"], match["line"], match["code"]) for match in STEP.finditer(page)]


def put(text: str, step: Step) -> str:
    """*text* with the lines of *step*; the line to look for must be there once."""
    if step.after is None:
        return f"{text}\n\n{step.code}" if not text.endswith("\n\n") else text + step.code
    lines = text.splitlines(keepends=True)
    [place] = [number for number, line in enumerate(lines) if line.strip() == step.after]
    return "".join([*lines[: place + 1], step.code, *lines[place + 1 :]])


@pytest.fixture(scope="module")
def extended(tmp_path_factory) -> Path:
    """A copy of the code with one more endpoint."""
    copy = tmp_path_factory.mktemp("extended")
    for folder in CODE:
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", copy)
    for step in steps():
        file = copy / step.file
        file.write_text(put(file.read_text(), step))
    return copy


@pytest.fixture(scope="module")
def synced(extended, tmp_path_factory) -> dict:
    """What became of two nights of it."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("ALETA", "TENANTS__"))}
    ended = subprocess.run(
        [sys.executable, "-c", SYNC, f"{tmp_path_factory.mktemp('splits')}"],
        capture_output=True,
        text=True,
        cwd=extended,
        env=plain | {"PYTHONPATH": f"{extended}", "PYTHONSAFEPATH": "1"},
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


def test_it_takes_less_than_twenty_lines():
    """One row of the catalogue, one schema, one page of the sandbox, and what the tests must know of it."""
    added = [line for step in steps() for line in step.code.splitlines()]

    assert {step.file.partition("/")[0] for step in steps()} == {"schemas", "sources", "sandbox", "tests"}
    assert [step.file for step in steps()].count("sources/aleta/catalogue/catalogue.py") == 1
    assert 10 < len(added) < FEW


def test_it_is_synced_to_the_last_digit(synced):
    """Every row of every instrument that is met, in windows of its own, behind a cap that nobody told."""
    assert synced["differences"] == []
    assert synced["rows"] > 0
    assert synced["days"] > 1
    assert synced["counts"][0]["added"] == synced["rows"]


def test_it_has_marks_a_plan_and_a_proof(synced):
    """A night later nothing is loaded, `plan` knows its cost, `verify` reads it, and its columns are described."""
    quiet = synced["counts"][1]

    assert (quiet["added"], quiet["modified"], quiet["removed"]) == (0, 0, 0)
    assert synced["planned"] == quiet["requests"] > 0
    assert synced["verified"] == [0, "equal"]
    assert synced["marks"] > 0
    assert all(synced["comments"])


@pytest.mark.parametrize("command", [("ruff", "format", "--check"), ("ruff", "check")], ids=" ".join)
def test_the_lines_are_written_as_the_house_writes(extended, command):
    """What is copied from the page passes `make check`."""
    files = sorted({step.file for step in steps()})
    ended = subprocess.run(
        [Path(sys.executable).parent / command[0], *command[1:], *files],
        cwd=extended,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 0, ended.stdout


def test_a_line_that_is_not_there_is_noticed():
    """Sabotage: the page would lead nowhere."""
    with pytest.raises(ValueError, match="not enough values"):
        put("a\nb\n", Step("x.py", "c", "d\n"))


def test_the_catalogue_knows_it_and_whatever_is_compared_does_too(extended):
    """Nothing of it is left to be remembered by somebody."""
    code = (
        "from sources.aleta.catalogue.catalogue import CATALOGUE; from schemas.tables import TABLES;"
        "from tests import beyond;"
        "names = {one.metadata[b'table'].decode() for one in TABLES};"
        "assert {'splits'} == ({'splits'} & names & CATALOGUE.keys() & beyond.KEYS.keys())"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=extended, env=os.environ | {"PYTHONPATH": f"{extended}"}, check=False
    )

    assert ended.returncode == 0
