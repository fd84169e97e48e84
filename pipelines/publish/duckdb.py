"""The analysts' copy as one DuckDB file, in a format that older versions of DuckDB open.

Whichever of these costs least makes it; each begins in a scratch folder and ends with one rename:
- the last copy is up to date, or lacks nothing but rows of runs that are not complete: it stays;
- a small one: the last copy is cloned, and only tables that changed are filled again;
- the store's file is copied, and what is not the analysts' is dropped from it;
- the store's format is newer than the copy may have: every table is written again.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path

import duckdb

from schemas.ledger import SYNC_RUNS
from schemas.table import name_of
from schemas.views.view import View, literal

from ..warehouse.duckdb.file import ROW_GROUP
from ..warehouse.package import GONE
from ..warehouse.store import DATASET
from .files import seal
from .manifest import Manifest
from .places import FILE
from .publication import Publication
from .snapshot import Table, identifier

MANIFEST = "warehouse.json"
SMALL_BYTES = 64 << 20  # reading all tables to tell which changed costs less than describing them anew
GROWN = 2  # times the store: a clone of a clone may keep room that nothing uses
RUNS = name_of(SYNC_RUNS)

OTHER_SCHEMAS = """
    SELECT schema_name FROM duckdb_schemas() WHERE database_name = 'copy' AND NOT internal AND schema_name <> ?"""


def write(publication: Publication, *, storage: str) -> bool:
    """Make `warehouse.duckdb` hold the content; False when it does already.

    Args:
        storage: the oldest version of DuckDB that shall open it.

    Raises:
        OSError, duckdb.Error: the file is what it was.
    """
    folder, content = publication.folder, publication.content
    log = folder / f"{FILE}.wal"  # of someone who wrote to the old copy and died: it would spoil the new one
    before = Manifest.read(folder / MANIFEST)
    usable = before.storage == storage and before.files and not log.exists()
    if usable and before.describes(content, folder):
        return False
    copies, complete = _copies(publication.connection, storage), _last_complete(publication)
    prints = publication.fingerprints if _small(content.store) or not copies else {}
    if usable and prints and before.fingerprints and before.fits(content, folder):
        changed = {name for name, told in prints.items() if before.fingerprints.get(name) != told}
        if changed <= {RUNS} and before.complete == complete:
            return False
        cloned = (folder / FILE).stat().st_size <= GROWN * max(content.store.stat().st_size, SMALL_BYTES)
    else:
        changed, cloned = set(prints), False
    new = publication.scratch / FILE
    if cloned:
        _clone(publication, new, changed, storage)
    else:
        _make(publication, new, storage, copied=copies)
    manifest = Manifest.of(content, [], folder, fingerprints=prints, storage=storage, complete=complete)
    _replace(publication, new, manifest)
    return True


def _last_complete(publication: Publication) -> str:
    """When the last complete run ended: who asks the copy how fresh it is looks there. Empty before the first."""
    for table in publication.content.tables:
        if table.name == RUNS:
            asked = f"SELECT max(ended_at)::VARCHAR FROM ({table.sql}) WHERE status = 'complete'"
            [(ended,)] = publication.connection.execute(asked).fetchall()
            return ended or ""
    return ""


def _small(store: Path) -> bool:
    return store.stat().st_size <= SMALL_BYTES


def _copies(connection: duckdb.DuckDBPyConnection, storage: str) -> bool:
    """Whether a copy of the store's file is in a format that *storage* opens, with all that the store has."""
    [(tag, file)] = connection.execute(
        "SELECT tags['storage_version'], path FROM duckdb_databases() WHERE database_name = 'store'"
    ).fetchall()
    if Path(f"{file}.wal").exists():  # a process that was killed left rows there
        return False
    return storage == "latest" or _version(f"{tag}") <= max(_version(storage), _version("v1.0.0"))


def _version(text: str) -> tuple[int, ...]:
    """`v1.4.0` and, as DuckDB tags a file, `v1.0.0+`, as numbers."""
    return tuple(map(int, text.strip("v+").split(".")))


def _attach(connection: duckdb.DuckDBPyConnection, file: Path, storage: str) -> None:
    """With row groups as in the store: DuckDB would write those of another size anew."""
    options = f"ROW_GROUP_SIZE {ROW_GROUP}, STORAGE_VERSION {literal(storage)}"
    connection.execute(f"ATTACH {literal(str(file))} AS copy ({options})")


def _finish(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("CHECKPOINT copy; DETACH copy")  # all in one file, none in a log beside it


def _clone(publication: Publication, new: Path, changed: AbstractSet[str], storage: str) -> None:
    """The last copy, in which the tables that changed are filled again; descriptions and views stay."""
    connection = publication.connection
    shutil.copyfile(publication.folder / FILE, new)
    _attach(connection, new, storage)
    connection.execute("BEGIN")
    for table in publication.content.tables:
        if table.name in changed:
            connection.execute(f"DELETE FROM {_place(table)}; INSERT INTO {_place(table)} BY NAME {table.sql}")
    connection.execute("COMMIT")
    _finish(connection)


def _make(publication: Publication, new: Path, storage: str, *, copied: bool) -> None:
    """A new file: the store's, stripped, or with every table written again."""
    connection, content = publication.connection, publication.content
    if copied:
        shutil.copyfile(content.store, new)
    _attach(connection, new, storage)
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS copy.{DATASET}")
    there = _strip(connection, {table.name for table in content.tables if table.as_stored})
    for table in content.tables:
        if table.name not in there:
            connection.execute(f"CREATE TABLE {_place(table)} AS {table.sql}")
    connection.execute("BEGIN")  # hundreds of comments: a transaction each would take longer than the rows
    for table in content.tables:
        _describe(connection, table)
    _create(connection, content.views)
    connection.execute("COMMIT")
    _finish(connection)


def _replace(publication: Publication, new: Path, manifest: Manifest) -> None:
    """Put the finished file in its place, and beside it what vouches for it."""
    folder, scratch = publication.folder, publication.scratch
    seal(new)
    (folder / f"{FILE}.wal").unlink(missing_ok=True)
    new.replace(folder / FILE)
    seal(folder)
    manifest.holding([FILE], folder).put(MANIFEST, folder, scratch=scratch)


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
