"""The tenant's private warehouse: written through dlt a package at a time, read between two packages.

A package is one dlt load: rows, receipts and marks commit together or not at all (rule M4). Rows are merged on their
keys, so a package that a crash cut in two can be loaded again.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeAlias

import dlt
import duckdb
import pyarrow as pa
from dlt.common.data_types import TDataType
from dlt.common.exceptions import DltException
from dlt.common.schema.typing import TColumnSchema
from dlt.extract import DltResource

from schemas.ledger import SYNC_WINDOWS
from schemas.table import fact, key_of, name_of
from schemas.views.view import literal

from .destination import dataset_of, find, keeps_json
from .duckdb.file import POOLS, OpenDatabase, bound, give_back
from .duckdb.merge import merging_duckdb
from .pipeline_home import pipeline_home
from .recovery import rewind
from .remote import RemoteStore
from .retention import DAYS_ARE_NUMBERS, drop_superseded, forget_packages
from .store import DATASET, DuckDbStore, OpenStore, Store

GONE = "deleted_by_aleta"  # marks the rows that a merge deletes; no analyst sees it
FORMAT = 4  # of what is in the state and the tables; a warehouse with a higher one is refused

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
        destination: the name of a dlt destination with an SQL client; `duckdb` is kept in *folder*.

    Attributes:
        remote: rows are kept in another destination than the private file.
        place: where they are, for messages.

    Raises:
        DestinationError: no warehouse can be kept there.
    """

    def __init__(self, tenant: str, folder: Path, *, destination: str = "duckdb") -> None:
        give_back()
        self.file = store_file(folder)
        self.folder = self.file.parent
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.remote = destination != "duckdb"
        self.misfits: Counter[str] = Counter()  # values that are held differently from what they are, by table.column
        self.place = place_of(tenant, destination) if self.remote else f"{self.file}"
        found = find(destination) if self.remote else merging_duckdb(f"{self.file}")
        self._json: TDataType = "json" if keeps_json(found) else "text"
        self._database = OpenDatabase(self.file)
        home = pipeline_home(self.file, tenant=tenant)
        self._renamed = home.name != f"aleta_{tenant}"
        with self._explained():
            self._pipeline = dlt.pipeline(
                home.name,
                pipelines_dir=f"{home.parent}",
                destination=found,
                dataset_name=dataset_of(tenant) if self.remote else DATASET,
            )
        self._pipeline.config.enable_runtime_trace = False  # a file that grows, and that nobody reads

    def recover(self) -> bool:
        """Finish a package that a crash left partly loaded, before anything is read; whether there was one.

        Raises:
            WarehouseError: a newer version wrote this warehouse, or the destination cannot be used.
        """
        with self._explained():
            if self.remote and self._renamed:
                self._check_dataset()
            self._follow()
            pending = self._finish()
            if self.remote:
                self._restore()
        self.check_format()
        self._protect()
        return pending

    def _check_dataset(self) -> None:
        """A dataset is called after its tenant: one that was not renamed with it would be left, and all read again."""
        with self._pipeline.sql_client() as client:
            if not client.has_dataset():
                raise WarehouseError(
                    f"{self.place}: it is not there, and {self._pipeline.working_dir} is of the tenant's former name. "
                    'Rename the dataset as well: docs/runbook.md, "Rename a tenant", has the statements'
                )

    def _follow(self) -> None:
        """The state travels with the destination (M5): what is kept here counts only as far as that agrees."""
        if not self.remote:
            if self._pipeline.first_run == self.file.exists():
                self._pipeline.sync_destination()  # one of the two was deleted
            return
        before = self._pipeline.state.get("_version_hash")
        self._pipeline.sync_destination()
        if self._pipeline.state.get("_version_hash") != before:
            self._restore()  # another machine went on, or the dataset was dropped: what is pending here is outdated

    def _finish(self) -> bool:
        if self._pipeline.list_extracted_load_packages():
            self._restore()  # nothing of it was loaded yet, and dlt may not have saved the schema it needs
        pending = bool(self._pipeline.has_pending_data)
        if pending:
            rewind(self._pipeline)
            self._pipeline.load()
        return pending

    def _restore(self) -> None:
        """Drop the local state and take the destination's, also where that is an older one."""
        self._pipeline = self._pipeline.drop()
        self._pipeline.sync_destination()

    def check_format(self) -> None:
        """Refuse what a newer version wrote.

        Raises:
            WarehouseError: a newer version wrote this warehouse.
        """
        check_format(self.state(), place=self.place)

    def state(self) -> State:
        """The state that the last committed package wrote."""
        sources = self._pipeline.state.get("sources", {})
        return dict(sources.get(DATASET, {}))

    def write(self, package: list[Rows], state: Mapping[str, object]) -> None:
        """Commit one package: every table's rows, and the whole *state*, or nothing. *package* is emptied."""
        if not self.remote:
            self._database.take()
        source = _source(package, {**state, "format": FORMAT}, json=self._json)
        with self._explained():
            self._pipeline.run(source)
        forget_packages(self._pipeline)
        self._protect()

    def drop_receipts(self, *, before: datetime) -> None:
        """Forget receipts older than that which no mark rests on (rule C7)."""
        if self._pipeline.destination.destination_type not in DAYS_ARE_NUMBERS:
            return
        with self.open() as store:
            if not store.columns(SYNC_WINDOWS):  # no window was read yet
                return
        with self._explained(), self._pipeline.sql_client() as client:
            drop_superseded(client, before=before)
        self._protect()

    def close(self) -> None:
        """Close the file that `write` keeps open; the next `write` opens it again."""
        self._database.close()

    @contextlib.contextmanager
    def open(self) -> Iterator[Store]:
        """What is committed, to be read: with bounded memory, and nothing but temporary tables to write to."""
        if self._database:
            with self._database.cursor() as connection:
                yield OpenStore(connection)
            return
        with duckdb.connect(":memory:", config=POOLS) as connection:
            bound(connection, self.folder / "spill")
            connection.execute("SET TimeZone = 'UTC'")
            if self.remote:
                with self._explained(), self._pipeline.sql_client() as client:
                    yield RemoteStore(connection, client, has_json=self._json == "json", misfits=self.misfits)
            else:
                found = (
                    f"{literal(f'{self.file}')} AS store (READ_ONLY)" if self.file.exists() else "':memory:' AS store"
                )
                connection.execute(f"ATTACH {found}")
                yield DuckDbStore(connection)

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        """Errors of a remote destination as `WarehouseError`; those of files are reported by `failures`."""
        try:
            yield
        except DltException as error:
            if not self.remote:
                raise
            raise WarehouseError(f"{self.place}: {_reason(error)}") from error

    def _protect(self) -> None:
        """Rule S1: files with data are the owner's only."""
        for file in (self.file, self._database.log):
            if file.exists() and file.stat().st_uid == os.geteuid():
                file.chmod(0o600)


def check_format(state: Mapping[str, object], *, place: str) -> None:
    """Refuse what a newer version wrote.

    Raises:
        WarehouseError: a newer version wrote the warehouse whose *state* this is.
    """
    written = state.get("format", FORMAT)
    if not isinstance(written, int) or written > FORMAT:
        raise WarehouseError(
            f"{place} was written by a newer version (format {written}, this one knows {FORMAT}): "
            "use that version, or another data_dir"
        )


def store_file(folder: Path) -> Path:
    """The private file of a tenant whose destination is `duckdb`; *folder* is the tenant's own."""
    return folder / "private" / "store.duckdb"


def place_of(tenant: str, destination: str) -> str:
    """Where a tenant's rows are in a remote destination, for messages."""
    return f"{destination}, dataset {dataset_of(tenant)}"


@contextlib.contextmanager
def glance(tenant: str, destination: str) -> Iterator[Store]:
    """What a remote destination holds, through a pipeline of its own: that of a running sync is not touched.

    Raises:
        DestinationError, WarehouseError: it cannot be read.
    """
    with (
        tempfile.TemporaryDirectory() as scratch,
        Warehouse(tenant, Path(scratch), destination=destination).open() as it,
    ):
        yield it


def table_of(connection: duckdb.DuckDBPyConnection, sql: str, values: object = None) -> pa.Table:
    """The rows of a query as Arrow."""
    return connection.sql(sql, params=values).to_arrow_table()


def _source(package: list[Rows], state: State, *, json: TDataType) -> dlt.sources.DltSource:
    """Takes the rows out of *package*: dlt's objects and the frames around them live on in cycles for a while."""
    waiting = [(rows.schema, [rows.data], rows.deletes) for rows in package]
    package.clear()
    resources = [_resource(schema, data, state, deletes=deletes, json=json) for schema, data, deletes in waiting]

    @dlt.source(name=DATASET, max_table_nesting=0)
    def aleta() -> list[DltResource]:
        return resources

    return aleta()


def _resource(
    schema: pa.Schema, waiting: list[pa.Table], state: State, *, deletes: bool, json: TDataType
) -> DltResource:
    """One table's rows, taken out of *waiting* when dlt asks for them."""

    def data() -> Iterator[pa.Table]:
        dlt.current.source_state().update(state)
        yield _keyed(waiting.pop(), schema)

    key = key_of(schema)
    hints: dict[str, TColumnSchema] = {
        field.name: {"name": field.name, "data_type": json} for field in schema if fact(field, "json")
    }
    if len(key) == 1:
        hints[key[0]] = {"name": key[0], "unique": True}  # an index, where a database makes one
    if deletes:
        hints[GONE] = {"name": GONE, "data_type": "bool", "hard_delete": True}
    return dlt.resource(
        data,
        name=name_of(schema),
        primary_key=list(key),
        write_disposition={"disposition": "merge", "strategy": "delete-insert"},
        columns=hints,
    )


def _keyed(rows: pa.Table, schema: pa.Schema) -> pa.Table:
    """The rows, with a schema that says what dlt makes of a key: it is never null."""
    key = key_of(schema)
    return rows.cast(pa.schema([field.with_nullable(field.name not in key) for field in rows.schema]))


def _reason(error: BaseException) -> str:
    """The first line of what is at the bottom of it: further ones may quote rows."""
    while (cause := error.__cause__ or error.__context__) is not None:
        error = cause
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
