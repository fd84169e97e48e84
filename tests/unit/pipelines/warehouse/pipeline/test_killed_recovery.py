"""A kill at any step of what makes dlt's folder anew, at the start of a run, costs the next run nothing (C1, M5)."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from pipelines.warehouse.warehouse import Warehouse
from tests.unit.pipelines.warehouse.named_clients import Cut, cut_off, found, opened, put_beside, written

pytestmark = pytest.mark.slow

STEPS = ("mkdir", "rename", "replace", "rmdir", "unlink")
ENOUGH = 500


class Kill:
    """Falls at the *step*th change to the files of this process."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, step: int) -> None:
        self._left = step
        for name in STEPS:
            monkeypatch.setattr(os, name, self._counted(getattr(os, name)))

    def _counted(self, change):
        def counted(*args: object, **kwargs: object) -> object:
            self._left -= 1
            if self._left == 0:
                raise Cut
            return change(*args, **kwargs)

        return counted


def recovered_at_every_step(at: Path, monkeypatch: pytest.MonkeyPatch, destination: str, expected: object) -> int:
    """How many kills there were, each on a copy of the folder; after each the next run begins with *expected*."""
    for step in range(1, ENOUGH):
        folder = at.with_name(f"killed-{step}")
        shutil.copytree(at, folder)
        if not _is_killed(opened(folder, destination), monkeypatch, step=step):
            return step - 1
        assert found(folder, destination) == expected, f"after a kill at step {step}"
        shutil.rmtree(folder)
    raise AssertionError("it has no end")


def _is_killed(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, *, step: int) -> bool:
    with monkeypatch.context() as patched:
        Kill(patched, step=step)
        try:
            warehouse.recover()
        except Cut:
            return True
        finally:
            warehouse.close()
    return False


def test_c1_m5_a_kill_while_another_stores_state_and_package_are_dropped(tmp_path, monkeypatch):
    """Half of a package that is not to be loaded here must not look like one that is."""
    written(tmp_path / "a", "a", "b")
    dlts = written(tmp_path / "b", "x")
    cut_off(tmp_path / "b", monkeypatch, "cut")
    put_beside(dlts, tmp_path / "a")

    assert recovered_at_every_step(tmp_path / "a", monkeypatch, "duckdb", (False, "b", ["a", "b"])) > 10


@pytest.mark.filterwarnings("ignore:implicitly coercing SELECT")  # dlt's own
def test_c1_m5_a_kill_while_the_state_of_a_database_is_taken(tmp_path, monkeypatch, in_sqlite):
    """Which every run does, as another machine may have written there."""
    written(tmp_path / "a", "a", "b", destination=in_sqlite)

    assert recovered_at_every_step(tmp_path / "a", monkeypatch, in_sqlite, (False, "b", ["a", "b"])) > 10


@pytest.mark.filterwarnings("ignore:implicitly coercing SELECT")  # dlt's own
def test_c1_a_folder_whose_schema_a_kill_took_is_made_anew(tmp_path, in_sqlite):
    """As versions before this one could leave it, and then failed at every run."""
    home = written(tmp_path, "a", destination=in_sqlite) / "aleta_acme"
    (home / "schemas" / "aleta.schema.json").unlink()

    assert found(tmp_path, in_sqlite) == (False, "a", ["a"])
