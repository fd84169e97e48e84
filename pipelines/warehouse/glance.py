"""A look into a remote warehouse while others may write to it."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from schemas.ledger import SYNC_RUNS

from .destinations.destination import place_of
from .duckdb.file import store_file
from .format import WarehouseError
from .pipeline_home import is_of_former_name, not_renamed, pipeline_home
from .store import Store
from .warehouse import Warehouse


@contextlib.contextmanager
def glance(tenant: str, destination: str) -> Iterator[Store]:
    """What a remote destination holds, through a pipeline of its own: that of a running sync is not touched.

    Raises:
        DestinationError, WarehouseError: it cannot be read.
    """
    with (
        tempfile.TemporaryDirectory() as scratch,
        Warehouse(tenant, Path(scratch), destination=destination).open() as it,
    ):
        yield it


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
