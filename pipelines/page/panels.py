"""What the page shows of each tenant, in the order of the page. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from ..report.text import duration
from ..status.standing import Facts, Standing
from . import charts
from .attention import Finding, Tone, findings, tone_of
from .coverage import Span, spans
from .formats import when
from .history import RUNS
from .nights import Calendar, calendar
from .runs import Outcome, Run, runs_of
from .visible import visible

ROWS = ("added", "modified", "removed")
DETAILED = 100  # tenants: of more, those that are fine have a line each, or no browser would open the page
TENS = "Logarithmic: each step upwards is a multiple of the one before."


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """One chart; *note* says what its axis does, where that is not plain."""

    title: str
    svg: Markup
    legend: Sequence[str] = ()
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One tenant's part of the page."""

    tenant: str
    tone: Tone
    findings: Sequence[Finding]
    calendar: Calendar
    runs: Sequence[Run]
    spans: Sequence[Span]
    charts: Sequence[Chart]
    facts: Facts

    @property
    def needs_attention(self) -> bool:
        return self.tone.needs_attention

    @property
    def is_read(self) -> bool:
        """Whether there is a warehouse, and it could be read."""
        return "coverage" in self.facts

    @property
    def is_in_use(self) -> bool:
        """Whether another process has the warehouse to itself: nothing is wrong with it, and it cannot be read now."""
        return bool(self.facts["synced"]) and not self.is_read and "error" not in self.facts

    @property
    def has_failed(self) -> bool:
        return any(run.outcome is Outcome.FAILED for run in self.runs)


def panels(standings: Sequence[Standing], *, now: datetime) -> list[Panel]:
    """The worst first; among equals, in the order of the configuration."""
    tones = list(Tone)
    shown = [_panel(standing, now, brief=is_brief(standings)) for standing in standings]
    return sorted(shown, key=lambda panel: tones.index(panel.tone))


def is_brief(tenants: Sequence[object]) -> bool:
    """Whether those that are fine have no more than a line."""
    return len(tenants) > DETAILED


def _panel(standing: Standing, now: datetime, *, brief: bool) -> Panel:
    facts, runs = dict(standing.facts), runs_of(standing.facts, standing.order)
    found = findings(facts, now=now, first=standing.first)
    tone = tone_of(found)
    return Panel(
        tenant=standing.tenant,
        tone=tone,
        findings=found,
        calendar=calendar(runs, today=now.date()),
        runs=runs[:RUNS],
        spans=spans(facts, today=now.date()),
        charts=[] if brief and not tone.needs_attention else list(_charts(runs[:RUNS])),
        facts=facts,
    )


def _charts(latest: Sequence[Run]) -> Iterator[Chart]:
    """The runs, oldest first."""
    runs = list(reversed(latest))
    if not runs:
        return
    yield _chart("Rows that each run changed", {name: [run.number(name) for run in runs] for name in ROWS}, runs)
    yield _chart("Requests of each run", {"requests": [run.number("requests") for run in runs]}, runs)
    lasted = [(run.duration_ms or 0) / 1000 for run in runs]
    unit = next(
        (seconds for seconds in (3600, 60) if max(lasted) >= 2 * seconds), 1
    )  # so that the axis has round steps
    took = {"duration": [seconds / unit for seconds in lasted]}
    yield _chart("How long each run took", took, runs, words=lambda value: _lasted(value * unit))


def _lasted(seconds: float) -> str:
    """`2 min`, where a table has `2 min 0 s`."""
    return duration(seconds).removesuffix(" 0 s").removesuffix(" 0 min") if seconds else "0"


def _chart(
    title: str,
    series: Mapping[str, Sequence[float]],
    runs: Sequence[Run],
    *,
    words: charts.Format = lambda value: f"{value:,.0f}",
) -> Chart:
    said = f"{title}: a bar chart of the last {len(runs)} runs; the table of runs has the figures"
    svg = charts.bars(series, [_group(run) for run in runs], said=said, words=words)
    return Chart(
        title=title,
        svg=Markup(svg),  # noqa: S704 - built as XML, which escapes every word
        legend=list(series) if len(series) > 1 else (),
        note=TENS if charts.is_skewed([value for values in series.values() for value in values]) else "",
    )


def _group(run: Run) -> charts.Group:
    return charts.Group(label=f"{run.started_at:%d %b}", name=when(run.started_at), failure=f"{visible(run.failure)}")
