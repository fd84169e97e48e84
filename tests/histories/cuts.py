"""Where a run is cut short: killed, stopped, or denied the disk, at the n-th of its requests, file changes or SQL."""

from __future__ import annotations

import errno
import os
import signal
import sys
import threading
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import duckdb
from dlt.destinations.impl.duckdb.sql_client import DuckDbSqlClient

SQL = "histories.sql"
FILES = {"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate", "os.chmod"}
WRITES = os.O_WRONLY | os.O_RDWR


@dataclass(frozen=True, kw_only=True)
class Cut:
    """An interruption of a run.

    Args:
        how: `kill` (as by kill -9), `stop` (as by SIGTERM), or `full` (from then on nothing can be written).
        at: what is counted: `http` (requests), `file` (changes below the data folder), `sql` (statements dlt sends).
        nth: before which of them it happens, 0 being the first.
        after_us: of a kill, so many microseconds later: in the middle of what follows.
    """

    how: str
    at: str
    nth: int
    after_us: int = 0


def arm(cut: Cut, folder: Path, stop: threading.Event) -> None:
    """From now on this process is to be cut short; there is no way back."""
    numbers = count()
    below = f"{folder}"

    def hook(event: str, args: tuple[object, ...]) -> None:
        if _kind(event, args, below) == cut.at and (number := next(numbers)) >= cut.nth:
            _happen(cut, first=number == cut.nth, stop=stop)

    _announce_sql()
    sys.addaudithook(hook)


def _kind(event: str, args: tuple[object, ...], below: str) -> str:
    if event == "http.client.send":
        return "http"
    if event == SQL:
        return "sql"
    if event in FILES and isinstance(args[0], str | os.PathLike) and f"{args[0]}".startswith(below):
        return "file" if event != "open" or int(args[2]) & WRITES else ""  # type: ignore[call-overload]
    return ""


def _happen(cut: Cut, *, first: bool, stop: threading.Event) -> None:
    if cut.how == "full":
        _refuse(cut.at)
    if first and cut.how == "stop":
        stop.set()
    if first and cut.how == "kill":
        _die(cut.after_us)


def _die(after_us: int) -> None:
    if after_us:
        signal.setitimer(signal.ITIMER_REAL, after_us / 1e6)  # SIGALRM, not handled, ends a process at once
    else:
        os.kill(os.getpid(), signal.SIGKILL)


def _refuse(at: str) -> None:
    if at == "sql":
        raise duckdb.IOException("IO Error: Could not write file: No space left on device")
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _announce_sql() -> None:
    """What dlt sends to DuckDB goes past the audit hook, too."""
    for name in ("execute_query", "commit_transaction"):
        setattr(DuckDbSqlClient, name, _announced(getattr(DuckDbSqlClient, name)))


def _announced(method):
    def announced(*args, **kwargs):
        sys.audit(SQL)
        return method(*args, **kwargs)

    return announced
