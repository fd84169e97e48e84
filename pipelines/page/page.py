"""The `report` command: `status` as one HTML page with charts, which needs nothing but itself. No request is sent."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from sources.aleta.safe_text import printable

from ..report.report import Exit
from ..report.text import duration
from ..report.version import VERSION
from ..settings import TenantSettings
from ..status.standing import Facts, Standing, Standings
from ..status.standing import run as read
from . import charts, history

FRESH_FOR = timedelta(hours=26)  # a nightly run, and two hours' patience
ROWS = ("added", "modified", "removed")
KIB = 1024.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The page, the exit code of what it says, and a line for each tenant that could not be read."""

    text: str
    exit: Exit
    errors: Sequence[str]

    def write(self, file: Path) -> None:
        """Put it in *file*, whole or not at all, for its owner only.

        Raises:
            OSError: *file* is what it was.
        """
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")  # is made 0600
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as new:
                new.write(self.text)
                new.flush()
                os.fsync(new.fileno())
            Path(name).replace(file)
        except BaseException:
            Path(name).unlink()
            raise


@dataclass(frozen=True, slots=True, kw_only=True)
class Badge:
    """A word on how a tenant stands; *tone* is good, warn, bad or plain."""

    tone: str
    text: str


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
    badges: Sequence[Badge]
    facts: Facts
    charts: Sequence[Chart]


def run(tenants: Sequence[TenantSettings], *, now: datetime) -> Page:
    """Read what each tenant's last sync published, and make the page of it."""
    standings = read(tenants, history.look)
    errors = [f"{one.tenant}: {one.facts['error']}" for one in standings.tenants if "error" in one.facts]
    return Page(text=render(standings, now=now), exit=standings.exit, errors=errors)


def render(standings: Standings, *, now: datetime) -> str:
    """The page; everything on it is escaped but the charts, whose words are."""
    environment = Environment(
        loader=PackageLoader("pipelines.page", ""), autoescape=True, finalize=_safe, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters |= {"when": _when, "count": _count, "took": _took, "size": _size}
    panels = [_panel(one, now) for one in standings.tenants]
    return environment.get_template("page.html.jinja").render(
        panels=panels, now=now.isoformat(), version=VERSION, today=now.date(), behind=_behind
    )


def _safe(value: object) -> object:
    """Text from outside without control and bidirectional characters (rule S2); what is markup is our own."""
    return printable(value, keep="\n") if type(value) is str else value


def _panel(one: Standing, now: datetime) -> Panel:
    facts = dict(one.facts)
    return Panel(tenant=one.tenant, badges=list(_badges(facts, now)), facts=facts, charts=list(_charts(facts)))


def _badges(facts: Facts, now: datetime) -> Iterator[Badge]:
    if "error" in facts:
        yield Badge(tone="bad", text="cannot be read")
    elif not facts["synced"]:
        yield Badge(tone="plain", text="never synced")
    else:
        yield _freshness(facts["fresh_at"], now)
        yield from _last_run(_rows(facts, "history"))
        if stuck := len(_rows(facts, "quarantined")):
            yield Badge(tone="bad", text=f"{stuck:,} quarantined")
    if facts["running"]:
        yield Badge(tone="plain", text="running now")


def _freshness(fresh_at: object, now: datetime) -> Badge:
    if not fresh_at:
        return Badge(tone="bad", text="no complete run yet")
    age = max(timedelta(), now - datetime.fromisoformat(f"{fresh_at}"))  # another machine's clock may be ahead
    fresh = age <= FRESH_FOR
    return Badge(tone="good" if fresh else "bad", text=f"{'fresh' if fresh else 'stale'}: {_age(age)} old")


def _age(age: timedelta) -> str:
    hours, days = age // timedelta(hours=1), age.days
    return f"{days} days" if days > 1 else f"{hours} h" if hours else f"{age // timedelta(minutes=1)} min"


def _last_run(history: Sequence[Mapping[str, object]]) -> Iterator[Badge]:
    tones = {"complete": "good", "failed": "bad"}
    for run in history[:1]:
        yield Badge(tone=tones.get(f"{run['status']}", "warn"), text=f"last run {run['status']}")


def _charts(facts: Facts) -> Iterator[Chart]:
    """The runs, oldest first."""
    runs = list(reversed(_rows(facts, "history")))
    if not runs:
        return
    rows = {name: [_number(run, name) for run in runs] for name in ROWS}
    yield _chart("Rows that each run changed", rows, runs)
    yield _chart("Requests of each run", {"requests": [_number(run, "requests") for run in runs]}, runs)
    lasted = [_number(run, "duration_ms") / 1000 for run in runs]
    unit = next((one for one in (3600, 60) if max(lasted) >= 2 * one), 1)  # so that the axis has round steps
    took = {"duration": [one / unit for one in lasted]}
    yield _chart("How long each run took", took, runs, words=lambda value: duration(value * unit))


def _chart(
    title: str,
    series: Mapping[str, Sequence[float]],
    runs: Sequence[Mapping[str, object]],
    *,
    words: charts.Words = lambda value: f"{value:,.0f}",
) -> Chart:
    groups = [(_day(run["started_at"]), _when(run["started_at"])) for run in runs]
    skewed = charts.is_skewed([one for values in series.values() for one in values])
    said = f"{title}: a bar chart of the last {len(runs)} runs; the table of runs has the figures"
    svg = charts.bars(series, groups, said=said, words=words)
    note = "Logarithmic: each step upwards is a multiple of the one before." if skewed else ""
    return Chart(title=title, svg=Markup(svg), legend=list(series) if len(series) > 1 else (), note=note)  # noqa: S704


def _day(at: object) -> str:
    return f"{datetime.fromisoformat(f'{at}'):%d %b}" if at else "?"


def _rows(facts: Facts, name: str) -> Sequence[Mapping[str, object]]:
    found = facts.get(name)
    return found if isinstance(found, list) else []


def _number(row: Mapping[str, object], name: str) -> int:
    value = row[name]
    return value if isinstance(value, int) else 0


def _when(at: object) -> str:
    """`2026-11-24 02:00`, in UTC as the page says."""
    return f"{datetime.fromisoformat(f'{at}'):%Y-%m-%d %H:%M}" if at else "never"


def _count(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else "not known"


def _took(value: object) -> str:
    return duration(value / 1000) if isinstance(value, int) else "not ended"


def _size(value: object) -> str:
    left = float(value) if isinstance(value, int) else 0.0
    for unit in ("B", "KiB", "MiB"):
        if left < KIB:
            return f"{left:,.0f} {unit}"
        left /= KIB
    return f"{left:,.1f} GiB"


def _behind(through: object, today: date) -> int:
    return (today - date.fromisoformat(f"{through}")).days
