"""Histories that once ended wrong, kept as they were found."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.histories.cuts import Cut
from tests.histories.runner import Runner
from tests.histories.scene import Scene


@pytest.mark.parametrize("nth", [0, 6])
def test_a_kill_before_merged_rows_are_noted_doubles_nothing(runner: Runner, tmp_path: Path, nth: int):
    """dlt does a job again when a kill came before it noted the first time."""
    with Scene(runner, tmp_path) as scene:
        scene.sync(cut=Cut(how="kill", at="merged", nth=nth))

        scene.sync()
