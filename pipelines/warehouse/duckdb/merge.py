"""dlt's DuckDB destination, for packages that are many and small: each file of rows is merged as it is.

dlt itself copies every file into a table of a staging dataset first, then merges that table in a second job, and asks
the configuration anew each time it wants to know what DuckDB can do: half of what loading a package costs. Everything
else is dlt's: packages, schema, state, what is done when.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from dlt.common.configuration import configspec
from dlt.common.destination import DestinationCapabilitiesContext, PreparedTableSchema
from dlt.common.destination.client import FollowupJobRequest, LoadJob
from dlt.common.normalizers.naming import NamingConvention
from dlt.common.schema import Schema
from dlt.common.storages.load_package import ParsedLoadJobFileName
from dlt.destinations.impl.duckdb.configuration import DuckDbClientConfiguration, DuckDbCredentials
from dlt.destinations.impl.duckdb.duck import DuckDbClient, DuckDbCopyJob
from dlt.destinations.impl.duckdb.factory import duckdb
from dlt.destinations.impl.duckdb.sql_client import DuckDbSqlClient
from duckdb import DuckDBPyConnection

from . import ids
from .file import attached

JOBS = 4  # at the same time, each in a thread; dlt would start 20, all to wait for one database (rule C6)


class MergeJob(DuckDbCopyJob):
    """One file of rows into its table, in one transaction: each replaces the row that has its key.

    Doing it again changes nothing, so a job that a kill cut off is simply done again (rule C1). Of rows with one key in
    the file the last counts; those that the column with the hint `hard_delete` marks are deleted only.
    """

    def run(self) -> None:
        client = self._job_client.sql_client
        table = client.make_qualified_table_name(self.load_table_name)
        named = client.escape_column_name
        rows = f"read_parquet({client.capabilities.escape_literal(self._file_path)}, file_row_number = true)"
        key = [named(column) for column in _hinted(self._load_table, "primary_key")]
        deleted = [named(column) for column in _hinted(self._load_table, "hard_delete")]
        replaces = self._may_replace(key, rows)
        with client.begin_transaction():
            for sql in merge_sql(table, rows, key=key, deleted="".join(deleted))[0 if replaces else 1 :]:
                client.execute_sql(sql)

    def _may_replace(self, key: Sequence[str], rows: str) -> bool:
        """Whether any of *rows* may be in the table: not, where the ids that are kept say so, which get theirs."""
        execute, name = self._job_client.sql_client.execute_sql, self.load_table_name
        if len(key) > 1 or (name,) not in (execute(ids.TABLES) or ()):
            return True
        found = execute(f"SELECT 1 FROM ({ids.among(name, key[0], rows)}) LIMIT 1")
        execute(ids.add(name, key[0], rows))
        return bool(found)


def merge_sql(table: str, rows: str, *, key: Sequence[str], deleted: str = "") -> Sequence[str]:
    """What has *rows*, numbered by `file_row_number`, replace those of *table* that have their key.

    Args:
        deleted: the column that marks a row to delete.
    """
    columns = ", ".join(key)
    last = f"SELECT max(file_row_number) FROM {rows} GROUP BY {columns}"
    kept = f" AND {deleted} IS NOT TRUE" if deleted else ""
    delete = f"DELETE FROM {table} WHERE ({columns}) IN (SELECT ({columns}) FROM {rows})"
    numbered = f"SELECT * EXCLUDE (file_row_number) FROM {rows} WHERE file_row_number IN ({last}){kept}"
    return delete, f"INSERT INTO {table} BY NAME {numbered}"


def outdated_sql(states: str, loads: str) -> str:
    """What takes away every state but each pipeline's last whose package is complete, in any database.

    The last is that with the highest version, which each change of a state raises. dlt would take the one with the
    highest load id: a clock that was ahead for one run made it the last for as long (rule M6).
    """
    later = (
        f"SELECT 1 FROM {states} AS later JOIN {loads} AS done ON load_id = later._dlt_load_id AND done.status = 0 "
        "WHERE later.pipeline_name = old.pipeline_name AND (later.version > old.version "
        "OR (later.version = old.version AND later._dlt_load_id > old._dlt_load_id))"
    )
    return f"DELETE FROM {states} AS old WHERE EXISTS ({later})"


class AttachedSqlClient(DuckDbSqlClient):
    """Reads and writes the file as `attached` opens it."""

    def open_connection(self) -> DuckDBPyConnection:
        self._conn = attached(Path(self.credentials.database))
        return self._conn

    def close_connection(self) -> None:
        if self._conn:
            self._conn.close()


class MergingClient(DuckDbClient):
    """A client whose merges need no staging dataset and no second job, and that keeps one state."""

    def __init__(
        self, schema: Schema, config: DuckDbClientConfiguration, capabilities: DestinationCapabilitiesContext
    ) -> None:
        super().__init__(schema, config, capabilities)
        theirs = self.sql_client
        self.sql_client = AttachedSqlClient(
            theirs.dataset_name, theirs.staging_dataset_name, config.credentials, capabilities
        )

    def complete_load(self, load_id: str) -> None:
        """Every package brings a state with all marks, and a checkpoint takes all there are into memory (rule C5)."""
        super().complete_load(load_id)
        named = self.sql_client.make_qualified_table_name
        if self.schema.state_table_name in self.schema.tables:
            self.sql_client.execute_sql(
                outdated_sql(named(self.schema.state_table_name), named(self.schema.loads_table_name))
            )

    def should_load_data_to_staging_dataset(self, table_name: str) -> bool:
        return not self._merges(self.prepare_load_table(table_name)) and super().should_load_data_to_staging_dataset(
            table_name
        )

    def create_load_job(
        self,
        table: PreparedTableSchema,
        file_path: str,
        load_id: str,
        restore: bool = False,  # noqa: FBT001, FBT002 - dlt's
    ) -> LoadJob:
        is_rows = ParsedLoadJobFileName.parse(file_path).file_format == "parquet"
        if is_rows and self._merges(table):
            return MergeJob(file_path)
        return super().create_load_job(table, file_path, load_id, restore)

    def _create_merge_followup_jobs(self, table_chain: Sequence[PreparedTableSchema]) -> list[FollowupJobRequest]:
        return [] if self._merges(table_chain[0]) else super()._create_merge_followup_jobs(table_chain)

    @staticmethod
    def _merges(table: PreparedTableSchema) -> bool:
        """Rows of a table by itself, merged by their key: all that a warehouse has."""
        return table["write_disposition"] == "merge" and bool(_hinted(table, "primary_key"))


def _hinted(table: PreparedTableSchema, hint: Literal["primary_key", "hard_delete"]) -> Sequence[str]:
    """The columns that have *hint*, in the order of the table."""
    return [name for name, column in table["columns"].items() if column.get(hint)]


@configspec(init=False)
class FileConfiguration(DuckDbClientConfiguration):
    """Of a database that is a file, named by its path; dlt would load all of SQLAlchemy to spell it as an address."""

    def __str__(self) -> str:
        return f"{self.credentials.database}"


class merging_duckdb(duckdb):  # noqa: N801 - dlt names destinations so
    """The destination: to dlt and to a stored state, plain DuckDB."""

    spec = FileConfiguration
    _can: DestinationCapabilitiesContext | None = None

    def __init__(self, file: Path) -> None:
        credentials = DuckDbCredentials()
        credentials.database = f"{file}"
        super().__init__(credentials)

    @property
    def destination_type(self) -> str:
        return "dlt.destinations.duckdb"

    @property
    def client_class(self) -> type[DuckDbClient]:
        return MergingClient

    def capabilities(
        self, config: DuckDbClientConfiguration | None = None, naming: NamingConvention | None = None
    ) -> DestinationCapabilitiesContext:
        """What DuckDB can do, worked out once: dlt asks eight times a package, and no configuration changes it."""
        if config is not None or (naming and naming.is_case_sensitive):
            return _bounded(super().capabilities(config, naming))
        if self._can is None:
            self._can = _bounded(super().capabilities(config, naming))
        return self._can.copy()


def _bounded(can: DestinationCapabilitiesContext) -> DestinationCapabilitiesContext:
    can.max_parallel_load_jobs = JOBS
    return can
