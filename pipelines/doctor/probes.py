"""What `check` looks at on this machine. None of it is changed.

Each probe returns what it saw, as `check` prints it, or raises `UnwellError` with what is wrong and what to do.
"""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

import duckdb

from ..program import command
from ..publish.places import copies
from ..report.notify import MISSING
from ..run.connect import signer
from ..run.errors.damage import damaged, unopenable
from ..run.machine.lock import holder, refused_to_root
from ..settings import TenantSettings, loose_key_file, whose_is
from ..status.lost import lost
from ..uploads.upload import LOCK as UPLOADS
from ..warehouse.destinations.naming import place_of
from ..warehouse.duckdb.file import is_in_use, store_file
from ..warehouse.format import check_format
from ..warehouse.glance import is_used
from ..warehouse.pipeline.home import pipeline_home
from ..warehouse.pipeline.stored_state import kept_state
from ..warehouse.private_file import nearest_there
from ..warehouse.store import DATASET

ROOM = 2.5  # times the warehouse: publishing writes a whole new copy beside the old one
LEAST_ROOM = 200 << 20
LEAST_FILES = 200  # a package has some for each table
BUSY = "not looked at while a run holds the lock"


class UnwellError(Exception):
    """Something is not as a run needs it."""

    code = "check"


def disk(tenant: TenantSettings) -> str:
    """Whether the tenant's folder can be written or made, and whether there is room."""
    folder = tenant.folder
    there = nearest_there(folder)
    if not there.is_dir():
        raise UnwellError(f"{there} is no folder: move it away, or set another data_dir")
    system = os.statvfs(there)
    if system.f_flag & os.ST_RDONLY:
        raise UnwellError(f"{there} is mounted read-only: mount it to be written, or set another data_dir")
    if not os.access(there, os.W_OK | os.X_OK):
        whose = whose_is(there) or "give this user the right to, or set another data_dir"
        raise UnwellError(f"{there} cannot be written: {whose}")
    if reason := refused_to_root(folder / "lock"):
        raise UnwellError(reason)
    free = system.f_bavail * system.f_frsize
    needed = max(LEAST_ROOM, int(ROOM * sum(file.stat().st_size for file in folder.rglob("*.duckdb"))))
    if free < needed:
        raise UnwellError(f"{there} has {free >> 20} MB free, a sync may need {needed >> 20} MB: make room")
    if system.f_files and system.f_favail < LEAST_FILES:
        raise UnwellError(f"{there} has inodes for {system.f_favail} files, a sync may need {LEAST_FILES}: make room")
    return f"{folder}{'' if there == folder else ' can be made'}, {free >> 20} MB free"


def lock(tenant: TenantSettings) -> str:
    """Whether a run could begin now; an upload, which has a lock of its own, is said and keeps no run out."""
    running = holder(tenant.folder / "lock")
    if running:
        raise UnwellError(f"held by {running}: a second run would end at once")
    uploading = holder(tenant.folder / UPLOADS)
    return f"free; an upload is under way, a second would end at once: {uploading}" if uploading else "free"


def warehouse(tenant: TenantSettings) -> str:
    """Whether what is committed can be opened, and whether anything is."""
    if holder(tenant.folder / "lock"):
        return BUSY
    if tenant.destination != "duckdb":
        used = is_used(tenant.name, tenant.folder, tenant.destination)
        return f"{place_of(tenant.name, tenant.destination)}, {_content(used=used)}"
    if problem := damaged(tenant.name, tenant.folder):
        raise UnwellError(problem.message)
    check_format(_state(tenant), place=f"{store_file(tenant.folder)}")
    try:
        used = _has_runs(store_file(tenant.folder))
    except duckdb.IOException as error:
        if is_in_use(error):  # a run began meanwhile
            return BUSY
        raise
    return f"{tenant.destination}, {_content(used=used)}"


def published(tenant: TenantSettings) -> str:
    """Whether the analysts' copies are there once a run was complete, and the DuckDB file can be opened."""
    if missing := lost(tenant):
        raise UnwellError(missing)
    there, stale = copies(tenant)
    file = there.get("duckdb")
    if file and (fault := unopenable(file)):
        raise UnwellError(f"{file} cannot be read ({fault}): run `{command(f'publish {tenant.name}')}`")
    shown = [f"{path}, {path.stat().st_size >> 20} MB" if path == file else f"{path}" for path in there.values()]
    return "; ".join([*(shown or ["no copy yet"]), *(f"warning: {warning}" for warning in stale)])


def notify(tenant: TenantSettings) -> str:
    """Whether those to be told of a bad night can be; nobody is told anything now."""
    if tenant.notify and find_spec("apprise") is None:
        raise UnwellError(MISSING)
    return f"{len(tenant.notify)} to be told" if tenant.notify else "nobody is told of a bad night"


def key(tenant: TenantSettings) -> str:
    """Whether the private key can sign."""
    warning = loose_key_file(tenant)
    return f"{signer(tenant).algorithm}, kid {tenant.kid}{f'; warning: {warning}' if warning else ''}"


def _content(*, used: bool) -> str:
    return "has data" if used else "empty"


def _has_runs(store: Path) -> bool:
    if not store.exists():
        return False
    with duckdb.connect(f"{store}", read_only=True) as connection:
        tables = connection.execute("SELECT table_name FROM duckdb_tables() WHERE schema_name = ?", [DATASET])
        if ("sync_runs",) not in tables.fetchall():
            return False
        return bool(connection.execute(f"SELECT 1 FROM {DATASET}.sync_runs LIMIT 1").fetchall())


def _state(tenant: TenantSettings) -> dict[str, object]:
    """What dlt keeps of the last committed package; a file that is not there is made again from the store."""
    try:
        return kept_state(pipeline_home(store_file(tenant.folder), tenant=tenant.name))
    except (FileNotFoundError, KeyError):
        return {}
