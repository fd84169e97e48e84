"""dlt's folder of one store beside another: what a destination that was changed, and changed back, leaves (M5)."""

from __future__ import annotations

import shutil

import dlt
import pytest

from pipelines.run.errors.damage import damaged
from pipelines.warehouse.warehouse import Warehouse
from tests.unit.pipelines.warehouse.named_clients import cut_off, found, opened, put_beside, written

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("others", ["x", "xy", "xyz"])
def test_m5_the_state_of_another_store_is_not_believed(tmp_path, others):
    """Be it that fewer packages were written there, as many, or more."""
    written(tmp_path / "a", "a", "b")
    put_beside(written(tmp_path / "b", *others), tmp_path / "a")
    assert found(tmp_path / "a") == (False, "b", ["a", "b"])
    written(tmp_path / "a", "c")
    assert found(tmp_path / "a") == (False, "c", ["a", "b", "c"])


@pytest.mark.parametrize("others", ["x", "xyz"])
def test_m5_a_package_for_another_store_is_not_loaded(tmp_path, monkeypatch, others):
    """It was cut off before the destination was changed back; its rows are what was new there."""
    written(tmp_path / "a", "a", "b")
    dlts = written(tmp_path / "b", *others)
    cut_off(tmp_path / "b", monkeypatch, "cut")
    put_beside(dlts, tmp_path / "a")
    assert found(tmp_path / "a") == (False, "b", ["a", "b"])


@pytest.mark.filterwarnings("ignore:implicitly coercing SELECT")  # dlt's own
def test_m5_a_package_for_the_private_file_is_not_loaded_into_another_database(tmp_path, monkeypatch, in_sqlite):
    """Which has fewer packages, so that the state of the file would be the later one."""
    written(tmp_path, "a", destination=in_sqlite)
    shutil.rmtree(tmp_path / "private" / "dlt")
    written(tmp_path, "x", "y", "z")
    cut_off(tmp_path, monkeypatch, "cut")
    assert found(tmp_path, in_sqlite) == (False, "a", ["a"])


@pytest.mark.parametrize("after", [False, True], ids=["before-the-commit", "after-it"])
@pytest.mark.parametrize("names", ["", "a"], ids=["first", "next"])
def test_c1_a_package_of_its_own_is_finished(tmp_path, monkeypatch, names, after):
    """The first one, too, before which there is no state; and one that was loaded but for dlt's note of it."""
    written(tmp_path, *names)
    cut_off(tmp_path, monkeypatch, "cut", after=after)
    assert not Warehouse("acme", tmp_path).is_lost
    assert found(tmp_path) == (True, "cut", [*names, "cut"])


def test_a_private_file_that_is_gone_is_lost_until_a_run_begins_anew(tmp_path):
    """To ask makes none: an empty one would count as what is committed."""
    written(tmp_path, "a", "b")
    (tmp_path / "private" / "store.duckdb").unlink()
    warehouse = opened(tmp_path)

    assert warehouse.is_lost
    assert not warehouse.recover()
    assert not warehouse.file.exists()
    assert not Warehouse("acme", tmp_path).is_lost
    written(tmp_path, "c")
    assert found(tmp_path) == (False, "c", ["c"])


@pytest.mark.filterwarnings("ignore:implicitly coercing SELECT")  # dlt's own
def test_a_database_has_no_private_file_to_lose(tmp_path, in_sqlite):
    """Whatever ends a run there, it is not that."""
    written(tmp_path, "a", destination=in_sqlite)

    assert damaged("acme", tmp_path) is None


def test_a_store_and_its_own_state_are_taken_as_they_are(tmp_path, monkeypatch):
    """A quiet night costs no look into what dlt stored."""
    written(tmp_path, "a", "b")
    monkeypatch.delattr(dlt.Pipeline, "sync_destination")
    assert found(tmp_path) == (False, "b", ["a", "b"])
