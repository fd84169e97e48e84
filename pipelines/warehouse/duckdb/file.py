"""A DuckDB file that is kept open while a run writes to it.

dlt opens and closes the file a dozen times a package, and each time DuckDB would read its catalogue, and write what
changed back into it. While somebody else of the process has it open, it does neither.
"""

from __future__ import annotations

import ctypes
from pathlib import Path

import duckdb

from schemas.views.view import literal

from . import ids

MEMORY = "128MB"
THREADS = 2  # each holds row groups of its own
STORAGE = "v1.0.0"  # of a new file: what older versions of DuckDB open is published by copying it
POOLS: dict[str, str | bool | int | float | list[str]] = {"threads": THREADS, "async_threads": 1}  # not 8 as usual
ROW_GROUP = 30_720  # rows; a multiple of 2,048
LOG_BYTES = 32 << 20  # dlt would let it grow to a gigabyte
M_MMAP_THRESHOLD = -3  # as malloc.h has it


def store_file(folder: Path) -> Path:
    """The private file of a tenant whose destination is `duckdb`; *folder* is the tenant's own."""
    return folder / "private" / "store.duckdb"


def attached(file: Path) -> duckdb.DuckDBPyConnection:
    """A connection to *file*, which need not be there yet, as its database `store`; in UTC.

    All connections of a process share one database, from when the first is open until the last is closed. A row group
    that is full goes straight to its place in the file; rows that fill none are written twice, to the log and then to
    the file. With groups of DuckDB's usual size no package would fill one.
    """
    connection = duckdb.connect(f":memory:{file}", config=POOLS)
    options = f"ROW_GROUP_SIZE {ROW_GROUP}" + ("" if file.exists() else f", STORAGE_VERSION '{STORAGE}'")
    attach = f"ATTACH IF NOT EXISTS {literal(f'{file}')} AS store ({options})"
    connection.execute(f"{attach}; USE store; SET TimeZone = 'UTC'")
    return connection


class OpenDatabase:
    """A file that `take` opens and `close` closes; not opened yet, and perhaps not there."""

    def __init__(self, file: Path) -> None:
        self.log = file.with_name(f"{file.name}.wal")
        self._file = file
        self._connection: duckdb.DuckDBPyConnection | None = None

    def __bool__(self) -> bool:
        """Whether it is open."""
        return self._connection is not None

    def take(self) -> None:
        """Open it, unless it is; what bounds memory holds for every connection of this process (rule C5)."""
        if self._connection is None:
            self._connection = attached(self._file)
            bound(self._connection, self._file.with_name("spill"))
            self._connection.execute(f"SET GLOBAL checkpoint_threshold = '{LOG_BYTES} bytes'; {ids.ATTACH}")

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A connection of its own to the open file."""
        assert self
        return attached(self._file)

    def close(self) -> None:
        """Let go of the file, with all that is committed in it and nothing in the log."""
        if self._connection:
            self._connection.close()
            self._connection = None


def give_back() -> None:
    """Rows go back to the system when they are freed (rule C5): each large piece of memory is mapped by itself.

    Left alone, glibc learns from the first large pieces to put the next among the small ones, where they leave holes.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # only glibc has it
    if mallopt:
        mallopt(M_MMAP_THRESHOLD, 1 << 20)


def bound(connection: duckdb.DuckDBPyConnection, spill: Path) -> None:
    """Set how much memory its database may use, and where it may go beyond (rule C5).

    What DuckDB frees, its allocator would keep: as much again as the limit.
    """
    connection.execute(
        f"SET GLOBAL memory_limit = '{MEMORY}'; "
        f"SET GLOBAL temp_directory = {literal(f'{spill}')}; SET GLOBAL preserve_insertion_order = false; "
        "SET GLOBAL allocator_background_threads = true; SET GLOBAL allocator_flush_threshold = '8MB'"
    )
