"""How a package of nothing but the run's own records is committed, and made good where a kill cut it off (M4, C1)."""

import shutil
from pathlib import Path

import dlt
import duckdb
import pyarrow as pa
import pytest

from pipelines.warehouse.package import Rows
from pipelines.warehouse.pipeline import records
from pipelines.warehouse.pipeline.stored_state import stored_state
from pipelines.warehouse.warehouse import Warehouse
from schemas.clients import CLIENTS
from schemas.ledger import SYNC_MARKS
from tests.stores import at, on

pytestmark = pytest.mark.slow


class Cut(BaseException):
    """As a kill: nothing that comes after it is done."""


def table(schema: pa.Schema, *lines) -> Rows:
    columns = [pa.array([line[place] for line in lines], column.type) for place, column in enumerate(schema)]
    return Rows(schema=schema, data=pa.Table.from_arrays(columns, schema=schema.remove_metadata()))


def marks(*parents: str, last: int = 1) -> Rows:
    return table(SYNC_MARKS, *(("transactions", parent, on(0), on(last), at(2)) for parent in parents))


def a_client() -> Rows:
    blank = dict.fromkeys(CLIENTS.names) | {"id": "c", "first_seen_at": at(0)}
    return table(CLIENTS, tuple(blank[name] for name in CLIENTS.names))


def opened(folder: Path) -> Warehouse:
    warehouse = Warehouse("acme", folder)
    warehouse.keep_open()
    warehouse.recover()
    return warehouse


@pytest.fixture
def warehouse(tmp_path):
    """With one package, which dlt loaded."""
    first = opened(tmp_path)
    first.write([marks("a", "b"), a_client()], {"night": 0})
    yield first
    first.close()


def kept(folder: Path) -> tuple[object, ...]:
    """Marks and state, as whoever comes next finds them."""
    warehouse = opened(folder)
    with warehouse.open() as store:
        found = store.sql.execute("SELECT parent_id, through_date FROM store.aleta.sync_marks ORDER BY 1").fetchall()
    night = warehouse.state()["night"]
    warehouse.close()
    return found, night


def packages(folder: Path) -> set[str]:
    return {path.name for path in folder.glob("private/dlt/*/load/loaded/*")}


def test_m4_records_and_state_are_there_and_dlt_loaded_no_package(warehouse, tmp_path):
    """A row replaces the one with its key, as in any other package."""
    before = packages(tmp_path)
    warehouse.write([marks("b", "c", last=2)], {"night": 1})
    warehouse.close()
    assert packages(tmp_path) == before
    assert kept(tmp_path) == ([("a", on(1)), ("b", on(2)), ("c", on(2))], 1)


def test_m5_the_state_travels_with_the_store(warehouse, tmp_path):
    """Who lost dlt's own folder goes on from what is stored, and one state is kept."""
    for night in (1, 2):
        warehouse.write([marks("a", last=night)], {"night": night})
    warehouse.close()
    with duckdb.connect(f"{warehouse.file}", read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM aleta._dlt_pipeline_state").fetchall() == [(1,)]
    shutil.rmtree(warehouse.folder / "dlt")
    assert kept(tmp_path) == ([("a", on(2)), ("b", on(1))], 2)


def test_m5_dlts_copy_is_the_stored_state_again(warehouse, tmp_path, monkeypatch):
    """So that no quiet night has dlt fetch it."""
    for night in (1, 2):
        warehouse.write([marks("a", last=night)], {"night": night})
    warehouse.close()
    monkeypatch.delattr(dlt.Pipeline, "sync_destination")
    assert kept(tmp_path) == ([("a", on(2)), ("b", on(1))], 2)


def test_dlt_goes_on_after_it(warehouse, tmp_path):
    """The next package with rows is dlt's again, with a state that counts on."""
    warehouse.write([marks("a", last=2)], {"night": 1})
    warehouse.write([marks("a", last=3), a_client()], {"night": 2})
    warehouse.write([marks("a", last=4)], {"night": 3})
    warehouse.close()
    assert kept(tmp_path) == ([("a", on(4)), ("b", on(1))], 3)


@pytest.mark.parametrize("rows", [pytest.param([], id="records"), pytest.param([a_client()], id="a-package-of-dlt-s")])
def test_m6_after_a_run_by_a_clock_ahead_the_last_state_is_that_of_the_last_run(warehouse, tmp_path, monkeypatch, rows):
    """Its load id is the highest for as long as the clock was ahead."""
    with monkeypatch.context() as ahead:
        ahead.setattr(records, "create_load_id", lambda: "9999999999.0")
        warehouse.write([marks("a", last=2)], {"night": 1})
    warehouse.write([marks("a", last=3), *rows], {"night": 2})
    with warehouse.open() as store:
        assert stored_state(store, Path(warehouse._pipeline.working_dir))["night"] == 2
    warehouse.close()
    shutil.rmtree(warehouse.folder / "dlt")
    assert kept(tmp_path) == ([("a", on(3)), ("b", on(1))], 2)


@pytest.mark.parametrize(("name", "done"), [("_merge", False), ("_complete", False), ("mark_state_extracted", True)])
def test_c1_cut_off_it_is_there_whole_or_not_at_all(warehouse, tmp_path, monkeypatch, name, done):
    """Before the commit nothing is there; after it dlt's own copy of the state is behind, and catches up."""

    def cut(*_):
        raise Cut

    monkeypatch.setattr(records, name, cut)
    with pytest.raises(Cut):
        warehouse.write([marks("a", "c", last=2)], {"night": 1})
    monkeypatch.undo()
    warehouse.close()
    before, after = [("a", on(1)), ("b", on(1))], [("a", on(2)), ("b", on(1)), ("c", on(2))]
    assert kept(tmp_path) == ((after, 1) if done else (before, 0))


def test_c7_of_packages_that_dlt_loaded_the_last_is_kept(warehouse, tmp_path):
    """One that a kill had cut off was loaded since."""
    [last] = tmp_path.glob("private/dlt/*/load/loaded/*")
    shutil.copytree(last, last.with_name("1.0"))
    warehouse.write([marks("a")], {"night": 1})
    assert packages(tmp_path) == {last.name}


def test_what_has_rows_or_lacks_columns_is_dlts(warehouse):
    """dlt alone makes tables and columns."""
    assert not records.are_all([])
    assert not records.are_all([marks("a"), a_client()])
    with warehouse.open() as store:
        assert records.fit(store, [marks("a")])
        store.sql.execute("ALTER TABLE store.aleta.sync_marks DROP COLUMN verified_at")
    warehouse._columns.clear()
    with warehouse.open() as store:
        assert not records.fit(store, [marks("a")])
