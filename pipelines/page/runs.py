"""The runs of a tenant as the page shows them: those of the published copy, and those that failed since. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from ..report.text import duration
from ..status.runs import rows

KILLED = "did not end: it was killed, or its machine stopped"


class Outcome(StrEnum):
    """What came of a run."""

    COMPLETE = "complete"
    PARTIAL = "partial"  # also one that was stopped: what it committed is there
    FAILED = "failed"
    RUNNING = "running"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run.

    Attributes:
        status: as `sync_runs` has it.
        reason: why it failed; empty where it did not, or nobody wrote it down.
        counts: by the names of `sync_runs`; None is not known.
    """

    started_at: datetime
    kind: str
    status: str
    outcome: Outcome
    reason: str
    duration_ms: int | None
    counts: Mapping[str, int | None]

    def number(self, name: str) -> int:
        return self.counts.get(name) or 0

    @property
    def took(self) -> str:
        return "not ended" if self.duration_ms is None else duration(self.duration_ms / 1000)

    @property
    def failure(self) -> str:
        """What a chart says of it; empty where it did not fail."""
        if self.outcome is not Outcome.FAILED:
            return ""
        return f"failed: {self.reason}" if self.reason else "failed"


COUNTS = ("requests", "retries", "rows_read", "added", "modified", "removed", "errors")


def runs_of(facts: Mapping[str, object], order: Sequence[str] = ()) -> list[Run]:
    """The last run first; each once, with its reason where one is known.

    Args:
        order: their ids as `status` has them, which a clock that was wrong does not disturb; others come after, as they
            began.
    """
    reasons = {_key(row): f"{row.get('reason') or ''}" for row in rows(facts, "failures")}
    found = {_key(row): row for row in (*rows(facts, "failures"), *rows(facts, "history"))}
    places = {run_id: place for place, run_id in enumerate(order)}
    latest = sorted(found.items(), key=lambda entry: _began(entry[1]), reverse=True)
    latest.sort(key=lambda entry: places.get(entry[0], len(places)))
    without_end = (key for key, row in latest if row.get("status") == "running" and key not in reasons)
    going_on = next(without_end, None) if facts.get("running") else None
    return [_run(row, reason=reasons.get(key, ""), is_running=key == going_on) for key, row in latest]


def _key(row: Mapping[str, object]) -> str:
    return f"{row.get('run_id') or row.get('started_at')}"


def _began(row: Mapping[str, object]) -> datetime:
    """In UTC, as the page's days are."""
    return datetime.fromisoformat(f"{row['started_at']}").astimezone(UTC)


def _run(row: Mapping[str, object], *, reason: str, is_running: bool) -> Run:
    status = f"{row.get('status') or 'failed'}"
    outcome = _outcome(status, is_running=is_running)
    was_killed = status == "running" and outcome is Outcome.FAILED
    return Run(
        started_at=_began(row),
        kind=f"{row.get('kind') or 'sync'}",
        status=status,
        outcome=outcome,
        reason=reason or (KILLED if was_killed else ""),
        duration_ms=_duration_ms(row),
        counts={name: _whole(row.get(name)) for name in COUNTS},
    )


def _duration_ms(row: Mapping[str, object]) -> int | None:
    """As the query says, or as its two ends say."""
    if "duration_ms" in row or not row.get("ended_at"):
        return _whole(row.get("duration_ms"))
    return round((datetime.fromisoformat(f"{row['ended_at']}") - _began(row)).total_seconds() * 1000)


def _outcome(status: str, *, is_running: bool) -> Outcome:
    match status:
        case "complete":
            return Outcome.COMPLETE
        case "failed":
            return Outcome.FAILED
        case "running":
            return Outcome.RUNNING if is_running else Outcome.FAILED
        case _:
            return Outcome.PARTIAL


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) else None
