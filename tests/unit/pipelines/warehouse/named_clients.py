"""Warehouses of a few clients, one a package, and the packages that are cut off."""

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
