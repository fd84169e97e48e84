"""The row of `sync_runs` that a run leaves, and replaces with each package. Pure."""

from __future__ import annotations

from datetime import datetime

import pyarrow as pa

from schemas.ledger import SYNC_RUNS

from ...compare.rows.findings import Run
from ...report.report import TenantReport, bound_of
from ...report.version import VERSION
from ...warehouse.package import Rows


def run_row(report: TenantReport, run: Run, *, ended_at: datetime | None, status: str) -> Rows:
    """What *report* counts so far; *ended_at* is None while the run goes on."""
    values = {
        "run_id": run.run_id,
        "kind": report.kind,
        "clients": " ".join(run.clients) or None,
        "started_at": run.now,
        "ended_at": ended_at,
        "status": status,
        "requests": report.requests,
        "retries": report.retries,
        "rows_read": report.total("read"),
        "added": report.total("added"),
        "modified": report.total("modified"),
        "removed": report.total("removed"),
        "errors": len(report.errors),
        "version": VERSION,
        "cap_rule": report.cap_rule or None,
        "trials": report.trials_passed,
        "trials_bound": bound_of(report.trials_passed) or None,
    }
    columns = [pa.array([values[column.name]], column.type) for column in SYNC_RUNS]
    return Rows(schema=SYNC_RUNS, data=pa.Table.from_arrays(columns, schema=SYNC_RUNS.remove_metadata()))
