"""How each tenant stands as metrics in Prometheus' text format. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TypeAlias

from .standing import Facts, Standings

STATUSES = ("complete", "partial", "failed", "stopped", "running")
COUNTS = ("requests", "rows_read", "added", "modified", "removed", "errors")
LABEL = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})
HELP = {
    "readable": "1 where the warehouse can be read, or nothing was synced yet",
    "running": "1 while a command holds the tenant",
    "last_complete_timestamp_seconds": "When the last complete run ended; missing where there was none",
    "last_run_timestamp_seconds": "When the last run began, whatever came of it",
    "last_run_status": "1 for how the last run ended, 0 for how it did not",
    "last_run_count": "What the last run counted",
    "quarantined_windows": "Windows not proven complete, and not read since",
}
Sample: TypeAlias = tuple[str, Mapping[str, str], int]
"""A metric's name, its labels besides the tenant, its value."""


def metrics(standings: Standings) -> str:
    """Every metric with its help, a line a tenant; what is not known has none. Ends with a newline."""
    lines: dict[str, list[str]] = {name: [] for name in HELP}
    for standing in standings.tenants:
        for name, labels, value in _samples(dict(standing.facts)):
            shown = {"tenant": standing.tenant, **labels}
            text = ",".join(f'{label}="{word.translate(LABEL)}"' for label, word in shown.items())
            lines[name].append(f"aleta_sync_{name}{{{text}}} {value}")
    return "".join(_described(name, samples) for name, samples in lines.items() if samples)


def _described(name: str, samples: Sequence[str]) -> str:
    return "\n".join([f"# HELP aleta_sync_{name} {HELP[name]}", f"# TYPE aleta_sync_{name} gauge", *samples, ""])


def _samples(facts: Facts) -> Iterator[Sample]:
    yield "readable", {}, int("error" not in facts)
    yield "running", {}, int(bool(facts.get("running")))
    if facts.get("fresh_at"):
        yield "last_complete_timestamp_seconds", {}, _seconds(facts["fresh_at"])
    if "quarantined" in facts:
        yield "quarantined_windows", {}, len(_rows(facts, "quarantined"))
    for run in _rows(facts, "runs")[:1]:
        yield from _last(run)


def _last(run: Mapping[str, object]) -> Iterator[Sample]:
    if run["started_at"]:
        yield "last_run_timestamp_seconds", {}, _seconds(run["started_at"])
    for status in STATUSES:
        yield "last_run_status", {"status": status}, int(run["status"] == status)
    for name in COUNTS:
        if isinstance(count := run[name], int):
            yield "last_run_count", {"what": name}, count


def _seconds(moment: object) -> int:
    return int(datetime.fromisoformat(f"{moment}").timestamp())


def _rows(facts: Facts, name: str) -> Sequence[Mapping[str, object]]:
    found = facts.get(name)
    return found if isinstance(found, list) else []
