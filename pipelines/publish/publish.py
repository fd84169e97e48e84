"""The analysts' copies of what is committed, each replaced whole (rule C4), and only as far as it changed."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeAlias

import duckdb
import pyarrow as pa

from schemas.tables import TABLES
from schemas.views.view import View, literal
from schemas.views.views import VIEWS
from sources.aleta.safe_text import first_line

from ..program import command
from ..settings import TenantSettings
from ..warehouse.duckdb.file import POOLS
from . import duckdb as duckdb_file
from . import parquet
from .places import PLACES
from .publication import ObjectStoreError, Publication, PublishError
from .snapshot import snapshot

MEMORY = "256MB"
THREADS = 2  # each holds row groups of its own: 16 need more than MEMORY, 4 spill and are slower
NO_COPY = "publish: no copies are made of {place}: it is read where it is; publish = [] says so"
SCRATCH = "publishing"  # everything unfinished is in here, and goes with it
STORAGE = "v1.0.0"

Write: TypeAlias = Callable[[Publication], bool]

__all__ = ["NO_COPY", "ObjectStoreError", "PublishError", "Published", "publish", "publish_tenant"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What became of each format asked for.

    Args:
        written: formats whose copy was replaced.
        unchanged: formats whose copy was up to date and whole.
        paths: where each format's copy is.
        problem: why an object store does not have what is published here.
    """

    written: tuple[str, ...]
    unchanged: tuple[str, ...]
    paths: Mapping[str, Path]
    problem: ObjectStoreError | None = None

    @property
    def shown(self) -> Path:
        """The copy that people are told of: the one that they can open and ask."""
        return self.paths.get("duckdb") or next(iter(self.paths.values()))


def publish(
    store: Path,
    folder: Path,
    *,
    formats: Sequence[str],
    url: str = "",
    duckdb_storage: str = STORAGE,
    tables: Sequence[pa.Schema] = TABLES,
    views: Sequence[View] = VIEWS,
) -> Published:
    """Bring the copies in *folder* up to date. The caller holds the tenant's lock.

    Args:
        store: the private DuckDB file that dlt wrote; only read.
        folder: the tenant's own.
        formats: `duckdb`, `parquet`, `delta`.
        url: the tenant's place on an object store, where `delta` goes besides; or empty.
        duckdb_storage: the oldest version of DuckDB that shall open the file.
        tables: what the copies hold even where the store does not have it yet.
        views: what the DuckDB file has besides, as far as those tables are among *tables*.

    Raises:
        PublishError: nothing was ever committed, the store cannot be read, or a copy cannot be written. The copies of
            other formats are up to date all the same.
    """
    if not store.is_file():
        raise PublishError(f"{store} does not exist: nothing is committed there yet, so there is nothing to publish")
    writers, problem = _writers(formats, url=url, storage=duckdb_storage), None
    written, failed = list[str](), dict[str, PublishError]()
    with _explained(folder), _scratch(folder) as scratch, _opened(store, scratch) as connection:
        content = snapshot(connection, store, tables, views)
        publication = Publication(connection=connection, content=content, folder=folder, scratch=scratch)
        for name, write in writers.items():
            try:
                with _explained(folder / PLACES[name]):
                    written += [name] if write(publication) else []
            except ObjectStoreError as error:
                problem = error
            except PublishError as error:  # the others have their turn
                failed[name] = error
                _tidy(connection)
    if failed:
        raise PublishError("; ".join(f"{error}" for error in failed.values())) from next(iter(failed.values()))
    done = [name for name in formats if name not in written and not (problem and name == "delta")]
    paths = {name: folder / PLACES[name] for name in formats}
    return Published(written=tuple(written), unchanged=tuple(done), paths=paths, problem=problem)


def publish_tenant(tenant: TenantSettings, store: Path) -> Published:
    """`publish` of what a tenant asks for."""
    url = f"{tenant.publish_url}/{tenant.name}" if tenant.publish_url else ""
    return publish(store, tenant.folder, formats=tenant.publish, url=url, duckdb_storage=tenant.duckdb_storage)


def _writers(formats: Sequence[str], *, url: str, storage: str) -> Mapping[str, Write]:
    """How each of *formats* is written; one that another machine may refuse comes last."""
    known: dict[str, Write] = {
        "duckdb": partial(duckdb_file.write, storage=storage),
        "parquet": parquet.write,
        "delta": partial(_write_delta, url=url),
    }
    return {name: write for name, write in known.items() if name in formats}


def _write_delta(publication: Publication, *, url: str) -> bool:
    from . import delta  # noqa: PLC0415 - an extra: only who asks for Delta tables has it

    return delta.write(publication, url=url)


@contextlib.contextmanager
def _explained(folder: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, duckdb.Error) as error:
        raise PublishError(
            f"cannot publish to {folder} ({first_line(error)}): what was published before is still whole. "
            f"Make room or mend the rights there, then run `{command('publish')}`"
        ) from error


def _tidy(connection: duckdb.DuckDBPyConnection) -> None:
    """Whatever one writer left open is no business of the next."""
    for statement in ("ROLLBACK", "USE memory", "DETACH DATABASE IF EXISTS copy"):
        with contextlib.suppress(duckdb.Error):
            connection.execute(statement)


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
    with duckdb.connect(":memory:", config=POOLS) as connection:
        connection.execute(f"SET memory_limit = '{MEMORY}'; SET TimeZone = 'UTC'; SET preserve_insertion_order = false")
        connection.execute(f"SET threads = {THREADS}; SET temp_directory = {literal(str(scratch / 'spill'))}")
        connection.execute(f"ATTACH {literal(str(store))} AS store (READ_ONLY)")
        yield connection
