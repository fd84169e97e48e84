"""Files that a crash, a full disk or a bad copy damaged: which one it is, and how to get it back. Only reads."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import duckdb

from sources.aleta.safe_text import first_line

from ...program import command
from ...report.report import Problem
from ...warehouse.duckdb.file import is_in_use
from ...warehouse.pipeline.home import pipeline_home
from ...warehouse.pipeline.stored_state import is_lost

CODE = "damaged"
CORRUPT = ("Corrupt database file", "does not match stored checksum", "Could not read enough bytes")
STATE = (
    "move {folder} away and run `{sync}`: what is committed is in the store, and dlt's own files are made from it again"
)
STORE = (
    "restore {folder} as a whole from a backup made while no run was going on. Without one, move it away and run "
    "`{sync}`: everything is read again, and `transaction_changes` begins anew (warehouse.duckdb has "
    "those so far: keep a copy of it)"
)


def damaged(tenant: str, folder: Path, *, said: str = "") -> Problem | None:
    """The first of a tenant's private files that is not whole; None where all are, as far as opening them shows.

    Args:
        folder: the tenant's own. Nobody else uses what is in it meanwhile.
        said: what an error said; of a database that opens, DuckDB finds some damage only when it reads on.
    """
    private = folder / "private"
    store, sync = private / "store.duckdb", command(f"sync {tenant}")
    home, restore = pipeline_home(store, tenant=tenant), STORE.format(folder=private, sync=sync)
    for file in _of_dlt(home):
        if fault := _unreadable(file):
            return _problem(file, fault, STATE.format(folder=private / "dlt", sync=sync))
    fault = unopenable(store) if store.exists() else ""
    if not fault and any(word in said for word in CORRUPT):
        fault = "some of its blocks are not as they were written"
    if fault:
        return _problem(store, fault, restore)
    if is_lost(store, home):
        return Problem(code=CODE, message=f"{store} is not there, though runs were committed to it: {restore}")
    return None


def unopenable(database: Path) -> str:
    """Why DuckDB cannot open a file; empty where it can, or where another process has it open."""
    try:
        with duckdb.connect(f"{database}", read_only=True) as connection:
            connection.execute("SELECT count(*) FROM duckdb_tables()")
    except duckdb.Error as error:
        text = first_line(error)
        return "" if is_in_use(text) or "different configuration" in text else text
    return ""


def _of_dlt(home: Path) -> Iterator[Path]:
    yield from (home / name for name in ("state.json", "load/.version", "normalize/.version"))
    yield from sorted(home.glob("schemas/*.json"))


def _unreadable(file: Path) -> str:
    """What is wrong with a file of dlt's; one that is not there is made again."""
    with suppress(FileNotFoundError):
        content = file.read_bytes()
        if file.suffix == ".json":
            return "" if _is_json(content) else "it is empty or cut short"
        return "" if content.count(b".") >= len("..") else "it is empty or cut short"
    return ""


def _is_json(content: bytes) -> bool:
    try:
        return isinstance(json.loads(content), dict)
    except ValueError:
        return False


def _problem(file: Path, fault: str, remedy: str) -> Problem:
    return Problem(code=CODE, message=f"{file} is damaged ({fault}): {remedy}")
