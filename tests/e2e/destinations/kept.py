"""The program with its rows kept in one kind of database or another: the same questions to all of them."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import duckdb

from tests import sqlite, truth
from tests.e2e.program import Ended, Program
from tests.postgres import PASSWORD, Database

DATASET = "aleta_acme"
SCHEMA = "SELECT table_name FROM information_schema.tables WHERE table_schema = '{aleta}' AND table_type = 'BASE TABLE'"


@dataclass(frozen=True, slots=True)
class InDuckDb:
    """The private file."""

    destination = "duckdb"
    dataset = "aleta"
    tables = SCHEMA

    def point(self, program: Program) -> None:
        """Nothing to say: it is the default."""

    def run(self, program: Program, sql: str) -> list[tuple]:
        with duckdb.connect(f"{program.tenant_folder() / 'private' / 'store.duckdb'}") as connection:
            connection.execute("SET TimeZone = 'UTC'")
            return connection.execute(sql).fetchall()

    def copy(self, program: Program) -> Path:
        return program.tenant_folder() / "private" / "store.duckdb"


@dataclass(frozen=True, slots=True)
class InPostgres:
    """A database of a real server."""

    database: Database
    destination = "postgres"
    dataset = DATASET
    tables = SCHEMA

    def point(self, program: Program) -> None:
        _secrets(program, self.destination, self.database.url)

    def run(self, program: Program, sql: str) -> list[tuple]:
        return self.database.run(sql)

    def copy(self, program: Program) -> Path:
        return self.database.copy(self.dataset, program.folder / "copy.duckdb")


@dataclass(frozen=True, slots=True)
class InSqlite:
    """Files that dlt reaches through SQLAlchemy."""

    database: sqlite.Database
    destination = "sqlalchemy"
    dataset = DATASET
    tables = "SELECT name FROM {aleta}.sqlite_master WHERE type = 'table'"

    def point(self, program: Program) -> None:
        _secrets(program, self.destination, self.database.url)

    def run(self, program: Program, sql: str) -> list[tuple]:
        return self.database.run(sql, self.dataset)

    def copy(self, program: Program) -> Path:
        return self.database.copy(self.dataset, program.folder / "copy.duckdb")


Place = InDuckDb | InPostgres | InSqlite


def _secrets(program: Program, destination: str, url: str) -> None:
    secrets = program.config / "secrets.toml"
    secrets.write_text(f'[destination.{destination}]\ncredentials = "{url}"\n')
    secrets.chmod(0o600)


class Kept:
    """The program, and the place that keeps its rows."""

    def __init__(self, program: Program, place: Place) -> None:
        self.program = program
        self.box = program.box
        self.place = place
        place.point(program)

    def configure(self, **aleta: object) -> None:
        self.program.configure(destination=self.place.destination, **aleta)

    def run(self, *args: str) -> Ended:
        ended = self.program.run(*args)
        assert PASSWORD not in ended.out + ended.err
        return ended

    def sync(self, expect: int = 0) -> Ended:
        ended = self.run("sync", "--json")
        assert ended.exit == expect, f"exit {ended.exit}\n{ended.out}\n{ended.err}"
        return ended

    def rows(self, sql: str) -> list[tuple]:
        """What the place answers; `{aleta}` stands for its dataset."""
        return self.place.run(self.program, sql.format(aleta=self.place.dataset))

    def counts(self) -> dict[str, int]:
        """How many rows every table has, dlt's own among them."""
        names = [name for (name,) in self.rows(self.place.tables)]
        return {name: self.rows(f'SELECT count(*) FROM {{aleta}}."{name}"')[0][0] for name in names}

    def differences(self, tables: tuple[str, ...] = truth.CRAWL) -> list[str]:
        """Every way in which what is kept is not what the API shows now."""
        return truth.differences(self.place.copy(self.program), self.box.truth("acme"), tables=tables)

    def feed(self) -> list[tuple[str, str]]:
        """Every change that the feed tells: what, and of which row."""
        return self.rows("SELECT op, id FROM {aleta}.transaction_changes")

    @property
    def private(self) -> Path:
        return self.program.tenant_folder() / "private"


def taken_over(first: Kept, program: Program, place: Place) -> Kept:
    """Another program that goes on where *first* is."""
    shutil.copytree(first.program.folder / "data", program.folder / "data")
    return Kept(program, place)
