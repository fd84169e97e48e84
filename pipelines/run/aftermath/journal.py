"""The last runs of a tenant, whatever came of them: a private file of lines, for `status` and `report`.

A run that fails before its first commit is in no table, and one that is killed says nothing at all. So each run writes
a line as it begins and one as it ends; who reads takes the last line of each run. Their order is that of the first
lines of each: a stored time may be that of a clock which was wrong (M6).
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

import msgspec

from ...publish.publication import PublishError
from ...report.problem_lines import problem_line
from ...report.report import Exit, Status, TenantReport
from ...report.version import VERSION
from ...warehouse.private_file import replace
from ..errors import failures

FILE = "runs.jsonl"
KEPT = 150  # runs
KEPT_NARROWED = 50  # `serve` may start hundreds of these a day, which must not push a failed night out
LINES = 500  # two a run: with so many, the oldest are dropped
RUNNING = "running"
NIGHTLY = "sync"


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One run: the columns of `sync_runs`, and why it was not complete.

    Args:
        status: that of `sync_runs`; `running` from its beginning to its end.
        narrowed: it was to read only what the operator named, and so proves nothing of the tenant as a whole.
        code, reason: of the first problem; empty when there is none.
        told: somebody took word of how it ended (`notify`); believed of lines of older versions, which lack it.
    """

    run_id: str
    kind: str
    started_at: datetime
    ended_at: datetime | None = None
    status: str = RUNNING
    narrowed: bool = False
    requests: int = 0
    retries: int = 0
    rows_read: int = 0
    added: int = 0
    modified: int = 0
    removed: int = 0
    errors: int = 0
    version: str = VERSION
    code: str = ""
    reason: str = ""
    told: bool = True


def ended(report: TenantReport, began: Entry, *, now: datetime) -> Entry:
    """How a run that *began* so came out."""
    first = report.errors[0] if report.errors else None
    more = f" ({len(report.errors) - 1} more)" if len(report.errors) > 1 else ""
    return msgspec.structs.replace(
        began,
        ended_at=now,
        status=failures.run_status(report),
        requests=report.requests,
        retries=report.retries,
        errors=len(report.errors),
        code=first.code if first else "",
        reason=f"{problem_line(first)}{more}" if first else _unexplained(report.fatal),
        **{count: report.total(total) for count, total in _COUNTS.items()},
    )


_COUNTS = {"rows_read": "read", "added": "added", "modified": "modified", "removed": "removed"}


def _unexplained(fatal: Exit | None) -> str:
    return f"ended with exit {int(fatal)}" if fatal else ""


def append(folder: Path, entry: Entry) -> None:
    """Add a line, whole or not at all; the oldest go.

    Raises:
        OSError: it cannot be written; what was there is as it was.
    """
    line = msgspec.json.encode(entry) + b"\n"
    with _opened(folder / FILE) as file:
        before = os.fstat(file).st_size
        lines = os.pread(file, before, 0).splitlines(keepends=True)
        if len(lines) >= LINES:
            replace(folder / FILE, b"".join(_kept([*lines, line])))
            return
        torn = bool(lines) and not lines[-1].endswith(b"\n")
        try:
            _write(file, b"\n" * torn + line)
        except OSError:
            os.ftruncate(file, before)
            raise


def read(folder: Path) -> Sequence[Entry]:
    """The runs, the last to begin first, whatever their clocks said; a line that was cut off is passed over.

    Raises:
        OSError: the file is there and cannot be read.
    """
    try:
        lines = (folder / FILE).read_bytes().splitlines()
    except (FileNotFoundError, NotADirectoryError):
        return []
    return _decoded(lines)


def last_complete(folder: Path) -> datetime | None:
    """When the last nightly run of the whole tenant ended that was complete; only the lines since are decoded.

    Raises:
        OSError: the file is there and cannot be read.
    """
    try:
        lines = (folder / FILE).read_bytes().splitlines()
    except (FileNotFoundError, NotADirectoryError):
        return None
    for line in reversed(lines):
        with suppress(msgspec.MsgspecError, UnicodeDecodeError):
            entry = msgspec.json.decode(line, type=Entry)
            if entry.kind == NIGHTLY and entry.status == Status.COMPLETE and not entry.narrowed:
                return entry.ended_at
    return None


def note_published(folder: Path) -> None:
    """What is committed is published now: the last night was complete, if nothing else was the matter with it.

    Raises:
        OSError: the file cannot be read or written.
    """
    last = next((run for run in read(folder) if run.kind == NIGHTLY and not run.narrowed), None)
    if last and (last.code, last.errors) == (PublishError.code, 1):
        append(folder, msgspec.structs.replace(last, status=Status.COMPLETE, errors=0, code="", reason=""))


def _decoded(lines: Sequence[bytes]) -> Sequence[Entry]:
    runs: dict[str, Entry] = {}
    for line in lines:
        with suppress(msgspec.MsgspecError, UnicodeDecodeError):
            entry = msgspec.json.decode(line, type=Entry)
            runs[entry.run_id] = entry  # keeps the place of its first line
    return list(reversed(runs.values()))


def _kept(lines: Sequence[bytes]) -> Sequence[bytes]:
    """One line a run, of the last runs of each sort, and the last that was told; the oldest first."""
    runs = _decoded(lines)
    kept = [run for run in runs if not run.narrowed][:KEPT] + [run for run in runs if run.narrowed][:KEPT_NARROWED]
    kept += [run for run in runs if run.told][:1]
    return [msgspec.json.encode(run) + b"\n" for run in reversed(runs) if run in kept]


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    """The file under its lock, for its owner only; opened again where another process replaced it meanwhile."""
    while True:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            if _is_at(path, file):
                yield file
                return
        finally:
            os.close(file)


def _is_at(path: Path, file: int) -> bool:
    try:
        return os.path.samestat(path.lstat(), os.fstat(file))
    except FileNotFoundError:
        return False


def _write(file: int, data: bytes) -> None:
    while data:
        data = data[os.write(file, data) :]
