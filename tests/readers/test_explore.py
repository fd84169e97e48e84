"""The notebook, run headless on a published warehouse."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from tests.readers.conftest import ROOT

pytestmark = pytest.mark.long
NOTEBOOK = ROOT / "docs" / "explore.py"
TITLES = (
    "Balance at the end of each day",
    "Money in and out by category",
    "Positions by class",
    "Time-weighted return of each month",
    "What each run found changed",
)


def run(readers, folder, program, *args):
    command = [f"{readers / program}", *args]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder, timeout=200)


@pytest.fixture(scope="module")
def page(readers, office, tmp_path_factory):
    """What a browser would show: every cell with its output."""
    folder = tmp_path_factory.mktemp("explore")
    warehouse = ["--", "--warehouse", f"{office.warehouse()}"]
    notebook = shutil.copy(NOTEBOOK, folder)  # marimo leaves a session beside it
    done = run(readers, folder, "marimo", "-q", "export", "html", notebook, "-o", "explore.html", *warehouse)
    assert done.returncode == 0, done.stderr
    return (folder / "explore.html").read_text()


@pytest.mark.parametrize("title", TITLES)
def test_every_picture_is_drawn(page, title):
    """Each with data: an office with two nights has some of everything."""
    assert title in page


def test_there_is_a_picture_for_each_question(page):
    assert page.count("vegalite.v") == len(TITLES)


def test_it_runs_as_a_script_and_is_tidy(readers, office, tmp_path):
    """No cell fails; marimo finds nothing to complain about."""
    script = run(readers, tmp_path, "python", f"{NOTEBOOK}", "--", "--warehouse", f"{office.warehouse()}")
    tidy = run(readers, tmp_path, "marimo", "check", "--strict", f"{NOTEBOOK}")

    assert (script.returncode, script.stderr) == (0, "")
    assert tidy.returncode == 0, tidy.stdout


def test_a_warehouse_that_is_not_there_fails_loudly(readers, tmp_path):
    """Not with empty pictures."""
    done = run(readers, tmp_path, "python", f"{NOTEBOOK}", "--", "--warehouse", f"{tmp_path / 'none.duckdb'}")

    assert done.returncode != 0
    assert "none.duckdb" in done.stderr
