"""The analysts' copies of what is committed, each replaced whole by one rename (rule C4).

A copy that was made from this very store, and that nobody touched, is left alone. `sync_runs` grows with every run, so
after one the DuckDB file is always made anew: as a copy of the store, in which what is not the analysts' is dropped,
and which costs no more than the disk. Of Parquet, only the tables that changed are written.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import duckdb
import pyarrow as pa

from schemas.tables import TABLES
from schemas.views.view import View, literal
from schemas.views.views import VIEWS

from ..warehouse.duckdb.file import ROW_GROUP
from ..warehouse.store import DATASET
from ..warehouse.warehouse import GONE
from . import parquet
from .snapshot import Manifest, Snapshot, Table, identifier, seal, snapshot

FILE = "warehouse.duckdb"
MANIFEST = "warehouse.json"
MEMORY = "256MB"
THREADS = 2  # each holds row groups of its own: 16 need more than MEMORY, 4 spill and are slower
NO_COPY = "publish: no copies are made of {place}: it is read where it is; publish = [] says so"
SCRATCH = "publishing"  # everything unfinished is in here, and goes with it

OTHER_SCHEMAS = """
    SELECT schema_name FROM duckdb_schemas() WHERE database_name = 'copy' AND NOT internal AND schema_name <> ?"""

Write: TypeAlias = Callable[[duckdb.DuckDBPyConnection, Snapshot, Path, Path], bool]


class PublishError(Exception):
    """A copy could not be written: why and where. What was published before is whole."""

    code = "publish"


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What became of each format asked for.

    Args:
        written: formats whose copy was replaced.
        unchanged: formats whose copy was up to date and whole.
        paths: where each format's copy is.
    """

    written: tuple[str, ...]
    unchanged: tuple[str, ...]
    paths: Mapping[str, Path]


def publish(
    store: Path,
    folder: Path,
    *,
    formats: Sequence[str],
    tables: Sequence[pa.Schema] = TABLES,
    views: Sequence[View] = VIEWS,
) -> Published:
    """Bring the copies in *folder* up to date. The caller holds the tenant's lock.

    Args:
        store: the private DuckDB file that dlt wrote; only read.
        folder: the tenant's own.
        formats: `duckdb`, `parquet`.
        tables: what the copies hold even where the store does not have it yet.
        views: what the DuckDB file has besides, as far as those tables are among *tables*.

    Raises:
        PublishError: nothing was ever committed, the store cannot be read, or a copy cannot be written.
    """
    if not store.is_file():
        raise PublishError(f"{store} does not exist: nothing is committed there yet, so there is nothing to publish")
    with _explained(folder), _scratch(folder) as scratch, _opened(store, scratch) as connection:
        content = snapshot(connection, store, tables, views)
        written = tuple(one for one in formats if _WRITERS[one](connection, content, folder, scratch))
    return Published(
        written=written,
        unchanged=tuple(one for one in formats if one not in written),
        paths={one: folder / _PLACES[one] for one in formats},
    )


@contextlib.contextmanager
def _explained(folder: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, duckdb.Error) as error:
        raise PublishError(
            f"cannot publish to {folder} ({_first_line(error)}): what was published before is still whole. "
            "Make room or mend the rights there, then run `aleta-sync publish`"
        ) from error


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]


@contextlib.contextmanager
def _scratch(folder: Path) -> Iterator[Path]:
    """A private folder on the file system of the copies; what a crash left in it is gone."""
    scratch = folder / SCRATCH
    if scratch.exists():
        shutil.rmtree(scratch)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    scratch.mkdir(mode=0o700)
    try:
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


@contextlib.contextmanager
def _opened(store: Path, scratch: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """*store* attached read-only as `store`, memory bounded (rule C5)."""
    with duckdb.connect(":memory:") as connection:
        connection.execute(f"SET memory_limit = '{MEMORY}'; SET TimeZone = 'UTC'; SET preserve_insertion_order = false")
        connection.execute(f"SET threads = {THREADS}; SET temp_directory = {literal(str(scratch / 'spill'))}")
        connection.execute(f"ATTACH {literal(str(store))} AS store (READ_ONLY)")
        yield connection


def _write_duckdb(connection: duckdb.DuckDBPyConnection, content: Snapshot, folder: Path, scratch: Path) -> bool:
    """Make `warehouse.duckdb` in *folder* hold *content*; False when it does already."""
    log = folder / f"{FILE}.wal"  # of someone who wrote to the old copy and died: it would spoil the new one
    if not log.exists() and Manifest.read(folder / MANIFEST).describes(content, folder):
        return False
    new = scratch / FILE
    _begin(content.store, new)
    attach = (
        f"ATTACH {literal(str(new))} AS copy (ROW_GROUP_SIZE {ROW_GROUP})"  # as in the store: others are all rewritten
    )
    connection.execute(f"{attach}; CREATE SCHEMA IF NOT EXISTS copy.{DATASET}")
    there = _strip(connection, {table.name for table in content.tables if table.as_stored})
    for table in content.tables:
        if table.name not in there:
            connection.execute(f"CREATE TABLE {_place(table)} AS {table.sql}")
    connection.execute("BEGIN")  # hundreds of comments: a transaction each would take longer than the rows
    for table in content.tables:
        _describe(connection, table)
    _create(connection, content.views)
    connection.execute("COMMIT; CHECKPOINT copy; DETACH copy")  # all in one file, none in a log beside it
    seal(new)
    log.unlink(missing_ok=True)
    new.replace(folder / FILE)
    seal(folder)
    Manifest.of(content, [FILE], folder).write(scratch / MANIFEST)
    (scratch / MANIFEST).replace(folder / MANIFEST)
    return True


def _begin(store: Path, new: Path) -> None:
    """With all that is in the store, unless some of that is in a log beside it."""
    if not store.with_name(f"{store.name}.wal").exists():
        shutil.copyfile(store, new)


def _strip(connection: duckdb.DuckDBPyConnection, kept: AbstractSet[str]) -> AbstractSet[str]:
    """Drop from the copy every table but *kept*, and of those the rows and the column of deletions; what is left."""
    there = connection.execute(
        "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = 'copy'"
    ).fetchall()
    left = {name for schema, name in there if schema == DATASET and name in kept}
    for schema, name in there:
        if not (schema == DATASET and name in left):
            connection.execute(f"DROP TABLE copy.{identifier(schema)}.{identifier(name)}")
    marked = connection.execute(
        "SELECT table_name FROM duckdb_columns() WHERE database_name = 'copy' AND column_name = ?", [GONE]
    ).fetchall()
    for (name,) in marked:
        place = f"copy.{DATASET}.{identifier(name)}"
        connection.execute(f"DELETE FROM {place} WHERE {GONE}; ALTER TABLE {place} DROP COLUMN {GONE}")
    for (schema,) in connection.execute(OTHER_SCHEMAS, [DATASET]).fetchall():
        connection.execute(f"DROP SCHEMA copy.{identifier(schema)}")
    return left


def _place(table: Table) -> str:
    return f"copy.{DATASET}.{identifier(table.name)}"


def _describe(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    place = _place(table)
    connection.execute(f"COMMENT ON TABLE {place} IS {literal(table.comment)}")
    for column, comment in table.comments.items():
        connection.execute(f"COMMENT ON COLUMN {place}.{identifier(column)} IS {literal(comment)}")


def _create(connection: duckdb.DuckDBPyConnection, views: Sequence[View]) -> None:
    """Their tables are named without a database, which is whatever the reader attaches the file as."""
    connection.execute("USE copy")
    for view in views:
        for statement in view.statements(DATASET):
            connection.execute(statement)
    connection.execute("USE memory")


_WRITERS: Mapping[str, Write] = {"duckdb": _write_duckdb, "parquet": parquet.write}
_PLACES: Mapping[str, str] = {"duckdb": FILE, "parquet": "parquet/current"}
