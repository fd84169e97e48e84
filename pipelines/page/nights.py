"""A calendar of a tenant's last 90 nights as SVG, a month a strip. Pure.

What came of a run is told by shape as well as by colour: complete is a whole bar, partial half of one, failed a broken
one, running an outline, and a night without a run is a dot. The runs of one night stand side by side.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from types import MappingProxyType

from markupsafe import Markup

from .runs import Outcome, Run
from .visible import visible

NIGHTS = 90
WIDE, HIGH = 10, 24  # of a night, in units that the page stretches
BAR = 8
LABELLED = 7  # nights: fewer are narrower than the name of their month
SIDE_BY_SIDE = 4  # of a night's runs the last ones; its tip has all
Box = tuple[float, float]  # where it begins from above, and how high it is
SHAPES: Mapping[Outcome, Sequence[Box]] = MappingProxyType(
    {
        Outcome.COMPLETE: [(0, HIGH)],
        Outcome.PARTIAL: [(HIGH / 2, HIGH / 2)],
        Outcome.FAILED: [(0, 10), (14, 10)],
        Outcome.RUNNING: [(1, HIGH - 2)],
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """The nights of one month that are in the calendar."""

    label: str
    first: int  # day of the month
    days: int
    svg: Markup

    @property
    def is_short(self) -> bool:
        """Whether its label has no room beside that of the next month."""
        return self.days < LABELLED


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """The nights up to today, and what they show in words."""

    said: str
    months: Sequence[Month]


def calendar(runs: Sequence[Run], *, today: date) -> Calendar:
    """The last `NIGHTS` days in UTC, each with those of *runs*, the last first, that began on it by their clocks."""
    nights: dict[date, list[Run]] = defaultdict(list)
    for run in reversed(runs):
        nights[run.started_at.date()].append(run)
    days = [today - timedelta(days=back) for back in reversed(range(NIGHTS))]
    months = [_month(list(group), nights) for _, group in groupby(days, key=lambda day: (day.year, day.month))]
    return Calendar(said=_said([nights.get(day, []) for day in days]), months=months)


def sample(outcome: Outcome | None) -> Markup:
    """One night as the legend shows it; None is a night without a run."""
    drawn = Markup().join(_bars([outcome])) if outcome else _dot(0)
    return Markup('<svg viewBox="0 0 {} {}" class="night" aria-hidden="true">{}</svg>').format(WIDE, HIGH, drawn)


def worst(runs: Sequence[Run]) -> Outcome | None:
    """What a night is counted as: what came of the run that most needs a look."""
    seen = {run.outcome for run in runs}
    order = (Outcome.FAILED, Outcome.PARTIAL, Outcome.RUNNING, Outcome.COMPLETE)
    return next((outcome for outcome in order if outcome in seen), None)


def _said(nights: Sequence[Sequence[Run]]) -> str:
    counts = Counter(worst(runs) for runs in nights)
    parts = [f"{counts[outcome]} {outcome}" for outcome in Outcome if counts[outcome]]
    return ", ".join([f"Last {NIGHTS} nights", *parts, f"{counts[None]} without a run"]).replace(",", ":", 1)


def _month(days: Sequence[date], nights: Mapping[date, Sequence[Run]]) -> Month:
    drawn = Markup().join(_night(place * WIDE, day, nights.get(day, [])) for place, day in enumerate(days))
    svg = Markup('<svg viewBox="0 0 {} {}" preserveAspectRatio="none" aria-hidden="true">{}</svg>').format(
        len(days) * WIDE, HIGH, drawn
    )
    return Month(label=f"{days[0]:%b}", first=days[0].day, days=len(days), svg=svg)


def _night(left: int, day: date, runs: Sequence[Run]) -> Markup:
    if not runs:
        return _dot(left)
    tips = "; ".join(_tip(run) for run in runs)
    said = f"{day:%a %d %b}: {tips}" if len(runs) == 1 else f"{day:%a %d %b}, {len(runs)} runs: {tips}"
    bars = Markup().join(_bars([run.outcome for run in runs[-SIDE_BY_SIDE:]], left=left))
    return Markup("<g><title>{}</title>{}</g>").format(visible(said), bars)


def _tip(run: Run) -> str:
    return f"{run.started_at:%H:%M} {run.kind} {run.failure or run.status}"


def _bars(outcomes: Sequence[Outcome], *, left: int = 0) -> Iterator[Markup]:
    share = BAR / len(outcomes)
    for number, outcome in enumerate(outcomes):
        start, wide = left + 1 + number * share, share if len(outcomes) == 1 else share - 0.8
        for top, high in SHAPES[outcome]:
            yield Markup(f'<rect class="{outcome}" x="{start:g}" y="{top:g}" width="{wide:g}" height="{high:g}"/>')  # noqa: S704 - numbers, and a word of ours


def _dot(left: int) -> Markup:
    return Markup(f'<rect class="none" x="{left + 3.5}" y="{HIGH - 4}" width="3" height="4"/>')  # noqa: S704 - numbers
