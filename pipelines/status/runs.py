"""The runs of a tenant: those in its tables, and those that only its private journal knows. Pure."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate
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
AHEAD = timedelta(minutes=10)  # a run that ended later than that from now had a wrong clock, or this machine has
LONG_AGO = datetime.min.replace(tzinfo=UTC)


def runs_of(
    table: Iterable[Mapping[str, object]], journal: Iterable[Entry], *, running: str, now: datetime
) -> list[Row]:
    """Each run once, the last first; the journal knows how a run ended that could not say so in its tables.

    Args:
        table: rows of `sync_runs`. Those that the journal lacks (another machine's, or dropped from it) are placed as
            they began; one that lies ahead of *now* comes last, for nobody knows when it was.
        journal: the last first. Their order stands, for a clock may have been wrong (M6).
        running: the kind of the run that goes on now; empty for none.
    """
    found: dict[str, Row] = {f"{row['run_id']}": {"code": "", "reason": "", **row} for row in table}
    own = [found.pop(entry.run_id, {}) | _row(entry) for entry in journal]
    others = sorted(((_placed(row, now), row) for row in found.values()), key=_place, reverse=True)
    latest = [row for _, row in heapq.merge(_in_their_order(own, now), others, key=_place, reverse=True)]
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


def rows(facts: Mapping[str, object], name: str) -> Sequence[Mapping[str, object]]:
    """A list among a tenant's facts; empty where there is none."""
    found = facts.get(name)
    return found if isinstance(found, list) else []


def is_stop(run: Mapping[str, object]) -> bool:
    """Whether nothing was the matter with it but that somebody stopped it; that is its only error."""
    return run["status"] == STOPPED and int(f"{run.get('errors') or 0}") <= 1


def fresh_at(runs: Sequence[Row], nights: Iterable[Row]) -> str | None:
    """When the last complete nightly run ended, whichever machine ran it; None where there is none.

    Args:
        nights: those that the tables call complete. Of what *runs* have too, these know better: a run may have failed
            after it said so there, for it could not be published.
    """
    known = {run["run_id"] for run in runs}
    complete = [run for run in nightly(runs) if run["status"] == "complete"]
    older = [night for night in nights if night["run_id"] not in known]
    return max((f"{run['ended_at']}" for run in (complete or older)), default=None)


def _in_their_order(rows: Sequence[Row], now: datetime) -> Iterator[tuple[datetime, Row]]:
    """Each with the latest time that it or a run before it began: a clock that was behind moves no other run."""
    places = [*accumulate((_placed(row, now) for row in reversed(rows)), max)]
    return zip(reversed(places), rows, strict=True)


def _placed(row: Row, now: datetime) -> datetime:
    began = _began(row)
    return began if began <= now + AHEAD else LONG_AGO


def _place(placed: tuple[datetime, Row]) -> datetime:
    return placed[0]


def _row(entry: Entry) -> Row:
    values = {name: getattr(entry, name) for name in (*COLUMNS, *MORE)}
    return {name: _text(value) if isinstance(value, datetime) else value for name, value in values.items()}


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def _began(row: Mapping[str, object]) -> datetime:
    return datetime.fromisoformat(f"{row['started_at']}")
