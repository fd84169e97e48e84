"""The analysts' copy as Delta tables, in the tenant's folder and on an object store: a commit a table that changed.

Each commit carries the fingerprint of what it holds, so a table that has it already gets none, whoever wrote it and
whatever a crash left. A table that lacks a file of its last version, or has another in its place, gets one as well: its
history goes on, and only a log that cannot be read is begun anew. The version before stays readable, for who is reading
it still; older ones are deleted. JSON columns are text.
"""

from __future__ import annotations

import contextlib
import re
import shutil
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import TypeAlias

import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, WriterProperties, write_deltalake
from deltalake.exceptions import DeltaError, TableNotFoundError
from deltalake.fs import DeltaStorageHandler
from pyarrow.fs import FileSystemHandler

from ..program import command
from .files import seal
from .manifest import Manifest
from .publication import ObjectStoreError, Publication, PublishError
from .snapshot import Table

FOLDER = "delta"
MANIFEST = "delta.json"
FINGERPRINT = "aleta.fingerprint"
BESIDE = ".beside"  # what is unfinished; no table has such a name
BATCH_ROWS = 20_000
WRITER = WriterProperties(compression="ZSTD", max_row_group_size=100_000)
CONFIGURATION = {  # the log keeps what the versions that can still be read need, and little more
    "delta.checkpointInterval": "10",
    "delta.logRetentionDuration": "interval 7 days",
    "delta.deletedFileRetentionDuration": "interval 1 days",
}
PATIENCE = {"timeout": "60s", "connect_timeout": "10s", "max_retries": "3", "retry_timeout": "60s"}
MISSING = (TableNotFoundError, FileNotFoundError)
Place: TypeAlias = Path | str


def write(publication: Publication, *, url: str = "") -> bool:
    """Make the tables in `delta/` hold the content, and those below *url* if there is one; False when they do already.

    Args:
        url: the tenant's place on an object store, or empty. Its credentials are those of the environment.

    Raises:
        OSError, DeltaError: tables in the folder that were not reached are what they were.
        ObjectStoreError: the same for *url*; the folder is up to date.
    """
    folder = publication.folder
    before, told = Manifest.read(folder / MANIFEST), dict[str, str]()
    places = [f"{place}/{table.name}" for place in (FOLDER, *([url] if url else [])) for table in _tables(publication)]
    if before.describes(publication.content, folder) and before.fingerprints.keys() >= set(places):
        return False
    _forget(publication, before, {place: publication.fingerprints[place.rpartition("/")[2]] for place in places})
    try:
        written = _write_folder(publication, before, told)
        return _write_url(publication, before, told, url=url) or written
    finally:
        _note(publication, told, whole=len(told) == len(places))


def _tables(publication: Publication) -> Iterator[Table]:
    return iter(publication.content.tables)


def _write_folder(publication: Publication, before: Manifest, told: dict[str, str]) -> bool:
    home, written = publication.folder / FOLDER, False
    home.mkdir(mode=0o700, exist_ok=True)
    shutil.rmtree(home / BESIDE, ignore_errors=True)  # a crash left it
    for table in _tables(publication):
        name, fingerprint = f"{FOLDER}/{table.name}", publication.fingerprints[table.name]
        noted = {file for file in before.files if file.startswith(f"{name}/")}
        touched = {_name(file) for file in noted if not before.intact(file, publication.folder)}
        same = bool(noted) and not touched and noted == set(_files(publication.folder, name))
        if not same or before.fingerprints.get(name) != fingerprint:
            written |= _bring_here(publication, table, home / table.name, touched=touched)
        told[name] = fingerprint
    return written


def _bring_here(publication: Publication, table: Table, place: Path, *, touched: AbstractSet[str]) -> bool:
    """A table in the folder; one whose log cannot be read is begun anew."""
    try:
        with _panics_told():
            if place.is_dir() and not _readable(place):
                written = _begin_anew(publication, table, place)
            else:
                written = _bring(publication, table, place, touched=touched)
    except DeltaError as error:
        raise PublishError(f"{place}: cannot be written ({_reason(error)}): its last version is as it was") from error
    _seal(place)
    return written


def _begin_anew(publication: Publication, table: Table, place: Path) -> bool:
    """Written beside, so that what is there stays until all of it is on the disk: on that which `delta` may link to."""
    beside = place.parent / BESIDE
    beside.mkdir(mode=0o700)
    try:
        _commit(publication, table, beside / "new", publication.fingerprints[table.name])
        _seal(beside / "new")
        place.rename(beside / "old")
        (beside / "new").rename(place)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return True


def _seal(place: Path) -> None:
    for path in (*place.rglob("*"), place):
        seal(path)


def _readable(place: Path) -> bool:
    try:
        _table_at(place)
    except DeltaError:
        return False
    return True


def _write_url(publication: Publication, before: Manifest, told: dict[str, str], *, url: str) -> bool:
    written = False
    for table in _tables(publication) if url else ():
        name, fingerprint = f"{url}/{table.name}", publication.fingerprints[table.name]
        if before.fingerprints.get(name) != fingerprint:
            with _explained(url):
                written |= _bring(publication, table, name)
        told[name] = fingerprint
    return written


@contextlib.contextmanager
def _explained(url: str) -> Iterator[None]:
    try:
        with _panics_told():
            yield
    except (OSError, DeltaError) as error:
        raise ObjectStoreError(
            f"{url}: the object store refused or broke off ({_reason(error)}). What is committed is on this machine "
            "and published here. Check the address, its credentials in the environment (AWS_…, AZURE_…, GOOGLE_…) and "
            f"the network; the next run or `{command('publish')}` writes what is missing there"
        ) from error


@contextlib.contextmanager
def _panics_told() -> Iterator[None]:
    """What its library did not foresee comes from Rust as a panic, which no `except Exception` takes: an error as well.

    Raises:
        DeltaError: in its place.
    """
    try:
        yield
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise DeltaError(f"{error}") from error


def _reason(error: Exception) -> str:
    """One line, without the queries of addresses: they may be signed."""
    text = re.sub(r"\?[^\s\"')]+", "?…", " ".join(str(error).split()))
    return text if len(text) <= 300 else f"{text[:300]} …"  # noqa: PLR2004 - one line of an operator's log


def _bring(publication: Publication, table: Table, place: Place, *, touched: AbstractSet[str] = frozenset()) -> bool:
    """Commit the table's rows at *place*; False where its last version has them, in files that nobody *touched*."""
    fingerprint, found = publication.fingerprints[table.name], _table_at(place)
    if found and _fingerprint(found) == fingerprint and _has_its_files(found, touched):
        return False
    before = {_name(file) for file in found.file_uris()} if found else set()
    _commit(publication, table, place, fingerprint)
    _delete_older(DeltaTable(place, storage_options=_options(place)), kept=before)
    return True


def _commit(publication: Publication, table: Table, place: Place, fingerprint: str) -> None:
    rows = publication.connection.sql(table.plain_sql).to_arrow_reader(BATCH_ROWS)
    write_deltalake(
        place,
        pa.RecordBatchReader.from_batches(_described(rows.schema, table.comments), rows),
        mode="overwrite",
        schema_mode="overwrite",
        name=table.name,
        description=table.comment,
        configuration=CONFIGURATION,
        storage_options=_options(place),
        writer_properties=WRITER,
        commit_properties=CommitProperties(custom_metadata={FINGERPRINT: fingerprint}),
    )


def _table_at(place: Place) -> DeltaTable | None:
    try:
        return DeltaTable(place, storage_options=_options(place))
    except MISSING:
        return None


def _fingerprint(table: DeltaTable) -> object:
    """Of its last version; None where that does not say."""
    return next((commit.get(FINGERPRINT) for commit in table.history(1)), None)


def _has_its_files(table: DeltaTable, touched: AbstractSet[str]) -> bool:
    """Whether the files of its last version are there, as long as its log says, and none of them is *touched*.

    What was noted of other files is nothing to go by: a later version that nobody noted may have dropped them.
    """
    actions = pa.table(table.get_add_actions(flatten=True))
    files, sizes = actions["path"].to_pylist(), actions["size_bytes"].to_pylist()
    found = _storage(table).get_file_info(files)
    return [file.size for file in found] == sizes and touched.isdisjoint(map(_name, files))


def _storage(table: DeltaTable) -> FileSystemHandler:
    return DeltaStorageHandler.from_table(table._table)  # noqa: SLF001 - the only way to its credentials


def _name(file: str) -> str:
    return file.rpartition("/")[2]


def _options(place: Place) -> dict[str, str]:
    return {} if isinstance(place, Path) else PATIENCE


def _described(schema: pa.Schema, comments: Mapping[str, str]) -> pa.Schema:
    return pa.schema([field.with_metadata({"comment": comments[field.name]}) for field in schema])


def _delete_older(table: DeltaTable, *, kept: AbstractSet[str]) -> None:
    """Delete the files of all versions but the last, what a crash left among them; not those that are *kept*.

    delta-rs itself would commit twice to do so, and may have dropped the log entry of the version before.
    """
    outdated = table.vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=True, full=True)
    storage = _storage(table)
    for file in outdated:
        if _name(file) not in kept:
            with contextlib.suppress(FileNotFoundError):  # an earlier version's, that the log still names as removed
                storage.delete_file(file)


def _forget(publication: Publication, before: Manifest, wanted: Mapping[str, str]) -> None:
    """Take back what is noted of places that are about to get a commit: a kill may come before that is noted.

    Else a table whose rows are next what they were before would be believed to hold them.
    """
    kept = {place: told for place, told in before.fingerprints.items() if wanted.get(place) == told}
    if kept != before.fingerprints:
        before.interrupted(fingerprints=kept).put(MANIFEST, publication.folder, scratch=publication.scratch)


def _note(publication: Publication, told: Mapping[str, str], *, whole: bool) -> None:
    """Write down what is where; unless it is *whole*, the next publish looks at each table again."""
    files = [file for name in told for file in _files(publication.folder, name)]
    manifest = Manifest.of(publication.content, files, publication.folder, fingerprints=told)
    told_now = manifest if whole else manifest.interrupted()
    told_now.put(MANIFEST, publication.folder, scratch=publication.scratch)


def _files(folder: Path, name: str) -> list[str]:
    """The files of a table in *folder*, by their relative paths; none of one on an object store."""
    return [f"{file.relative_to(folder)}" for file in (folder / name).rglob("*") if file.is_file()]
