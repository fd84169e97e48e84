"""How each tenant stands as metrics in Prometheus' text format, for node_exporter's textfile collector. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time

from .standing import Standings

STATUSES = ("complete", "partial", "failed", "stopped")
LABEL = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})
HELP = {
    "needs_attention": "1 where `aleta-sync status` says that the tenant needs attention; missing while that is "
    "not known.",
    "running": "1 while a command holds the tenant.",
    "last_complete_timestamp_seconds": "When the last complete sync ended; missing where there was none.",
    "last_run_timestamp_seconds": "When the last run began, whatever came of it.",
    "last_run_duration_seconds": "How long the last run took; missing where it did not end by itself.",
    "last_run_requests": "Requests of the last run.",
    "last_run_status": "1 for how the last run ended, 0 for how it did not.",
    "failing_runs": "Runs in a row, up to the last, that were not complete.",
    "quarantined_windows": "Windows whose answer is not believed, and that were not read since; missing while the "
    "warehouse cannot be read.",
    "covered_through_timestamp_seconds": "The end of the day through which every parent of a table is proven complete; "
    "missing while one of them is on no day.",
}


def metrics(standings: Standings) -> str:
    """Every metric with its help, a line a tenant; ends with a line's end, as the format wants it."""
    why = standings.attention
    lines: dict[str, list[str]] = {name: [] for name in HELP}
    for standing in standings.tenants:
        facts = standing.facts | {"attention": why[standing.tenant]}
        for name, labels, value in _samples(facts):
            shown = ",".join(f'{label}="{text.translate(LABEL)}"' for label, text in labels.items())
            tenant = f'tenant="{standing.tenant.translate(LABEL)}"'
            lines[name].append(f"aleta_sync_{name}{{{','.join(filter(None, (tenant, shown)))}}} {value}")
    return "".join(_described(name, samples) for name, samples in lines.items() if samples)


def _described(name: str, samples: list[str]) -> str:
    return "\n".join([f"# HELP aleta_sync_{name} {HELP[name]}", f"# TYPE aleta_sync_{name} gauge", *samples, ""])


def _samples(facts: Mapping[str, object]) -> Iterator[tuple[str, Mapping[str, str], int]]:
    quarantined = facts.get("quarantined")
    if facts["attention"] or isinstance(quarantined, list):
        yield "needs_attention", {}, int(bool(facts["attention"]))
    yield "running", {}, int(bool(facts["running"]))
    if facts.get("fresh_at"):
        yield "last_complete_timestamp_seconds", {}, _seconds(facts["fresh_at"])
    yield "failing_runs", {}, _length(facts, "streak")
    if isinstance(quarantined, list):
        yield "quarantined_windows", {}, len(quarantined)
    last = facts.get("last_run")
    if isinstance(last, dict):
        yield from _last(last)
    coverage = facts.get("coverage")
    for mark in coverage if isinstance(coverage, list) else []:
        if mark["all_through"]:
            through = datetime.combine(date.fromisoformat(f"{mark['all_through']}"), time(23, 59, 59), UTC)
            yield "covered_through_timestamp_seconds", {"table": f"{mark['resource']}"}, int(through.timestamp())


def _last(run: Mapping[str, object]) -> Iterator[tuple[str, Mapping[str, str], int]]:
    yield "last_run_timestamp_seconds", {}, _seconds(run["started_at"])
    if run["ended_at"]:
        yield "last_run_duration_seconds", {}, _seconds(run["ended_at"]) - _seconds(run["started_at"])
    yield "last_run_requests", {}, int(f"{run['requests'] or 0}")
    for status in STATUSES:
        yield "last_run_status", {"status": status}, int(run["status"] == status)


def _seconds(moment: object) -> int:
    return int(datetime.fromisoformat(f"{moment}").timestamp())


def _length(facts: Mapping[str, object], name: str) -> int:
    found = facts.get(name)
    return len(found) if isinstance(found, list) else 0
