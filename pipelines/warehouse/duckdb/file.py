"""A DuckDB file that is kept open while a run writes to it.

dlt opens and closes the file a dozen times a package, and each time DuckDB would read its catalogue, and write what
changed back into it. While somebody else of the process has it open, it does neither.
"""

from __future__ import annotations

import ctypes
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from schemas.views.view import literal
from sources.aleta.clock import Clock, SystemClock

from . import ids

MEMORY = "128MB"
THREADS = 2  # each holds row groups of its own
STORAGE = "v1.0.0"  # of a new file: what older versions of DuckDB open is published by copying it
POOLS: dict[str, str | bool | int | float | list[str]] = {"threads": THREADS, "async_threads": 1}  # not 8 as usual
ROW_GROUP = 30_720  # rows; a multiple of 2,048
LOG_BYTES = 32 << 20  # dlt would let it grow to a gigabyte
M_MMAP_THRESHOLD = -3  # as malloc.h has it
IN_USE = "Conflicting lock"  # as DuckDB says it
LONGEST_LOOK_S = 30.0  # of another process: `plan`, a scrape of `status`, an analyst's shell
TRIED_EVERY_S = 0.1

log = logging.getLogger(__name__)


def store_file(folder: Path) -> Path:
    """The private file of a tenant whose destination is `duckdb`; *folder* is the tenant's own."""
    return folder / "private" / "store.duckdb"


def is_in_use(error: object) -> bool:
    """Whether DuckDB said that another process has the file open."""
    return IN_USE in f"{error}"


@contextmanager
def bounded(spill: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to an empty database, in UTC; beyond its memory it goes to *spill*, which is made then (rule C5)."""
    with _empty(spill) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


def attach_to_read(connection: duckdb.DuckDBPyConnection, file: Path) -> None:
    """Attach *file*, or nothing if it is not there, as the database `store`.

    Raises:
        duckdb.Error: it cannot be opened; `is_in_use` tells whether a run has it.
    """
    there = f"ATTACH {literal(f'{file}')} AS store (READ_ONLY)"
    connection.execute(there if file.exists() else "ATTACH ':memory:' AS store")


def attached(file: Path, *, clock: Clock | None = None) -> duckdb.DuckDBPyConnection:
    """A connection to *file*, which need not be there yet, as its database `store`; in UTC.

    Whoever only looks into it is waited for, so that no look keeps a night from taking place (rule C4).

    All connections of a process share one database, from when the first is open until the last is closed. A row group
    that is full goes straight to its place in the file; rows that fill none are written twice, to the log and then to
    the file. With groups of DuckDB's usual size no package would fill one.
    """
    connection = duckdb.connect(f":memory:{file}", config=POOLS)
    options = f"ROW_GROUP_SIZE {ROW_GROUP}" + ("" if file.exists() else f", STORAGE_VERSION '{STORAGE}'")
    attach = f"ATTACH IF NOT EXISTS {literal(f'{file}')} AS store ({options})"
    try:
        _attach(connection, attach, clock or SystemClock())
        connection.execute("USE store; SET TimeZone = 'UTC'")
    except BaseException:
        connection.close()
        raise
    return connection


def _attach(connection: duckdb.DuckDBPyConnection, attach: str, clock: Clock) -> None:
    until_s, waits = clock.monotonic() + LONGEST_LOOK_S, False
    while True:
        try:
            connection.execute(attach)
        except duckdb.IOException as error:
            if not is_in_use(error) or clock.monotonic() >= until_s:
                raise
            if not waits:
                log.info("waiting up to %.0f s: %s", LONGEST_LOOK_S, error)
            waits = True
            clock.sleep(TRIED_EVERY_S)
        else:
            return


class OpenDatabase:
    """A file that `take` opens and `close` closes; not opened yet, and perhaps not there."""

    def __init__(self, file: Path) -> None:
        self.log = file.with_name(f"{file.name}.wal")
        self._file = file
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._nothing: duckdb.DuckDBPyConnection | None = None

    def __bool__(self) -> bool:
        """Whether it is open."""
        return self._connection is not None

    def take(self, clock: Clock | None = None) -> None:
        """Open it, unless it is; what bounds memory holds for every connection of this process (rule C5)."""
        if self._connection is None:
            self._connection = attached(self._file, clock=clock)
            bound(self._connection, self._file.with_name("spill"))
            self._connection.execute(f"SET GLOBAL checkpoint_threshold = '{LOG_BYTES} bytes'; {ids.ATTACH}")
            self._forget_nothing()

    def expect(self) -> None:
        """Let an empty database stand for the file, which is not there, until it is taken."""
        if self._nothing is None:
            self._nothing = _empty(self._file.with_name("spill"))
            attach_to_read(self._nothing, self._file)

    @property
    def expected(self) -> bool:
        """Whether an empty database stands for it."""
        return self._nothing is not None

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A connection of its own to the open file, or to the empty database that stands for it; in UTC."""
        if self._nothing and not self:
            connection = self._nothing.cursor()
            connection.execute("SET TimeZone = 'UTC'")
            return connection
        assert self
        return attached(self._file)

    def close(self) -> None:
        """Let go of the file, with all that is committed in it and nothing in the log."""
        self._forget_nothing()
        if self._connection:
            self._connection.close()
            self._connection = None

    def _forget_nothing(self) -> None:
        if self._nothing:
            self._nothing.close()
            self._nothing = None


def give_back() -> None:
    """Rows go back to the system when they are freed (rule C5): each large piece of memory is mapped by itself.

    Left alone, glibc learns from the first large pieces to put the next among the small ones, where they leave holes.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # only glibc has it
    if mallopt:
        mallopt(M_MMAP_THRESHOLD, 1 << 20)


def _empty(spill: Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(":memory:", config=POOLS)
    bound(connection, spill)
    return connection


def bound(connection: duckdb.DuckDBPyConnection, spill: Path) -> None:
    """Set how much memory its database may use, and where it may go beyond (rule C5).

    What DuckDB frees, its allocator would keep: as much again as the limit.
    """
    connection.execute(
        f"SET GLOBAL memory_limit = '{MEMORY}'; "
        f"SET GLOBAL temp_directory = {literal(f'{spill}')}; SET GLOBAL preserve_insertion_order = false; "
        "SET GLOBAL allocator_background_threads = true; SET GLOBAL allocator_flush_threshold = '8MB'"
    )
