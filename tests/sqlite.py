"""A SQLite database as dlt's `sqlalchemy` destination keeps it: a file a dataset, beside the one that is configured."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from schemas.table import name_of
from schemas.tables import TABLES

SCHEMAS = {name_of(schema): schema for schema in TABLES}


@dataclass(frozen=True, slots=True)
class Database:
    """The files in *folder*."""

    folder: Path

    @property
    def url(self) -> str:
        return f"sqlite:///{self.folder / 'aleta.db'}"

    def run(self, sql: str, dataset: str = "aleta_acme") -> list[tuple]:
        """Execute *sql* in the file of *dataset*, as its database of that name, and commit; its rows."""
        with closing(sqlite3.connect(self.folder / "aleta.db", timeout=60)) as connection:
            connection.execute("ATTACH ? AS " + dataset, [f"{self.folder / f'aleta__{dataset}.db'}"])
            found = connection.execute(sql).fetchall()
            connection.commit()
            return found

    def is_free(self, dataset: str = "aleta_acme") -> bool:
        """Whether no other connection is in the middle of writing."""
        files = [self.folder / "aleta.db", self.folder / f"aleta__{dataset}.db"]
        try:
            for file in files:
                with closing(sqlite3.connect(file, timeout=0)) as connection:
                    connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError:
            return False
        return True

    def copy(self, dataset: str, file: Path) -> Path:
        """All of *dataset* as a DuckDB file with the same tables in `aleta`, typed as their schemas are."""
        file.unlink(missing_ok=True)
        with duckdb.connect(f"{file}") as target:
            target.execute("SET TimeZone = 'UTC'; CREATE SCHEMA aleta")
            found = self.run(f"SELECT name FROM {dataset}.sqlite_master WHERE type = 'table'", dataset)
            for name in SCHEMAS.keys() & {row[0] for row in found}:
                self._copy_table(dataset, name, target)
        return file

    def _copy_table(self, dataset: str, table: str, target: duckdb.DuckDBPyConnection) -> None:
        columns = [row[1] for row in self.run(f"PRAGMA {dataset}.table_info({table})", dataset)]
        rows = self.run(f"SELECT * FROM {dataset}.{table}", dataset)
        kinds = [SCHEMAS[table].field(name).type if name in SCHEMAS[table].names else pa.bool_() for name in columns]
        plain = [
            pa.array([None if row[place] is None else f"{row[place]}" for row in rows], pa.string())
            for place in range(len(columns))
        ]
        data = pa.Table.from_arrays(plain, names=columns)
        typed = ", ".join(f'"{name}"::{_sql(kind)} AS "{name}"' for name, kind in zip(columns, kinds, strict=True))
        target.register("data", data)
        target.execute(f'CREATE TABLE aleta."{table}" AS SELECT {typed} FROM data')
        target.unregister("data")


def _sql(kind: pa.DataType) -> str:
    if pa.types.is_decimal(kind):
        return "DECIMAL(38,12)"
    if pa.types.is_timestamp(kind):
        return "TIMESTAMP::TIMESTAMPTZ"
    return {pa.string(): "VARCHAR", pa.date32(): "DATE", pa.int64(): "BIGINT", pa.bool_(): "BOOLEAN"}[kind]
