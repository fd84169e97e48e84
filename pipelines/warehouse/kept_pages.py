"""The pages of v1 as they were last answered, each with its ETag, in a private file of the tenant.

A 304 then stands for bytes that are at hand: they are read and compared like any answer, so whatever happened to the
warehouse meanwhile, it is compared with what the API has. Nothing rests on this file: without it, or where it is
damaged, every list is read without conditions. It is bounded: what was not asked for longest goes first.
"""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import threading
import zlib
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

from sources.aleta.v1.chain import KeptPage

from .private_file import make_private_file

FILE = "pages.sqlite"
MOST_BYTES = 64 << 20  # of all lists, packed
MOST_OF_ONE = 8 << 20
UNASKED = timedelta(days=40)  # a list that nobody asked for so long goes
PACKED = 1  # zlib's level: the fastest
TABLES = """
    CREATE TABLE IF NOT EXISTS lists (key TEXT PRIMARY KEY, asked_at TEXT NOT NULL, bytes INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS pages (
        key TEXT, number INTEGER, cursor TEXT NOT NULL, etag TEXT NOT NULL, body BLOB NOT NULL,
        PRIMARY KEY (key, number)) WITHOUT ROWID;
"""
TRIM = """
    DELETE FROM lists WHERE asked_at < :before OR key IN (
        SELECT key FROM (SELECT key, sum(bytes) OVER (ORDER BY asked_at DESC, key) AS together FROM lists)
        WHERE together > :most)"""

T = TypeVar("T")
log = logging.getLogger(__name__)


class KeptPagesFile:
    """Pages of one tenant's lists: `sources.aleta.v1.chain.KeptPages`. Thread-safe.

    Args:
        folder: the tenant's.
        server: whose pages they are: those of another one are not taken for its own.
        now: when the run began.
        most_bytes: the bound of the whole file's content.
    """

    def __init__(self, folder: Path, *, server: str, now: datetime, most_bytes: int = MOST_BYTES) -> None:
        self._file = folder / FILE
        self._server = server
        self._now = now
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        self._asked: set[str] = set()
        self._sql: sqlite3.Connection | None = None
        self._closed = False

    def of(self, key: str) -> Sequence[KeptPage]:
        """All pages of a list in their order; none where it is not kept, or cannot be read."""
        own = self._key(key)
        return self._done(lambda sql: _read(sql, own)) or ()

    def keep(self, key: str, pages: Sequence[KeptPage]) -> None:
        """Keep these in place of what was kept; nothing of a list that is too large."""
        packed = [(page.cursor, page.etag, zlib.compress(page.body, PACKED)) for page in pages]
        if sum(len(body) for _, _, body in packed) > MOST_OF_ONE:
            packed = []
        own, now = self._key(key), self._now.isoformat()
        self._done(lambda sql: _write(sql, own, packed, now=now))

    def forget(self, key: str) -> None:
        self.keep(key, ())

    def close(self) -> None:
        """Note what was asked for, and bring the file within its bound; a read that was given up finds nothing then."""
        self._done(self._trim)
        with self._lock:
            self._closed = True
            self._shut()

    def _trim(self, sql: sqlite3.Connection) -> None:
        asked = [(self._now.isoformat(), key) for key in [*self._asked]]  # whoever was given up may still ask
        bounds = {"before": (self._now - UNASKED).isoformat(), "most": self._most_bytes}
        with sql:
            sql.executemany("UPDATE lists SET asked_at = ? WHERE key = ?", asked)
            sql.execute(TRIM, bounds)
            sql.execute("DELETE FROM pages WHERE key NOT IN (SELECT key FROM lists)")
        sql.executescript("PRAGMA incremental_vacuum")  # `execute` would step it once: one page of the file

    def _key(self, key: str) -> str:
        own = f"{self._server} {key}"
        self._asked.add(own)
        return own

    def _done(self, work: Callable[[sqlite3.Connection], T]) -> T | None:
        """What *work* returns, for one thread at a time; a file that is damaged is begun anew: all it held is lost."""
        with self._lock:
            if self._closed:
                return None
            try:
                self._sql = self._sql or _open(self._file)
                return work(self._sql)
            except (sqlite3.Error, zlib.error, OSError) as error:
                log.warning("%s is begun anew, and v1 is read without conditions: %s", self._file, error)
                self._shut()
                with contextlib.suppress(OSError):
                    self._file.unlink(missing_ok=True)
                return None

    def _shut(self) -> None:
        if self._sql is not None:
            self._sql.close()
            self._sql = None


def _read(sql: sqlite3.Connection, key: str) -> Sequence[KeptPage]:
    rows = sql.execute("SELECT cursor, etag, body FROM pages WHERE key = ? ORDER BY number", [key]).fetchall()
    return [KeptPage(cursor=cursor, etag=etag, body=zlib.decompress(body)) for cursor, etag, body in rows]


def _write(sql: sqlite3.Connection, key: str, packed: Sequence[tuple[str, str, bytes]], *, now: str) -> None:
    with sql:
        sql.execute("DELETE FROM pages WHERE key = ?", [key])
        sql.execute("DELETE FROM lists WHERE key = ?", [key])
        if packed:
            rows = [(key, number, *page) for number, page in enumerate(packed)]
            sql.executemany("INSERT INTO pages VALUES (?, ?, ?, ?, ?)", rows)
            sql.execute("INSERT INTO lists VALUES (?, ?, ?)", [key, now, sum(len(body) for _, _, body in packed)])


def _open(file: Path) -> sqlite3.Connection:
    make_private_file(file)
    sql = sqlite3.connect(file, check_same_thread=False)
    sql.execute("PRAGMA auto_vacuum = INCREMENTAL")
    sql.execute("PRAGMA synchronous = NORMAL")
    sql.executescript(TABLES)
    return sql
