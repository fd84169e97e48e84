"""The tenant's private warehouse: written through dlt a package at a time, read between two packages.

A package is one dlt load: rows, receipts and marks commit together or not at all (rule M4). Rows are merged on their
keys, so a package that a crash cut in two can be loaded again.
"""

from __future__ import annotations

import contextlib
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cached_property
from pathlib import Path

import dlt
import duckdb
import pyarrow as pa
from dlt.common.exceptions import DltException

from schemas.ledger import SYNC_WINDOWS
from sources.aleta.clock import Clock
from sources.aleta.safe_text import first_line

from .destinations.connection import connected
from .destinations.destination import dialect_of, find
from .destinations.dialect import DUCKDB, Dialect
from .destinations.lease import Lease
from .destinations.naming import dataset_of, place_of
from .destinations.remote import RemoteStore
from .duckdb.file import OpenDatabase, attach_to_read, bounded, give_back, store_file
from .duckdb.merge import merging_duckdb
from .format import FORMAT, WarehouseError, check_format
from .package import Rows, State
from .pipeline import records
from .pipeline.extraction import source
from .pipeline.home import is_of_former_name, not_renamed, pipeline_home
from .pipeline.recovery import continues, digest_in, finish_making_anew, forget_outdated, make_anew, rewind
from .pipeline.retention import drop_superseded, forget_packages, keep_no_traces
from .pipeline.stored_state import digest_of, is_lost, stored_digest
from .private_file import make_private_folder
from .store import DATASET, Columns, DuckDbStore, OpenStore, Store


class Warehouse:
    """One tenant's dlt pipeline and the place it loads to. Not for use by two threads at once.

    Args:
        folder: the tenant's own; everything private is kept below it.
        destination: the name of a dlt destination with an SQL client; `duckdb` is kept in *folder*.

    Attributes:
        remote: rows are kept in another destination than the private file.
        place: where they are, for messages.
        fault: why analysts do not find there what they should beside the rows; empty where they do.
        is_lost: the private file is not there, though packages were committed to it.

    Raises:
        DestinationError: no warehouse can be kept there.
    """

    def __init__(self, tenant: str, folder: Path, *, destination: str = "duckdb") -> None:
        give_back()
        self.file = store_file(folder)
        self.folder = self.file.parent
        make_private_folder(self.folder)
        self.remote = destination != "duckdb"
        self.fault = ""
        self.misfits: Counter[str] = Counter()  # values that are held differently from what they are, by table.column
        self.place = place_of(tenant, destination) if self.remote else f"{self.file}"
        found = find(destination) if self.remote else merging_duckdb(self.file)
        self._database = OpenDatabase(self.file)
        self._lease: Lease | None = None
        self._laid_out = ""  # dlt's version of the schema
        self._columns: Columns = {}  # of the tables in the open file
        home = pipeline_home(self.file, tenant=tenant)
        self._renamed = is_of_former_name(home, tenant=tenant)
        finish_making_anew(home)
        self.is_lost = not self.remote and is_lost(self.file, home)
        with self._explained():
            self._pipeline = dlt.pipeline(
                home.name,
                pipelines_dir=f"{home.parent}",
                destination=found,
                dataset_name=dataset_of(tenant) if self.remote else DATASET,
            )
        keep_no_traces(self._pipeline)

    @cached_property
    def _dialect(self) -> Dialect:
        if not self.remote:
            return DUCKDB
        with self._explained():
            return dialect_of(self._pipeline.destination, self._pipeline.sql_client())

    @property
    def unproven(self) -> str:
        """What kind of database this is, where nobody proved that a warehouse can be kept in it; else empty."""
        return "" if self._dialect.is_proven else self._dialect.name

    @contextlib.contextmanager
    def leased(self, *, command: str, owner: str, creates: bool = True) -> Iterator[None]:
        """Keep other machines from writing for as long as the block takes; of the private file the lock does (C2).

        Args:
            owner: whose lock this process has: a run that had it before is dead, and its lease is taken over.
            creates: write to a database that has no warehouse yet.

        Raises:
            LeasedError: another machine writes there.
            WarehouseError: the destination cannot be used.
        """
        self._check_dataset()  # before the lease makes one
        if not self._dialect.now:
            yield
            return
        with self._explained():
            client = self._pipeline.sql_client()
            lease = Lease(client, self._dialect, place=self.place, owner=owner, command=command, creates=creates)
            with lease:
                self._lease = lease
                try:
                    yield
                finally:
                    self._lease = None

    def recover(self) -> bool:
        """Finish a package that a crash left partly loaded, before anything is read; whether there was one.

        Raises:
            WarehouseError: a newer version wrote this warehouse, or the destination cannot be used.
        """
        self._check_dataset()
        with self._explained():
            pending = self._finish()
            if self.remote or digest_of(self._pipeline.state) != self._stored_digest():
                self._restore()  # a kill came between the two, or what is kept here is of another destination (M5)
        check_format(self.state(), place=self.place)
        self._protect()
        return pending

    def _check_dataset(self) -> None:
        """A dataset is called after its tenant: one that was not renamed with it would be left, and all read again."""
        if not (self.remote and self._renamed):
            return
        with self._explained(), self._pipeline.sql_client() as client:
            there = client.has_dataset()
        if not there:
            raise WarehouseError(not_renamed(self.place, Path(self._pipeline.working_dir)))

    def _finish(self) -> bool:
        """Load what waits to be loaded, unless it is not what is to come next where it would go."""
        if not self._pipeline.has_pending_data:
            return False
        if not continues(self._pipeline, self._stored_digest()):
            self._restore()
            return False
        rewind(self._pipeline)
        self._pipeline.load()
        return True

    def _stored_digest(self) -> str | None:
        if self.remote:
            return digest_in(self._pipeline)
        with self.open() as store:
            return stored_digest(store, self._pipeline.pipeline_name)

    def _restore(self) -> None:
        """Drop the local state, with all that waits to be loaded, and take the destination's, be it an older one."""
        self._pipeline = make_anew(self._pipeline)
        if not self.remote and not self.file.exists():  # to look into it would make it
            return
        if not self.remote or self._lease:
            forget_outdated(self._pipeline)
        self._pipeline.sync_destination()

    def state(self) -> State:
        """The state that the last committed package wrote."""
        sources = self._pipeline.state.get("sources", {})
        return dict(sources.get(DATASET, {}))

    def write(self, package: list[Rows], state: Mapping[str, object]) -> None:
        """Commit one package: every table's rows, and the whole *state*, or nothing. *package* is emptied.

        Raises:
            LeaseLostError: another machine may write there now; nothing is committed.
            WarehouseError: the destination refuses.
        """
        whole = {**state, "format": FORMAT}
        if not self._write_records(package, whole):
            self._columns.clear()
            with self._explained():
                self._load(package, whole)
        forget_packages(self._pipeline)  # one that a kill cut off was loaded by `recover`
        self._protect()
        self._lay_out()

    def _write_records(self, package: list[Rows], state: State) -> bool:
        """Commit a package that has nothing but the run's own records at less cost; False where it is another one."""
        if self.remote:
            return False
        self._database.take()
        if not records.are_all(package):
            return False
        with self.open() as store:
            if fit := records.fit(store, package):
                records.commit(self._pipeline, store.sql, package, state)
        return fit

    def _load(self, package: list[Rows], state: State) -> None:
        if self._lease:
            self._lease.renew()
        self._pipeline.run(source(package, state, json="json" if self._dialect.has_json else "text"))
        if self._lease:
            self._lease.renew()  # this machine may have slept, and written over what another wrote meanwhile
            forget_outdated(self._pipeline)

    def _lay_out(self) -> None:
        """What analysts find beside the rows; again when dlt changed a table. The rows are there all the same."""
        if self._dialect.lay_out is None:
            return
        version = self._pipeline.default_schema.version_hash
        if version == self._laid_out:
            return
        try:
            with connected(self._pipeline.sql_client()) as client:
                self._dialect.lay_out(client)
            self.fault = ""
        except DltException as error:
            self.fault = _reason(error)
        self._laid_out = version

    def drop_receipts(self, *, before: datetime) -> None:
        """Forget receipts older than that which no mark rests on (rule C7)."""
        with self.open() as store:
            if not store.columns(SYNC_WINDOWS):  # no window was read yet
                return
        with self._explained(), connected(self._pipeline.sql_client()) as client:
            drop_superseded(client, self._dialect, before=before)
        self._protect()

    def keep_open(self, clock: Clock | None = None) -> None:
        """Keep the file open from now on, or an empty database while there is none.

        To open one for each question anew takes 12 ms of CPU, and 25 with a file.
        """
        if self.remote:
            return
        if self.file.exists():
            self._database.take(clock)
        else:
            self._database.expect()

    def close(self) -> None:
        """Close the file that `keep_open` and `write` keep open; the next `write` opens it again."""
        self._database.close()

    @contextlib.contextmanager
    def open(self) -> Iterator[Store]:
        """What is committed, to be read: with bounded memory, and nothing but temporary tables to write to."""
        if self._database or (self._database.expected and not self.file.exists()):
            with self._database.cursor() as connection:
                yield OpenStore(connection, self._columns) if self._database else DuckDbStore(connection)
            return
        with bounded(self.folder / "spill") as connection:
            if self.remote:
                with self._explained(), connected(self._pipeline.sql_client()) as client:
                    yield RemoteStore(connection, client, dialect=self._dialect, misfits=self.misfits)
            else:
                attach_to_read(connection, self.file)
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


def table_of(connection: duckdb.DuckDBPyConnection, sql: str, values: object = None) -> pa.Table:
    """The rows of a query as Arrow."""
    return connection.sql(sql, params=values).to_arrow_table()


def _reason(error: BaseException) -> str:
    """What is at the bottom of it."""
    while (cause := error.__cause__ or error.__context__) is not None:
        error = cause
    return first_line(error)
