"""A package of nothing but the run's own records, committed without a dlt package: a quiet night has no other.

dlt's package costs as much for three small tables as for all: most of it is its schema of every table, worked out and
written anew at each step. Rows, state and the note that a load is complete go into one transaction instead, as dlt
would leave them (rule M4). Then dlt's own copy of the state follows; a kill in between leaves that one behind, and the
next run takes the stored one (rule C1).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb
import pyarrow as pa
from dlt import Pipeline
from dlt.common.storages.load_package import create_load_id
from dlt.common.utils import uniq_id
from dlt.pipeline.state_sync import (
    bump_pipeline_state_version_if_modified,
    mark_state_extracted,
    state_doc,
)

from schemas.ledger import SYNC_MARKS, SYNC_RUNS, SYNC_WINDOWS
from schemas.table import key_of, name_of

from ..duckdb.merge import merge_sql, outdated_sql
from ..package import Rows
from ..store import DATASET, Store
from .stored_state import LOADS, STATES

RECORDS = frozenset(map(name_of, (SYNC_RUNS, SYNC_WINDOWS, SYNC_MARKS)))
ROW_NUMBER = "file_row_number"  # as `merge_sql` has it
ID_LENGTH = 10  # of dlt's row ids


def are_all(package: Sequence[Rows]) -> bool:
    """Whether *package* has nothing but records that replace each other by key."""
    return bool(package) and all(name_of(rows.schema) in RECORDS and not rows.deletes for rows in package)


def fit(store: Store, package: Sequence[Rows]) -> bool:
    """Whether *store* has just these columns for them, and a load of dlt's to follow."""
    alike = all(set(store.columns(rows.schema)) >= set(rows.schema.names) for rows in package)
    return alike and bool(store.sql.execute(f"SELECT 1 FROM {LOADS} WHERE status = 0 LIMIT 1").fetchall())


def commit(
    pipeline: Pipeline, sql: duckdb.DuckDBPyConnection, package: list[Rows], state: Mapping[str, object]
) -> None:
    """Commit *package* and *state*, or nothing. *package* is emptied.

    Args:
        sql: an open connection to the store, with no transaction begun.
    """
    load_id = create_load_id()
    with pipeline.managed_state() as ours:  # saved when the block ends, unless it raises
        ours.setdefault("sources", {}).setdefault(DATASET, {}).update(state)
        _, digest, _ = bump_pipeline_state_version_if_modified(ours)
        stored = {**state_doc(ours, load_id), "_dlt_id": uniq_id(ID_LENGTH)}
        sql.execute("BEGIN")
        try:
            for rows in package:
                _merge(sql, rows)
            _complete(sql, load_id, stored)
            sql.execute("COMMIT")
        except BaseException:
            sql.execute("ROLLBACK")
            raise
        mark_state_extracted(ours, digest)
    package.clear()


def _merge(sql: duckdb.DuckDBPyConnection, rows: Rows) -> None:
    sql.register("records", rows.data.append_column(ROW_NUMBER, pa.arange(0, rows.data.num_rows)))
    for statement in merge_sql(f"store.{DATASET}.{name_of(rows.schema)}", "records", key=key_of(rows.schema)):
        sql.execute(statement)
    sql.unregister("records")


def _complete(sql: duckdb.DuckDBPyConnection, load_id: str, stored: Mapping[str, object]) -> None:
    """Store the state, note the load as complete, and forget the states before."""
    names = ", ".join(stored)
    sql.execute(f"INSERT INTO {STATES} ({names}) VALUES ({', '.join('?' * len(stored))})", [*stored.values()])
    sql.execute(
        f"INSERT INTO {LOADS} (load_id, schema_name, status, inserted_at, schema_version_hash) "
        f"SELECT ?, schema_name, 0, ?, schema_version_hash FROM {LOADS} WHERE status = 0 "
        "ORDER BY inserted_at DESC LIMIT 1",
        [load_id, stored["created_at"]],
    )
    sql.execute(outdated_sql(STATES, LOADS))
