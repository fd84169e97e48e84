"""What a warehouse forgets, so that nothing grows by a night without change (rule C7).

dlt keeps every package that it loaded, and a trace of every run; only the last package may still be of use to whoever
looks into a failure. Receipts are kept as long as any day of theirs rests on nothing else.
"""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path

from dlt import Pipeline
from dlt.common.configuration.utils import TraceLogContext
from dlt.common.storages import LoadStorage
from dlt.destinations.sql_client import SqlClientBase

from schemas.ledger import SYNC_WINDOWS
from schemas.table import name_of

from ..destinations.dialect import Dialect

TRACE = "trace.pickle"

READ = """
    SELECT resource, parent_id, min(from_date) AS first_day, max(to_date) AS last_day, min(fetched_at) AS began_at
    FROM (
        SELECT *, sum(CASE WHEN from_date <= {after_reached} THEN 0 ELSE 1 END) OVER (
            PARTITION BY run_id, resource, parent_id ORDER BY from_date, to_date) AS island
        FROM (
            SELECT run_id, resource, parent_id, from_date, to_date, fetched_at, max(to_date) OVER (
                PARTITION BY run_id, resource, parent_id ORDER BY from_date, to_date
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS reached
            FROM {windows} WHERE status = 'complete') AS ordered) AS divided
    GROUP BY run_id, resource, parent_id, island"""
"""Days that one run read without a gap. Two receipts of the same days count as one row in the sum: they are peers."""


def superseded_sql(windows: str, *, day_after: str) -> str:
    """What deletes the receipts fetched before some instant, its one value, that prove nothing any more.

    A receipt whose answer was split proves nothing. Any other goes once a later run has read all its days without a
    gap: of each day the last complete receipt stays, so receipts go on covering every mark, and every island beside it.
    A quarantined one goes, too, once a later one says the same of the same days.
    """
    read = READ.format(windows=windows, after_reached=day_after.format(day="reached"))
    later = (
        "SELECT 1 FROM read_later AS later WHERE later.resource = old.resource AND later.parent_id = old.parent_id "
        "AND later.began_at > old.fetched_at AND later.first_day <= old.from_date AND later.last_day >= old.to_date"
    )
    again = (
        f"SELECT 1 FROM {windows} AS again WHERE again.resource = old.resource AND again.parent_id = old.parent_id "
        "AND again.fetched_at > old.fetched_at AND again.from_date = old.from_date AND again.to_date = old.to_date "
        "AND again.status = old.status AND old.status = 'quarantined'"
    )
    return (
        f"WITH read_later AS ({read}) DELETE FROM {windows} AS old "
        f"WHERE old.fetched_at < %s AND (old.status = 'split' OR EXISTS ({later}) OR EXISTS ({again}))"
    )


def drop_superseded(client: SqlClientBase[object], dialect: Dialect, *, before: datetime) -> None:
    """Delete receipts that were fetched *before* and that no mark rests on; in one transaction.

    Where nobody tried the SQL for the next day, nothing is deleted.

    Raises:
        DatabaseException: the destination refuses; all receipts are there.
    """
    windows = client.make_qualified_table_name(name_of(SYNC_WINDOWS))
    if not dialect.day_after:
        return
    value = dialect.bind(before)
    if not client.execute_sql(f"SELECT 1 FROM {windows} WHERE fetched_at < %s LIMIT 1", value):
        return
    with client.begin_transaction():
        client.execute_sql(superseded_sql(windows, day_after=dialect.day_after), value)


def keep_no_traces(pipeline: Pipeline) -> None:
    """Let dlt trace neither runs nor configuration: a file that grows, and memory, and nobody reads them.

    Of every value that dlt resolves it keeps the configuration that it is of, until a traced run ends; some of these
    keep an exception, and with it the frames and the rows of the run. So 40 tenants in one process took 550 MB.
    """
    pipeline.config.enable_runtime_trace = False
    TraceLogContext.logging_enabled = False  # of every thread: each has a context of its own


def forget_packages(pipeline: Pipeline) -> None:
    """Delete dlt's copies of all packages that are loaded but the last, and a trace that an older version left."""
    home = Path(pipeline.working_dir)
    loaded = sorted((home / "load" / LoadStorage.LOADED_FOLDER).glob("*"), key=lambda package: package.name)
    for package in loaded[:-1]:
        shutil.rmtree(package, ignore_errors=True)  # what is left goes next time
    (home / TRACE).unlink(missing_ok=True)
