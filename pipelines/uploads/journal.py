"""What became of every row that was ever sent, on disk before anything else happens (rule C1 for writes).

A SQLite file a tenant: a commit is flushed to the disk before it returns (`synchronous=FULL`), and one that a crash
cut short is undone by the next who opens it. It has keys, days and the API's words; no body, no token, no header.
An outcome belongs to the API that the row was sent to: what a test API confirmed says nothing of another one. How its
address is spelt makes no other API of it.
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
from urllib.parse import urlsplit

from .kinds import Kind, Row

SCHEMA = """
CREATE TABLE IF NOT EXISTS outcomes (
    api TEXT NOT NULL,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    parent TEXT NOT NULL,
    day TEXT NOT NULL,
    state TEXT NOT NULL,
    deletes INTEGER NOT NULL DEFAULT 0,
    said TEXT NOT NULL DEFAULT '',
    at TEXT NOT NULL,
    PRIMARY KEY (api, kind, key, fingerprint)
) WITHOUT ROWID
"""
OLDER = "kind, key, fingerprint, parent, day, state, deletes, said, at"  # the columns of a journal that knew one API
PUT = """
INSERT INTO outcomes (api, kind, key, fingerprint, parent, day, state, said, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET state = excluded.state, said = excluded.said, at = excluded.at, deletes = 0
"""
DAMAGED = "it is damaged: restore it, or move it away and look at Aleta before fee holdings are sent once more"
SAME_KEYS = """
UPDATE outcomes SET state = 'unknown' WHERE api IN (?1, ?2) AND (kind, key) IN (
    SELECT kind, key FROM outcomes WHERE api = ?1 INTERSECT SELECT kind, key FROM outcomes WHERE api = ?2)
"""
DEFAULT_PORTS = {"https": ":443", "http": ":80"}
SPAN = "WHERE api = ? AND kind = ? AND parent = ? AND day BETWEEN ? AND ?"


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
        api: the address that rows are sent to; what other APIs said is kept, and neither known nor changed. A journal
            of an older version, which does not say where its rows went, counts for this one from now on.

    Raises:
        JournalError: from any method, when the file cannot be read or written.
    """

    def __init__(self, path: Path, *, api: str) -> None:
        self._path = path
        self._api = _address(api)
        self._lock = threading.Lock()
        with self._failing_as_journal_error():
            path.touch(mode=0o600)  # the files that SQLite puts beside it take its mode
            self._sql = _opened(path, self._api)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._sql.close()

    def known(self, kind: Kind) -> Known:
        """Where every row of *kind* stands."""
        with self._failing_as_journal_error():
            return _known(self._sql, kind, self._api)

    def sending(self, kind: Kind, row: Row, *, at: datetime) -> None:
        """*row* is about to be sent; on disk when this returns.

        Where the same key again overwrites, what was known of its other values is no longer true.
        """
        with self._failing_as_journal_error(), _transaction(self._sql):
            if kind.overwrites:
                others = "DELETE FROM outcomes WHERE api = ? AND kind = ? AND key = ? AND fingerprint <> ?"
                self._sql.execute(others, (self._api, kind.name, row.key, row.fingerprint))
            self._sql.execute(PUT, self._values(kind, row, State.SENDING, "", at))

    def put(self, kind: Kind, row: Row, state: State | None, *, said: str = "", at: datetime) -> None:
        """*row* stands so from now on, None: as if it had never been sent; on disk when this returns."""
        with self._failing_as_journal_error():
            if state is None:
                gone = "DELETE FROM outcomes WHERE api = ? AND kind = ? AND key = ? AND fingerprint = ?"
                self._sql.execute(gone, (self._api, kind.name, row.key, row.fingerprint))
            else:
                self._sql.execute(PUT, self._values(kind, row, state, said, at))

    def delete_begun(self, kind: Kind, span: Span) -> None:
        """A DELETE of *span* is about to be sent: from now on no row within is known to be at the API."""
        with self._failing_as_journal_error():
            self._sql.execute(f"UPDATE outcomes SET deletes = deletes + 1 {SPAN}", self._bounds(kind, span))

    def delete_refused(self, kind: Kind, span: Span) -> None:
        """The DELETE that was begun last certainly deleted nothing."""
        with self._failing_as_journal_error():
            self._sql.execute(f"UPDATE outcomes SET deletes = max(0, deletes - 1) {SPAN}", self._bounds(kind, span))

    def deleted(self, kind: Kind, span: Span) -> None:
        """A DELETE of *span* is done: what was sent before is gone, and may be sent anew."""
        with self._failing_as_journal_error():
            self._sql.execute(f"DELETE FROM outcomes {SPAN}", self._bounds(kind, span))

    def _values(self, kind: Kind, row: Row, state: State, said: str, at: datetime) -> tuple[str, ...]:
        return self._api, kind.name, row.key, row.fingerprint, row.parent, row.day, state, said, at.isoformat()

    def _bounds(self, kind: Kind, span: Span) -> tuple[str, ...]:
        return self._api, kind.name, span.parent, f"{span.first}", f"{span.last}"

    @contextmanager
    def _failing_as_journal_error(self) -> Iterator[None]:
        with self._lock:
            try:
                yield
            except (sqlite3.Error, OSError) as error:
                raise _failure(self._path, error) from error


def glance(path: Path, kind: Kind, *, api: str) -> Known:
    """What the journal at *path* says of *kind* at *api*, without making or changing it.

    Raises:
        JournalError: there is one, and it cannot be read.
    """
    if not path.exists():
        return {}
    settled = not path.with_name(f"{path.name}-wal").exists()  # then SQLite need put nothing beside it to read it
    try:
        sql = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro{'&immutable=1' if settled else ''}", uri=True)
        try:
            return _known(sql, kind, _address(api))
        finally:
            sql.close()
    except sqlite3.Error as error:
        raise _failure(path, error) from error


def _opened(path: Path, api: str) -> sqlite3.Connection:
    sql = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        sql.execute("PRAGMA journal_mode = WAL")
        sql.execute("PRAGMA synchronous = FULL")
        _prepare(sql, api)
    except sqlite3.Error:
        sql.close()
        raise
    return sql


def _prepare(sql: sqlite3.Connection, api: str) -> None:
    """The table, with what an older version left in it, under one spelling of *api*; all or nothing."""
    with _transaction(sql):
        older = _is_older(sql)
        if older:
            sql.execute("ALTER TABLE outcomes RENAME TO older")
        sql.execute(SCHEMA)
        if older:
            sql.execute(f"INSERT INTO outcomes (api, {OLDER}) SELECT ?, {OLDER} FROM older", (api,))
            sql.execute("DROP TABLE older")
        for spelling in _other_spellings(sql, api):
            sql.execute(SAME_KEYS, (api, spelling))
            sql.execute("UPDATE OR REPLACE outcomes SET api = ? WHERE api = ?", (api, spelling))


@contextmanager
def _transaction(sql: sqlite3.Connection) -> Iterator[None]:
    """All or nothing: what another thread writes after a failure is no part of it."""
    sql.execute("BEGIN IMMEDIATE")
    try:
        yield
        sql.execute("COMMIT")
    except BaseException:
        if sql.in_transaction:
            sql.execute("ROLLBACK")
        raise


def _is_older(sql: sqlite3.Connection) -> bool:
    columns = [name for _, name, *_ in sql.execute("PRAGMA table_info(outcomes)")]
    return bool(columns) and "api" not in columns


def _failure(path: Path, error: Exception) -> JournalError:
    usable = isinstance(error, sqlite3.OperationalError | OSError)
    advice = "make room or rights, and run it again" if usable else DAMAGED
    return JournalError(f"{path} cannot be used ({error}): {advice}")


def _known(sql: sqlite3.Connection, kind: Kind, api: str) -> Known:
    """What `_prepare` would leave: of a key that two spellings have, nobody knows which was sent last."""
    if _is_older(sql):
        return _known_under(sql, kind, api, where="? IS NOT NULL")
    found: dict[str, dict[str, State]] = {}
    for spelling in (api, *_other_spellings(sql, api)):
        here = _known_under(sql, kind, spelling)
        twice = {key: dict.fromkeys(found[key] | here[key], State.UNKNOWN) for key in found.keys() & here.keys()}
        found |= here | twice
    return found


def _known_under(
    sql: sqlite3.Connection, kind: Kind, spelling: str, *, where: str = "api = ?"
) -> dict[str, dict[str, State]]:
    found: dict[str, dict[str, State]] = {}
    query = f"SELECT key, fingerprint, state, deletes FROM outcomes WHERE {where} AND kind = ?"
    for key, fingerprint, state, deletes in sql.execute(query, (spelling, kind.name)):
        found.setdefault(key, {})[fingerprint] = State.UNKNOWN if deletes else State(state)
    return found


def _other_spellings(sql: sqlite3.Connection, api: str) -> list[str]:
    """Under which other addresses, of an older version, the journal has outcomes of *api*."""
    spellings = [spelling for (spelling,) in sql.execute("SELECT DISTINCT api FROM outcomes ORDER BY api")]
    return [spelling for spelling in spellings if spelling != api and _address(spelling) == api]


def _address(api: str) -> str:
    """The one spelling of an address: its scheme and host in lower case, without the port that its scheme implies."""
    parts = urlsplit(api)
    host = parts.netloc.lower().removesuffix(DEFAULT_PORTS.get(parts.scheme, ""))
    return parts._replace(netloc=host).geturl()
