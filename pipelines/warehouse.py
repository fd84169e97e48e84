"""The tenant's private warehouse: written through dlt a package at a time, read between two packages.

A package is one dlt load: rows, receipts and marks commit together or not at all (rule M4). Rows are merged on their
keys, so a package that a crash cut in two can be loaded again.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import dlt
import duckdb
import pyarrow as pa
from dlt.common.schema.typing import TColumnSchema
from dlt.extract import DltResource

from schemas.table import fact, key_of, name_of

DATASET = "aleta"
GONE = "deleted_by_aleta"  # marks the rows that a merge deletes; no analyst sees it
FORMAT = 1  # of what is in the state and the tables; a warehouse with a higher one is refused
MEMORY = "256MB"

State: TypeAlias = dict[str, object]


class WarehouseError(Exception):
    """The private warehouse cannot be used: what is wrong with it, and what to do."""

    code = "warehouse"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Rows for one table.

    Args:
        schema: the table; its key decides what a row replaces.
        data: with exactly the columns of *schema*, and `GONE` where *deletes*.
        deletes: rows with `GONE` set are deleted by key.
    """

    schema: pa.Schema
    data: pa.Table
    deletes: bool = False


class Warehouse:
    """One tenant's dlt pipeline and the place it loads to. Not for use by two threads at once.

    Args:
        folder: the tenant's own; everything private is kept below it.
        destination: `duckdb`, kept in *folder*.

    Raises:
        WarehouseError: any other destination: what is there could not be read back, so nothing would ever differ.
    """

    def __init__(self, tenant: str, folder: Path, *, destination: str = "duckdb") -> None:
        if destination != "duckdb":
            raise WarehouseError(
                f"destination {destination!r}: rows there cannot be compared with the API yet, so changed and removed "
                'ones would stay unseen. Use "duckdb"'
            )
        self.folder = folder / "private"
        self.file = self.folder / "store.duckdb"
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._external = destination != "duckdb"
        self._pipeline = dlt.pipeline(
            f"aleta_{tenant}",
            pipelines_dir=f"{self.folder / 'dlt'}",
            destination=dlt.destinations.duckdb(f"{self.file}") if not self._external else destination,
            dataset_name=DATASET if not self._external else f"{DATASET}_{tenant}".replace("-", "_"),
        )

    def recover(self) -> bool:
        """Finish what a crash left half written, before anything is read; whether there was something.

        Raises:
            WarehouseError: a newer version wrote this warehouse.
        """
        if self._pipeline.first_run and (self._external or self.file.exists()):
            self._pipeline.sync_destination()  # the state travels with the destination (M5)
        pending = bool(self._pipeline.has_pending_data)
        if pending:
            if self._pipeline.list_extracted_load_packages():
                self._pipeline.normalize()
            self._pipeline.load()
        self.check_format()
        self._protect()
        return pending

    def check_format(self) -> None:
        """Refuse what a newer version wrote.

        Raises:
            WarehouseError: a newer version wrote this warehouse.
        """
        written = self.state().get("format", FORMAT)
        if not isinstance(written, int) or written > FORMAT:
            raise WarehouseError(
                f"{self.folder} was written by a newer version (format {written}, this one knows {FORMAT}): "
                "use that version, or another data_dir"
            )

    def state(self) -> State:
        """What the last committed package said."""
        sources = self._pipeline.state.get("sources", {})
        return dict(sources.get(DATASET, {}))

    def write(self, package: Sequence[Rows], state: Mapping[str, object]) -> None:
        """Commit one package: every table's rows, and the whole *state*, or nothing."""
        self._pipeline.run(_source(package, {**state, "format": FORMAT}))
        self._protect()

    @contextlib.contextmanager
    def open(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """An in-memory DuckDB with what is committed attached read-only as `store`; `store.aleta.TABLE` its tables."""
        with duckdb.connect(":memory:") as connection:
            connection.execute(
                f"SET memory_limit = '{MEMORY}'; SET TimeZone = 'UTC'; SET preserve_insertion_order = false"
            )
            connection.execute(f"SET temp_directory = {quoted(self.folder / 'spill')}")
            if self.file.exists():
                connection.execute(f"ATTACH {quoted(self.file)} AS store (READ_ONLY)")
            else:
                connection.execute("ATTACH ':memory:' AS store")
            yield connection

    def _protect(self) -> None:
        """Rule S1: files with data are the owner's only."""
        if self.file.exists():
            self.file.chmod(0o600)


def quoted(text: object) -> str:
    """*text* as an SQL literal."""
    return "'" + str(text).replace("'", "''") + "'"


def table_of(connection: duckdb.DuckDBPyConnection, sql: str, values: object = None) -> pa.Table:
    """The rows of a query as Arrow."""
    return connection.sql(sql, params=values).to_arrow_table()


def has_table(connection: duckdb.DuckDBPyConnection, table: str) -> bool:
    """Whether the attached store has *table* already."""
    found = connection.execute(
        "SELECT 1 FROM duckdb_tables() WHERE database_name = 'store' AND schema_name = ? AND table_name = ?",
        [DATASET, table],
    )
    return found.fetchone() is not None


def _source(package: Sequence[Rows], state: State) -> dlt.sources.DltSource:
    @dlt.source(name=DATASET, max_table_nesting=0)
    def aleta() -> list[DltResource]:
        return [_resource(rows, state) for rows in package]

    return aleta()


def _resource(rows: Rows, state: State) -> DltResource:
    def data() -> Iterator[pa.Table]:
        dlt.current.source_state().update(state)
        yield _keyed(rows)

    hints: dict[str, TColumnSchema] = {
        field.name: {"name": field.name, "data_type": "json"} for field in rows.schema if fact(field, "json")
    }
    if rows.deletes:
        hints[GONE] = {"name": GONE, "data_type": "bool", "hard_delete": True}
    return dlt.resource(
        data,
        name=name_of(rows.schema),
        primary_key=list(key_of(rows.schema)),
        write_disposition={"disposition": "merge", "strategy": "delete-insert", "deduplicated": True},
        columns=hints,
    )


def _keyed(rows: Rows) -> pa.Table:
    """The rows, with a schema that says what dlt makes of a key: it is never null."""
    key = key_of(rows.schema)
    return rows.data.cast(pa.schema([one.with_nullable(one.name not in key) for one in rows.data.schema]))
