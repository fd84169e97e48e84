"""Planted bugs: for each rule a way to break it, and a short history in which the oracle sees that it is broken.

Each history is played twice from the same state: with the bug the oracle must object, without it must not. What no
history shows has a check of its own (`tests/histories/rule_checks.py`), which is run twice in the same way.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.histories.bugs import BUGS
from tests.histories.planted_cases import CASES
from tests.histories.replaced import strangers
from tests.histories.rule_checks import SABOTAGE
from tests.histories.runner import WARM, Order, Runner
from tests.histories.scene import Kept, Scene

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "reliability.md"


@pytest.fixture(scope="session")
def first_night(runner: Runner, tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """What the first sync of the plain world leaves."""
    folder = tmp_path_factory.mktemp("first_night")
    with Scene(runner, folder) as scene:
        scene.sync()
        return scene.keep(folder / "kept")


SOME = (
    *("trials_left_out", "cut_answers_kept", "parts_leave_a_day_out"),
    *("list_believed", "mark_outruns_the_day", "missed_in_part_means_removed"),
    *("no_answer_read_as_no_rows", "pending_package_skipped", "state_written_before_rows"),
    *("first_304_believed", "shown_rows_forgotten"),
)
"""Four of the rules W, one of L, M, D, F and V each, two of C; `make oracle` plants all of them."""
PLANTED = CASES if os.environ.get("EVERY_STEP") else SOME


@pytest.mark.long
@pytest.mark.parametrize("name", [pytest.param(name, id=name) for name in PLANTED])
def test_a_planted_bug_is_caught(runner: Runner, first_night: Kept, tmp_path: Path, name: str):
    """The oracle objects to the bug, in words that fit, and to nothing where it is not there."""
    case = CASES[name]
    with Scene(runner, tmp_path, aleta=case.aleta, **case.world) as scene:
        scene.package_rows = case.package_rows
        if case.synced and case.world:
            scene.sync()
        elif case.synced:
            scene.resume(first_night)
        case.then(scene)

        with scene.rehearsal(name), pytest.raises(AssertionError, match=case.objection) as caught:
            case.play(scene)

        assert "unforeseen" not in str(caught.value), "caught for how it is planted, not for what it does"
        case.play(scene)


@pytest.mark.parametrize("name", [pytest.param(name, id=name) for name in SABOTAGE])
def test_a_planted_bug_that_no_history_shows_is_caught(runner: Runner, tmp_path: Path, name: str):
    """The check of its rule objects to the bug, in words that fit, and to nothing where it is not there."""
    found = {}
    for bug in (name, ""):
        (folder := tmp_path / f"with_{bug}").mkdir()
        order = Order(tenants=(), now=WARM, what="check", check=name, folder=folder, bug=bug)
        found[bug] = runner.run(order).report

    assert re.search(SABOTAGE[name].objection, "\n".join(found[name])), found
    assert found[""] == []


def test_each_bug_has_one_way_to_be_caught():
    """A history or a check, not both; nothing is to be caught that is not planted."""
    assert not CASES.keys() & SABOTAGE.keys()
    assert CASES.keys() | SABOTAGE.keys() == BUGS.keys()


def test_every_bug_replaces_something_that_is_there():
    """Also those that the suite does not plant: none of them outlives what it breaks."""
    command = [sys.executable, "-m", "tests.histories.replaced"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)

    assert (ended.returncode, ended.stdout) == (0, ""), ended.stderr


def test_a_bug_that_replaces_nothing_is_seen(monkeypatch: pytest.MonkeyPatch):
    """Sabotage: a function of that name is gone, or the module has moved."""
    module = ModuleType("module")
    monkeypatch.setitem(BUGS, "adds", lambda: setattr(module, "gone", None))
    monkeypatch.setitem(BUGS, "fails", lambda: module.moved)

    assert strangers("adds", [module]) == ["adds adds module.gone"]
    assert "AttributeError" in strangers("fails", [module])[0]


def test_the_page_on_reliability_names_every_planted_bug():
    """docs/reliability.md has a row for each, and for no other."""
    section = PAGE.read_text().partition("## Planted bugs")[2].partition("\n## ")[0]
    rows = [line.split("|")[1].strip(" `") for line in section.splitlines() if line.startswith("| `")]

    assert sorted(rows) == sorted(BUGS)
