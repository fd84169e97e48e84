"""`kill -9` before every single step of a run; what follows must end as if nothing had happened.

The suite takes some of the steps, `make oracle` all of them.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.histories.cuts import Cut
from tests.histories.runner import Runner
from tests.histories.scene import Scene

EVERY = int(os.environ.get("EVERY_STEP", "0"))
LAST = 1000  # no run of these worlds has as many


def first(_: Scene) -> None:
    """A first load follows."""


def night(scene: Scene) -> None:
    """A night with changes of every kind follows, and whole histories are read again."""
    scene.sync()
    for kind in ("late", "edit", "delete", "move", "rename"):
        scene.change(kind, **{"count": 2} if kind != "rename" else {})
    scene.configure(reverify_days=0)


@pytest.mark.timeout(0 if EVERY else 120)
@pytest.mark.parametrize(
    ("prepare", "at", "some"),
    [
        pytest.param(first, "file", (70, 140, 200), id="first-file"),
        pytest.param(first, "sql", (10, 25, 45), id="first-sql"),
        pytest.param(night, "file", (20, 44, 71), id="night-file"),
        pytest.param(night, "sql", (8,), id="night-sql"),
        pytest.param(night, "copy", (5,), id="night-copy"),
    ],
)
def test_a_kill_before_any_step_is_made_good(runner: Runner, tmp_path: Path, prepare, at: str, some: tuple[int, ...]):
    """C1: the next run finishes or discards what is half written, and all checks of the oracle hold."""
    for nth in range(0, LAST, EVERY) if EVERY else some:
        with Scene(runner, tmp_path / f"{nth}") as scene:
            prepare(scene)

            ended = scene.sync(cut=Cut(how="kill", at=at, nth=nth))

            scene.sync()
            if not ended.signal:
                break


def test_a_kill_while_a_kill_is_made_good_is_made_good_too(runner: Runner, tmp_path: Path):
    """C1: also repeated."""
    with Scene(runner, tmp_path) as scene:
        night(scene)
        for nth in (44, 12, 30, 120, 60):
            scene.sync(cut=Cut(how="kill", at="file", nth=nth))

        scene.sync()
