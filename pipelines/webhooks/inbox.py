"""A tenant's inbox: every accepted delivery, on disk until long after it was synced.

An SQLite file, because two processes use it: `serve` records, `sync` takes up. A delivery is in it, synced to the disk,
before it is answered; the primary key is what recognises a repeated one.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from ..warehouse.private_file import make_private_file, make_private_folder, nearest_there
from .delivery import CALCULATED, Delivery

FILE = "webhooks.sqlite"
BUSY_S = 10.0  # the longest that one process waits for the other's transaction, which takes milliseconds
REMEMBERED = timedelta(days=30)  # a repeated delivery is recognised for so long; the sender retries for a day
MOST_REMEMBERED = 100_000
WAL_BYTES = 4 << 20  # the log is cut back to this when it was emptied
_MAKING = threading.Lock()  # nobody connects to a file that another thread has not closed yet

_UNDONE = f"(run_id IS NULL OR (type = '{CALCULATED}' AND synced_at IS NULL))"
_COLUMNS = "webhook_id, type, client_id, received_at, run_id IS NOT NULL"
_SCHEMA = f"""
    CREATE TABLE IF NOT EXISTS deliveries (
        webhook_id TEXT NOT NULL PRIMARY KEY, type TEXT NOT NULL, client_id TEXT, received_at TEXT NOT NULL,
        run_id TEXT, synced_at TEXT);
    CREATE INDEX IF NOT EXISTS undone ON deliveries (type) WHERE {_UNDONE};
    CREATE INDEX IF NOT EXISTS by_age ON deliveries (received_at);"""
_RECORD = """
    INSERT INTO deliveries (webhook_id, type, client_id, received_at) VALUES (?, ?, ?, ?)
    ON CONFLICT (webhook_id) DO NOTHING"""


class InboxError(Exception):
    """The inbox cannot be used (exit 4 of a sync, 503 of a delivery)."""

    code = "inbox"

    def __init__(self, file: Path, reason: object) -> None:
        super().__init__(
            f"{file} cannot be used ({reason}): free space or fix permissions; if it is damaged, move it away, "
            "and run `sync` for all clients"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """What waits for a sync."""

    deliveries: Sequence[Delivery]

    @property
    def new(self) -> Sequence[Delivery]:
        """Those that no run has tried."""
        return [delivery for delivery in self.deliveries if not delivery.tried]

    @property
    def clients(self) -> list[str]:
        """Whose, each once, in the order of their first delivery; those that were tried come last."""
        return _clients(sorted(self.deliveries, key=lambda delivery: delivery.tried))

    @property
    def new_clients(self) -> list[str]:
        """Whose figures were announced since they were last tried, each once."""
        return _clients(self.new)


class Inbox:
    """An open inbox; made when it is not there. For one thread at a time, and any number of processes.

    Raises:
        InboxError: by every method, when the file cannot be used.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE
        with self._explained():
            _make(self._file)
            self._database = sqlite3.connect(
                self._file, timeout=BUSY_S, isolation_level=None, check_same_thread=False, cached_statements=16
            )
            try:
                self._prepare()
                self._inodes = self._found()
            except BaseException:
                self._database.close()
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._database.close()

    def record(self, deliveries: Sequence[Delivery]) -> list[bool]:
        """Put all of *deliveries* on the disk; which of them were not there before. On return they survive a crash."""
        self._assert_in_place()
        with self._transaction():
            return [self._record(delivery) for delivery in deliveries]

    def probe(self) -> None:
        """Write to the disk, and leave nothing."""
        with self._transaction():
            self._database.execute(_RECORD, ("", "", None, ""))
            self._database.execute("DELETE FROM deliveries WHERE webhook_id = ''")

    def waiting(self, *, clients: Sequence[str] = ()) -> Waiting:
        """What a sync of *clients* (of all, when none is named) brings up to date, oldest first."""
        found = [delivery for delivery in self.undone(clients=clients) if delivery.wants_sync]
        return Waiting(deliveries=found)

    def undone(self, *, clients: Sequence[str] = ()) -> list[Delivery]:
        """The same, and what no run recorded yet although it announces nothing that could be synced."""
        with self._explained():
            rows = self._database.execute(f"SELECT {_COLUMNS} FROM deliveries WHERE {_UNDONE} ORDER BY rowid")
            found = [_delivery(*row) for row in rows]
        named = set(clients)
        return [delivery for delivery in found if not named or not delivery.wants_sync or delivery.client_id in named]

    def settle(self, deliveries: Sequence[Delivery], *, run_id: str, done_at: datetime | None) -> None:
        """Note that *run_id* committed *deliveries*, and since when no sync need follow them; None: one must."""
        at = done_at.isoformat() if done_at else None
        values = [(run_id, at if delivery.wants_sync else None, delivery.webhook_id) for delivery in deliveries]
        with self._transaction():
            self._database.executemany("UPDATE deliveries SET run_id = ?, synced_at = ? WHERE webhook_id = ?", values)

    def compact(self, now: datetime) -> None:
        """Forget what is done and old, or done and beyond `MOST_REMEMBERED`; the space is used again."""
        done = f"NOT {_UNDONE}"
        with self._transaction():
            oldest = (now - REMEMBERED).isoformat()
            self._database.execute(f"DELETE FROM deliveries WHERE {done} AND received_at < ?", [oldest])
            newest = "SELECT rowid FROM deliveries ORDER BY rowid DESC LIMIT ?"
            self._database.execute(
                f"DELETE FROM deliveries WHERE {done} AND rowid NOT IN ({newest})", [MOST_REMEMBERED]
            )

    def _prepare(self) -> None:
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = FULL")  # a commit returns when it is on the disk
        self._database.execute(f"PRAGMA journal_size_limit = {WAL_BYTES}")
        self._database.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} COMMIT;")

    def _assert_in_place(self) -> None:
        """A file that was moved away can still be written to, but nobody would read it; its log, the same."""
        with self._explained():
            if self._found() != self._inodes:
                raise OSError("it was replaced while it was open")

    def _found(self) -> list[int | None]:
        """Which files bear the names of the database and its log now."""
        return [_inode(file) for file in (self._file, self._file.with_name(f"{FILE}-wal"))]

    def _record(self, delivery: Delivery) -> bool:
        values = (delivery.webhook_id, delivery.type, delivery.client_id, delivery.received_at.isoformat())
        return self._database.execute(_RECORD, values).rowcount == 1

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        """All or nothing; on the disk at its end."""
        with self._explained():
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._database.execute("COMMIT")
            except BaseException:
                if self._database.in_transaction:
                    self._database.execute("ROLLBACK")
                raise

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise InboxError(self._file, error) from error


def exists(folder: Path) -> bool:
    """Whether a tenant ever had a delivery."""
    return (folder / FILE).exists()


def has_room(folder: Path) -> bool:
    """Whether a tenant's *folder* is one that can be written or made, on a disk with room for another file."""
    there = nearest_there(folder)
    try:
        disk = os.statvfs(there)
    except OSError:
        return False
    writable = there.is_dir() and os.access(there, os.W_OK | os.X_OK)
    return writable and (disk.f_bavail > 0 or not disk.f_blocks) and (disk.f_favail > 0 or not disk.f_files)


def _make(file: Path) -> None:
    """Make *file* and its folder, unless they are there; on return their names are on the disk.

    Raises:
        OSError: it cannot be made, or is a link.
    """
    make_private_folder(file.parent)
    with _MAKING:
        made = make_private_file(file)
    for folder in (file.parent, file.parent.parent) if made else ():
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)  # the name of a file is on the disk only when its folder is
        finally:
            os.close(handle)


def _inode(file: Path) -> int | None:
    try:
        return file.stat().st_ino
    except FileNotFoundError:
        return None


def _delivery(webhook_id: str, kind: str, client_id: str | None, received_at: str, tried: int) -> Delivery:
    at = datetime.fromisoformat(received_at)
    return Delivery(webhook_id=webhook_id, type=kind, client_id=client_id, received_at=at, tried=bool(tried))


def _clients(deliveries: Iterable[Delivery]) -> list[str]:
    return list(dict.fromkeys(delivery.client_id for delivery in deliveries if delivery.client_id))
