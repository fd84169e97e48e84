"""A look into a remote warehouse while others may write to it."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

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
