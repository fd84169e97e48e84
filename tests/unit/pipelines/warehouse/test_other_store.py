"""dlt's folder of one store beside another: what a destination that was changed, and changed back, leaves (M5)."""

from __future__ import annotations

import shutil
from pathlib import Path

import dlt
import pyarrow as pa
import pytest

from pipelines.warehouse.package import Rows
from pipelines.warehouse.warehouse import Warehouse
from schemas.clients import CLIENTS
from tests.stores import at

pytestmark = pytest.mark.slow


class Cut(BaseException):
    """As a kill: nothing that comes after it is done."""


def clients(*names: str) -> Rows:
    lines = [{"id": name, "first_seen_at": at(0)} for name in names]
    return Rows(schema=CLIENTS, data=pa.Table.from_pylist(lines, schema=CLIENTS.remove_metadata()))


def opened(folder: Path, destination: str = "duckdb") -> Warehouse:
    warehouse = Warehouse("acme", folder, destination=destination)
    warehouse.keep_open()
    return warehouse


def written(folder: Path, *names: str, destination: str = "duckdb") -> Path:
    """A store that has a package for each name, and a state that has the last; dlt's folder of it."""
    warehouse = opened(folder, destination)
    warehouse.recover()
    for name in names:
        warehouse.write([clients(name)], {"last": name})
    warehouse.close()
    return folder / "private" / "dlt"


def found(folder: Path, destination: str = "duckdb") -> tuple[bool, object, list[str]]:
    """Whether the next run finishes a package; and the state and the clients that it begins with."""
    warehouse = opened(folder, destination)
    pending = warehouse.recover()
    with warehouse.open() as store:
        names = store.sql.execute(f"SELECT id FROM {store.rows(CLIENTS)} ORDER BY 1").fetchall()
    last = warehouse.state().get("last")
    warehouse.close()
    return pending, last, [name for (name,) in names]


def cut_off(
    folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, *, after: bool = False, destination: str = "duckdb"
) -> None:
    """A package that waits to be loaded; or is, which dlt did not come to note."""
    warehouse = opened(folder, destination)
    warehouse.recover()
    load = dlt.Pipeline.load

    def cut(pipeline: dlt.Pipeline, *args: object, **kwargs: object) -> None:
        if after:
            home = Path(pipeline.working_dir)
            shutil.copytree(home, home.with_name("before"))
            load(pipeline, *args, **kwargs)
            shutil.rmtree(home)
            home.with_name("before").rename(home)
        raise Cut

    with monkeypatch.context() as kill:
        kill.setattr(dlt.Pipeline, "load", cut)
        with pytest.raises(Cut):
            warehouse.write([clients(name)], {"last": name})
    warehouse.close()


def put_beside(dlts: Path, folder: Path) -> None:
    shutil.rmtree(folder / "private" / "dlt")
    shutil.copytree(dlts, folder / "private" / "dlt")


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


@pytest.fixture
def in_sqlite(tmp_path, monkeypatch) -> str:
    """The name of a destination with an empty database."""
    pytest.importorskip("sqlalchemy")
    monkeypatch.setenv("DESTINATION__SQLALCHEMY__CREDENTIALS", f"sqlite:///{tmp_path / 'aleta.db'}")
    return "sqlalchemy"


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
    assert found(tmp_path) == (True, "cut", [*names, "cut"])


def test_a_store_and_its_own_state_are_taken_as_they_are(tmp_path, monkeypatch):
    """A quiet night costs no look into what dlt stored."""
    written(tmp_path, "a", "b")
    monkeypatch.delattr(dlt.Pipeline, "sync_destination")
    assert found(tmp_path) == (False, "b", ["a", "b"])
