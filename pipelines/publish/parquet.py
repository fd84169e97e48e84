"""The analysts' copy as Parquet: whole versions side by side, and a link `current` that one rename switches.

A version holds TABLE/*.parquet and its manifest. A table that did not change is shared with the version before. The
version before stays, for who is reading it still.
"""

from __future__ import annotations

import errno
import re
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import duckdb

from schemas.views.view import literal

from .files import seal
from .manifest import Manifest
from .publication import Publication
from .snapshot import Snapshot, Table

MANIFEST = "manifest.json"
ROW_GROUP = "ROW_GROUP_SIZE_BYTES '16MB'"  # the default counts rows: of long JSON, more than the memory allowed
VERSION = re.compile(r"version-(\d+)")


def write(publication: Publication) -> bool:
    """Make `parquet/current` hold the tables of the content; False when it does already.

    Raises:
        OSError, duckdb.Error: `current` is what it was.
    """
    connection, scratch = publication.connection, publication.scratch
    home, content = publication.folder / "parquet", replace(publication.content, views=())  # Parquet has none
    before = Manifest.read(home / "current" / MANIFEST)
    if before.describes(content, home / "current"):
        return False
    prints = publication.fingerprints
    if before.fingerprints == prints and before.whole(home / "current"):
        return False
    _write_version(connection, content, scratch / "version", old=home / "current", prints=prints)
    home.mkdir(mode=0o700, exist_ok=True)
    new = home / _next_version(home)
    _move(scratch / "version", new)
    _switch(home, new.name, scratch)
    return True


def _write_version(
    connection: duckdb.DuckDBPyConnection, content: Snapshot, new: Path, *, old: Path, prints: Mapping[str, str]
) -> None:
    before = Manifest.read(old / MANIFEST)
    files = {table.name: f"{table.name}/part-0.parquet" for table in content.tables}
    for table in content.tables:
        file = files[table.name]
        (new / file).parent.mkdir(mode=0o700, parents=True)
        same = before.fingerprints.get(table.name) == prints[table.name] and before.intact(file, old)
        if not (same and _shared(old / file, new / file)):
            _write_table(connection, table, new / file)
        seal((new / file).parent)
    Manifest.of(content, files.values(), new, fingerprints=prints).write(new / MANIFEST)
    seal(new)


def _shared(old: Path, new: Path) -> bool:
    """Whether the file system let the two be one file."""
    try:
        new.hardlink_to(old)
    except OSError:  # no such links here, or as many as it takes: then the table is written again
        return False
    return True


def _write_table(connection: duckdb.DuckDBPyConnection, table: Table, file: Path) -> None:
    connection.execute(
        f"COPY ({table.plain_sql}) TO {literal(str(file))} (FORMAT parquet, COMPRESSION zstd, {ROW_GROUP})"
    )
    seal(file)


def _move(made: Path, new: Path) -> None:
    """Put what was *made* in its place whole; on another disk, where `parquet` may be a link to, as a copy."""
    try:
        made.rename(new)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        copy = new.with_name(".copy")
        if copy.exists():  # a crash left it
            shutil.rmtree(copy)
        shutil.copytree(made, copy)
        for path in copy.rglob("*"):
            seal(path)
        copy.rename(new)


def _next_version(home: Path) -> str:
    numbers = [int(found[1]) for folder in home.iterdir() if (found := VERSION.fullmatch(folder.name))]
    return f"version-{max(numbers, default=0) + 1}"


def _switch(home: Path, name: str, scratch: Path) -> None:
    """Point `current` at *name*; keep what it pointed at before, and nothing older."""
    current, link = home / "current", home / ".current"  # beside each other: a rename crosses no disks
    before = current.readlink().name if current.is_symlink() else ""
    if current.is_dir() and not before:  # someone restored a backup that knows no links
        _move(current, scratch / "restored")
        if current.is_dir():
            shutil.rmtree(current)
    link.unlink(missing_ok=True)  # a crash left it
    link.symlink_to(name)
    link.replace(current)
    seal(home)
    for version in home.iterdir():
        if VERSION.fullmatch(version.name) and version.name not in {name, before}:
            shutil.rmtree(version, ignore_errors=True)
