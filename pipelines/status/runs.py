"""The runs of a tenant: those in its tables, and those that only its private journal knows. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeAlias

from ..run.aftermath.journal import RUNNING, Entry

Row: TypeAlias = dict[str, object]

COLUMNS = (
    "run_id",
    "kind",
    "status",
    "started_at",
    "ended_at",
    "requests",
    "retries",
    "rows_read",
    "added",
    "modified",
)
MORE = ("removed", "errors", "version", "code", "reason", "narrowed")
KILLED = "killed"
STOPPED = "stopped"
DID_NOT_END = "it did not end: the process was killed, or the machine stopped"


def runs_of(table: Iterable[Mapping[str, object]], journal: Iterable[Entry], *, running: str) -> list[Row]:
    """Each run once, the last first; the journal knows how a run ended that could not say so in its tables.

    Args:
        table: rows of `sync_runs`; those that the journal lacks are older than it.
        journal: the last first. Their order stands, for a clock may have been wrong (M6).
        running: the kind of the run that goes on now; empty for none.
    """
    found: dict[str, Row] = {f"{row['run_id']}": {"code": "", "reason": "", **row} for row in table}
    latest = [found.pop(entry.run_id, {}) | _row(entry) for entry in journal]
    latest += sorted(found.values(), key=_began, reverse=True)
    for number, row in enumerate(row for row in latest if row["status"] == RUNNING):
        if not (number == 0 and row["kind"] == running):
            row |= {"status": "failed", "code": KILLED, "reason": DID_NOT_END}
    return latest


def nightly(runs: Sequence[Row]) -> list[Row]:
    """Those that ended and tell how the tenant as a whole stands, the last first.

    Not backfills, not those that read only what the operator named, and not those that another run kept out.
    """
    return [
        run
        for run in runs
        if run["kind"] == "sync" and run["status"] != RUNNING and not run.get("narrowed") and run["code"] != "locked"
    ]


def streak(runs: Sequence[Row]) -> list[Row]:
    """Of what `nightly` gives, the runs since the last complete one."""
    last = next((number for number, run in enumerate(runs) if run["status"] == "complete"), len(runs))
    return list(runs[:last])


def is_stop(run: Mapping[str, object]) -> bool:
    """Whether nothing was the matter with it but that somebody stopped it; that is its only error."""
    return run["status"] == STOPPED and int(f"{run.get('errors') or 0}") <= 1


def fresh_at(runs: Sequence[Row], table: object) -> object:
    """When the last complete nightly run ended, whichever machine ran it; as *table* says where *runs* have none."""
    complete = [f"{run['ended_at']}" for run in nightly(runs) if run["status"] == "complete"]
    return max(complete, default=table)


def _row(entry: Entry) -> Row:
    values = {name: getattr(entry, name) for name in (*COLUMNS, *MORE)}
    return {name: _text(value) if isinstance(value, datetime) else value for name, value in values.items()}


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def _began(row: Mapping[str, object]) -> datetime:
    return datetime.fromisoformat(f"{row['started_at']}")
