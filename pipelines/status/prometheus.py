"""How each tenant stands, in the text format of Prometheus. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from .standing import Standing, Standings

COUNTS = ("requests", "rows_read", "added", "modified", "removed", "errors")
STATUSES = ("complete", "partial", "failed", "stopped", "running")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One value, with its labels besides the tenant."""

    value: float
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A gauge: its name, what it says, and its samples of one tenant."""

    name: str
    help: str
    samples: Callable[[Standing, datetime], Iterator[Sample]]


def metrics(standings: Standings, *, now: datetime) -> str:
    """The whole page; ends with a newline, as the format has it."""
    return "".join(line + "\n" for metric in METRICS for line in _lines(metric, standings, now))


def _lines(metric: Metric, standings: Standings, now: datetime) -> Iterator[str]:
    yield from (f"# HELP {metric.name} {metric.help}", f"# TYPE {metric.name} gauge")
    for standing in standings.tenants:
        for sample in metric.samples(standing, now):
            labels = {"tenant": standing.tenant, **sample.labels}
            text = ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items())
            yield f"{metric.name}{{{text}}} {sample.value:.15g}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _readable(standing: Standing, _: datetime) -> Iterator[Sample]:
    yield Sample(value="error" not in standing.facts, labels={})


def _fresh_at(standing: Standing, _: datetime) -> Iterator[Sample]:
    if at := standing.facts.get("fresh_at"):
        yield Sample(value=_seconds(at), labels={})


def _age(standing: Standing, now: datetime) -> Iterator[Sample]:
    if at := standing.facts.get("fresh_at"):
        yield Sample(value=max(0.0, round(now.timestamp() - _seconds(at), 3)), labels={})


def _last_status(standing: Standing, _: datetime) -> Iterator[Sample]:
    for run in _rows(standing, "runs")[:1]:
        for status in STATUSES:
            yield Sample(value=run["status"] == status, labels={"status": status})


def _last_counts(standing: Standing, _: datetime) -> Iterator[Sample]:
    for run in _rows(standing, "runs")[:1]:
        for name in COUNTS:
            if isinstance(count := run[name], int):
                yield Sample(value=count, labels={"what": name})


def _quarantined(standing: Standing, _: datetime) -> Iterator[Sample]:
    if "quarantined" in standing.facts:
        yield Sample(value=len(_rows(standing, "quarantined")), labels={})


def _running(standing: Standing, _: datetime) -> Iterator[Sample]:
    yield Sample(value=bool(standing.facts.get("running")), labels={})


def _seconds(at: object) -> float:
    return datetime.fromisoformat(f"{at}").timestamp()


def _rows(standing: Standing, name: str) -> Sequence[Mapping[str, object]]:
    found = standing.facts.get(name)
    return found if isinstance(found, list) else []


METRICS = (
    Metric(name="aleta_sync_readable", help="Whether the warehouse can be read", samples=_readable),
    Metric(
        name="aleta_sync_fresh_timestamp_seconds", help="When the last complete run ended; none yet: no sample",
        samples=_fresh_at,
    ),
    Metric(name="aleta_sync_age_seconds", help="Seconds since the last complete run ended", samples=_age),
    Metric(name="aleta_sync_last_run_status", help="1 for how the last run ended, else 0", samples=_last_status),
    Metric(name="aleta_sync_last_run_count", help="What the last run counted", samples=_last_counts),
    Metric(name="aleta_sync_quarantined_windows", help="Windows not proven complete", samples=_quarantined),
    Metric(name="aleta_sync_running", help="Whether a run goes on now", samples=_running),
)  # fmt: skip
