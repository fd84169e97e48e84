"""What became of every row that was ever sent, on disk before anything else happens (rule C1 for writes).

A SQLite file a tenant: a commit is flushed to the disk before it returns (`synchronous=FULL`), and one that a crash
cut short is undone by the next who opens it. It has keys, days and the API's words; no body, no token, no header.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Self, TypeAlias

from .kinds import Kind, Row

SCHEMA = """
CREATE TABLE IF NOT EXISTS outcomes (
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    parent TEXT NOT NULL,
    day TEXT NOT NULL,
    state TEXT NOT NULL,
    deletes INTEGER NOT NULL DEFAULT 0,
    said TEXT NOT NULL DEFAULT '',
    at TEXT NOT NULL,
    PRIMARY KEY (kind, key, fingerprint)
) WITHOUT ROWID
"""
PUT = """
INSERT INTO outcomes (kind, key, fingerprint, parent, day, state, said, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET state = excluded.state, said = excluded.said, at = excluded.at, deletes = 0
"""
DAMAGED = "it is damaged: restore it, or move it away and look at Aleta before fee holdings are sent once more"
SPAN = "WHERE kind = ? AND parent = ? AND day BETWEEN ? AND ?"


class State(StrEnum):
    """Where a row stands."""

    SENDING = "sending"  # it may be on its way, or its sender died
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    UNKNOWN = "unknown"


Known: TypeAlias = Mapping[str, Mapping[str, State]]
"""Key -> fingerprint -> where it stands."""


class JournalError(Exception):
    """The journal cannot be read or written: nothing is sent without it."""

    code = "disk"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """What a DELETE names: one parent, both days included."""

    parent: str
    first: date
    last: date


class Journal:
    """The journal of one tenant; a context manager, safe for threads. For one process at a time: take the lock first.

    Args:
        path: the file, made with mode 0600 where it is not there.

    Raises:
        JournalError: from any method, when the file cannot be read or written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        with self._failing_as_journal_error():
            path.touch(mode=0o600)  # the files that SQLite puts beside it take its mode
            self._sql = _opened(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._sql.close()

    def known(self, kind: Kind) -> Known:
        """Where every row of *kind* stands."""
        with self._failing_as_journal_error():
            return _known(self._sql, kind)

    def sending(self, kind: Kind, row: Row, *, at: datetime) -> None:
        """*row* is about to be sent; on disk when this returns.

        Where the same key again overwrites, what was known of its other values is no longer true.
        """
        with self._failing_as_journal_error():
            self._sql.execute("BEGIN IMMEDIATE")
            if kind.overwrites:
                others = "DELETE FROM outcomes WHERE kind = ? AND key = ? AND fingerprint <> ?"
                self._sql.execute(others, (kind.name, row.key, row.fingerprint))
            self._sql.execute(PUT, _values(kind, row, State.SENDING, "", at))
            self._sql.execute("COMMIT")

    def put(self, kind: Kind, row: Row, state: State | None, *, said: str = "", at: datetime) -> None:
        """*row* stands so from now on, None: as if it had never been sent; on disk when this returns."""
        with self._failing_as_journal_error():
            if state is None:
                gone = "DELETE FROM outcomes WHERE kind = ? AND key = ? AND fingerprint = ?"
                self._sql.execute(gone, (kind.name, row.key, row.fingerprint))
            else:
                self._sql.execute(PUT, _values(kind, row, state, said, at))

    def delete_begun(self, kind: Kind, span: Span) -> None:
        """A DELETE of *span* is about to be sent: from now on no row within is known to be at the API."""
        with self._failing_as_journal_error():
            self._sql.execute(f"UPDATE outcomes SET deletes = deletes + 1 {SPAN}", _bounds(kind, span))

    def delete_refused(self, kind: Kind, span: Span) -> None:
        """The DELETE that was begun last certainly deleted nothing."""
        with self._failing_as_journal_error():
            self._sql.execute(f"UPDATE outcomes SET deletes = max(0, deletes - 1) {SPAN}", _bounds(kind, span))

    def deleted(self, kind: Kind, span: Span) -> None:
        """A DELETE of *span* is done: what was sent before is gone, and may be sent anew."""
        with self._failing_as_journal_error():
            self._sql.execute(f"DELETE FROM outcomes {SPAN}", _bounds(kind, span))

    @contextmanager
    def _failing_as_journal_error(self) -> Iterator[None]:
        with self._lock:
            try:
                yield
            except (sqlite3.Error, OSError) as error:
                raise _failure(self._path, error) from error


def glance(path: Path, kind: Kind) -> Known:
    """What the journal at *path* says of *kind*, without making or changing it.

    Raises:
        JournalError: there is one, and it cannot be read.
    """
    if not path.exists():
        return {}
    settled = not path.with_name(f"{path.name}-wal").exists()  # then SQLite need put nothing beside it to read it
    try:
        sql = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro{'&immutable=1' if settled else ''}", uri=True)
        try:
            return _known(sql, kind)
        finally:
            sql.close()
    except sqlite3.Error as error:
        raise _failure(path, error) from error


def _opened(path: Path) -> sqlite3.Connection:
    sql = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        for statement in ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", SCHEMA):
            sql.execute(statement)
    except sqlite3.Error:
        sql.close()
        raise
    return sql


def _failure(path: Path, error: Exception) -> JournalError:
    usable = isinstance(error, sqlite3.OperationalError | OSError)
    advice = "make room or rights, and run it again" if usable else DAMAGED
    return JournalError(f"{path} cannot be used ({error}): {advice}")


def _known(sql: sqlite3.Connection, kind: Kind) -> Known:
    found: dict[str, dict[str, State]] = {}
    query = "SELECT key, fingerprint, state, deletes FROM outcomes WHERE kind = ?"
    for key, fingerprint, state, deletes in sql.execute(query, (kind.name,)):
        found.setdefault(key, {})[fingerprint] = State.UNKNOWN if deletes else State(state)
    return found


def _values(kind: Kind, row: Row, state: State, said: str, at: datetime) -> tuple[str, ...]:
    return kind.name, row.key, row.fingerprint, row.parent, row.day, state, said, at.isoformat()


def _bounds(kind: Kind, span: Span) -> tuple[str, ...]:
    return kind.name, span.parent, f"{span.first}", f"{span.last}"
