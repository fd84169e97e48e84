"""Where a run is cut short: killed, stopped, or denied the disk, at the n-th of its requests, file changes or SQL."""

from __future__ import annotations

import errno
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import duckdb

if TYPE_CHECKING:
    from pipelines.warehouse.duckdb.merge import MergeJob

SQL = "histories.sql"
MERGED = "histories.merged"
STEP = "histories.step"
FILES = {"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate", "os.chmod"}
NAMED = {"http.client.send": ("http",), SQL: ("sql",), MERGED: ("merged",), STEP: ("step",)}
DEEPEST = {"http": 25, "file": 320, "copy": 12, "sql": 50, "merged": 15, "step": 4}
"""About how many of each a first load has."""
LONGEST_US = 2_500_000
WRITES = os.O_WRONLY | os.O_RDWR


@dataclass(frozen=True, kw_only=True)
class Cut:
    """An interruption of a run.

    Args:
        how: `kill` (as by kill -9), `stop` (as by SIGTERM), or `full` (from then on nothing can be written).
        at: what is counted: `http` (requests), `file` (changes below the data folder), `copy` (those of them outside of
            what is private: publishing), `sql` (statements dlt sends), `merged` (tables whose rows were just
            committed, before anybody noted it), `step` (recover, each package, publish); or `time`: none
            of these, but the time since the run began.
        nth: before which of them it happens, 0 being the first.
        table: of `merged`, the only table whose rows are counted: the tables of a package are merged at the same time,
            so which of them is the first is chance.
        after_us: of a kill, so many microseconds later: in the middle of what follows.
    """

    how: str
    at: str
    nth: int
    table: str = ""
    after_us: int = 0


def announce() -> None:
    """What dlt and the program send to DuckDB goes past the audit hooks; and so do the steps of a run."""
    from dlt.destinations.impl.duckdb.sql_client import DuckDbSqlClient

    from pipelines.run import tenant_run
    from pipelines.warehouse.duckdb.merge import MergeJob
    from pipelines.warehouse.pipeline import records
    from pipelines.warehouse.warehouse import Warehouse

    for name in ("execute_query", "commit_transaction"):
        setattr(DuckDbSqlClient, name, _announced(getattr(DuckDbSqlClient, name), SQL))
    for name in ("_merge", "_complete", "mark_state_extracted"):  # the last comes after the commit
        setattr(records, name, _announced(getattr(records, name), SQL))
    MergeJob.run = _merging(MergeJob.run)
    for name in ("recover", "write"):
        setattr(Warehouse, name, _announced(getattr(Warehouse, name), STEP))
    tenant_run.publish_tenant = _announced(tenant_run.publish_tenant, STEP)


def arm(cut: Cut, folder: Path, stop: threading.Event) -> None:
    """From now on this process is to be cut short; there is no way back."""
    numbers = count()
    below = f"{folder}"

    def hook(event: str, args: tuple[object, ...]) -> None:
        if cut.table and args != (cut.table,):
            return
        if cut.at in _kinds(event, args, below) and (number := next(numbers)) >= cut.nth:
            _happen(cut, first=number == cut.nth, stop=stop)

    sys.addaudithook(hook)


def _kinds(event: str, args: tuple[object, ...], below: str) -> Sequence[str]:
    """What an audit event counts as (docs.python.org/3/library/audit_events.html)."""
    if event in NAMED:
        return NAMED[event]
    if event not in FILES or not isinstance(args[0], str | os.PathLike) or not f"{args[0]}".startswith(below):
        return ()
    if event == "open" and not int(args[2]) & WRITES:
        return ()
    return ("file",) if "/private" in f"{args[0]}" else ("file", "copy")


def _happen(cut: Cut, *, first: bool, stop: threading.Event) -> None:
    if cut.how == "full":
        _refuse(cut.at)
    if first and cut.how == "stop":
        stop.set()
    if first and cut.how == "kill":
        _die(cut.after_us)


def draw(rng: Random) -> Cut:
    """A kill at some instant of a run of a small world, or just before or in the middle of one of its steps."""
    at = rng.choice(["time", "time", "time", *DEEPEST])
    nth = rng.randrange(DEEPEST[at]) if at in DEEPEST else 0
    after_us = rng.randrange(1, LONGEST_US) if at == "time" else rng.choice([0, 300, 3000, 30_000])
    return Cut(how="kill", at=at, nth=nth, after_us=after_us)


def _die(after_us: int) -> None:
    if after_us:
        signal.setitimer(signal.ITIMER_REAL, after_us / 1e6)  # SIGALRM, not handled, ends a process at once
    else:
        os.kill(os.getpid(), signal.SIGKILL)


def _refuse(at: str) -> None:
    if at == "sql":
        raise duckdb.IOException("IO Error: Could not write file: No space left on device")
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _merging(function: Callable[[MergeJob], None]) -> Callable[[MergeJob], None]:
    def merging(job: MergeJob) -> None:
        function(job)
        sys.audit(MERGED, job.load_table_name)

    return merging


def _announced(function: Callable[..., object], event: str) -> Callable[..., object]:
    def announced(*args: object, **kwargs: object) -> object:
        sys.audit(event)
        return function(*args, **kwargs)

    return announced
