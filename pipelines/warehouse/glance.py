"""A look into a warehouse while others may write to it; nothing is made in the tenant's folder."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from schemas.ledger import SYNC_RUNS

from .destinations.naming import place_of
from .duckdb.file import attach_to_read, bounded, store_file
from .format import WarehouseError, check_format
from .package import State
from .pipeline.home import is_of_former_name, not_renamed, pipeline_home
from .pipeline.stored_state import stored_state
from .store import DuckDbStore, Store

if TYPE_CHECKING:
    from .warehouse import Warehouse


@contextlib.contextmanager
def glance(tenant: str, destination: str) -> Iterator[Store]:
    """What a remote destination holds, through a pipeline of its own: that of a running sync is not touched.

    Raises:
        DestinationError, WarehouseError: it cannot be read.
    """
    with tempfile.TemporaryDirectory() as scratch, _warehouse(tenant, Path(scratch), destination).open() as it:
        yield it


@contextlib.contextmanager
def committed(tenant: str, folder: Path, destination: str) -> Iterator[tuple[Store, State]]:
    """What a warehouse holds, with the state of its last package as it is stored there (M5).

    dlt's own copy of that may be missing, or be of another night: a kill, or another machine, came between.

    Raises:
        DestinationError, WarehouseError: it cannot be read, or a newer version wrote it.
        duckdb.Error: the private file cannot be opened; a run may have it.
    """
    file = store_file(folder)
    home = pipeline_home(file, tenant=tenant)
    with tempfile.TemporaryDirectory() as scratch:
        if destination == "duckdb":
            with bounded(Path(scratch)) as connection:
                attach_to_read(connection, file)
                store = DuckDbStore(connection)
                state = stored_state(store, home)
                check_format(state, place=f"{file}")
                yield store, state
            return
        (pipeline_home(store_file(Path(scratch)), tenant=tenant).parent / home.name).mkdir(parents=True)
        there = _warehouse(tenant, Path(scratch), destination)
        there.recover()
        with there.open() as rows:
            yield rows, there.state()


def is_used(tenant: str, folder: Path, destination: str) -> bool:
    """Whether a remote destination holds anything of a tenant; nothing is made there or in *folder*.

    Args:
        folder: the tenant's own; it need not be there.

    Raises:
        DestinationError, WarehouseError: it cannot be read, or what it holds still has the tenant's former name.
    """
    with glance(tenant, destination) as store:
        used = bool(store.sql.execute(f"SELECT 1 FROM {store.rows(SYNC_RUNS)} LIMIT 1").fetchall())
    home = pipeline_home(store_file(folder), tenant=tenant)
    if not used and is_of_former_name(home, tenant=tenant):
        raise WarehouseError(not_renamed(place_of(tenant, destination), home))
    return used


def _warehouse(tenant: str, folder: Path, destination: str) -> Warehouse:
    from .warehouse import Warehouse  # noqa: PLC0415 - brings dlt, which the private file can be read without

    return Warehouse(tenant, folder, destination=destination)
