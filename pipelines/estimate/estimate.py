"""What `sync` would do now, in windows, requests and minutes; sends no request and writes nothing.

The planner is a pure function, so it is not guessed at: it is run against the rows that the warehouse already has.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from pathlib import Path
from textwrap import wrap

import pyarrow as pa

from schemas.table import key_of
from sources.aleta.catalogue.catalogue import CATALOGUE
from sources.aleta.catalogue.endpoint import Endpoint, with_parents
from sources.aleta.planning.planner import Planner
from sources.aleta.planning.questions import Fate
from sources.aleta.planning.windows import Window
from sources.aleta.reading.cursor_lists import LIMIT

from ..ledger.ledger import Ledger
from ..ledger.marks import Mark
from ..ledger.readings import Horizon, Reading, in_turn, owed, tonight
from ..report.figures import counted
from ..report.report import Exit, Json
from ..run.errors.failures import explained
from ..run.machine.lock import LockedError, holder
from ..run.reading.planners import planner_of
from ..run.reading.stored_objects import stored_objects
from ..settings import TenantSettings
from ..warehouse.glance import committed
from ..warehouse.store import Slice, Store
from . import first_load

UNKNOWN = "a first load: how many rows there are, and so how often windows must be split, shows only while reading"

NO_DAYS = pa.table({"parent": pa.array([], pa.string()), "days": pa.array([], pa.list_(pa.date32()))})


@dataclass(slots=True, kw_only=True)
class Forecast:
    """What one resource would cost.

    Args:
        parents: lists or accounts to read.
        whole: parents whose whole history would be read.
        first: parents never read to the end: their part is a lower bound.
    """

    parents: int = 0
    whole: int = 0
    first: int = 0
    windows: int = 0
    requests: int = 0

    def said(self) -> str:
        """Requests, windows and parents in words."""
        parents = f" of {counted(self.parents, 'parent')}" if self.parents != 1 else ""
        whole = f", {self.whole:,} read whole" if self.whole else ""
        return f"{counted(self.requests, 'request')} for {counted(self.windows, 'window')}{parents}{whole}"


@dataclass(slots=True, kw_only=True)
class TenantPlan:
    """What one tenant's sync would do."""

    tenant: str
    requests_per_minute: int
    burst: int
    resources: dict[str, Forecast] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    error: str = ""
    first_load: Sequence[str] = ()  # lines of text, where nothing is stored yet
    estimate: tuple[int, int] | None = None  # requests of a first load, at least and at most

    @property
    def requests(self) -> int:
        return sum(forecast.requests for forecast in self.resources.values())

    @property
    def minutes(self) -> float:
        """At the budget: the burst is free, the rest comes at the rate."""
        if not self.requests_per_minute:
            return 0.0
        return round(max(0, self.requests - self.burst) / self.requests_per_minute, 1)

    def to_json(self) -> Json:
        return {
            "requests": self.requests,
            "minutes": self.minutes,
            "resources": {name: asdict(forecast) for name, forecast in self.resources.items()},
            "notes": self.notes,
            "error": self.error,
            "estimate": list(self.estimate) if self.estimate else None,
        }

    def text(self) -> str:
        if self.error:
            return f"{self.tenant}: {self.error}"
        if self.first_load:
            return "\n".join(self.first_load)
        asked = {name: forecast for name, forecast in self.resources.items() if forecast.requests}
        lines = [line for name, forecast in asked.items() for line in _indented(f"{name}: {forecast.said()}")]
        idle = len(self.resources) - len(asked)
        lines += [f"  nothing is due of {counted(idle, 'other table')}"] if idle else []
        asks = counted(self.requests, "request")
        rate = self.requests_per_minute
        spoken = f"{self.minutes} minutes at {rate} a minute" if rate else "as many a minute as the API answers"
        head = f"{self.tenant}: {asks}, {spoken}"
        notes = [line for note in self.notes for line in wrap(f"note: {note}", 78, subsequent_indent="  ")]
        return "\n".join([head, *lines, *(f"  {line}" for line in notes)])


def _indented(line: str) -> list[str]:
    return wrap(line, 80, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plans:
    """All tenants' plans."""

    tenants: Sequence[TenantPlan]

    @property
    def exit(self) -> Exit:
        return Exit.FAILED if any(tenant.error for tenant in self.tenants) else Exit.COMPLETE

    def to_json(self) -> Json:
        return {"tenants": {tenant.tenant: tenant.to_json() for tenant in self.tenants}}

    def text(self) -> str:
        return "\n\n".join(tenant.text() for tenant in self.tenants)


def run(tenants: Sequence[TenantSettings], *, others: Sequence[TenantSettings] = (), now: datetime) -> Plans:
    """Plan each tenant's next sync from its marks and its warehouse.

    Args:
        others: tenants whose first load tells what that of another may take.
    """
    return Plans(tenants=[_plan(tenant, others, now) for tenant in tenants])


def _plan(tenant: TenantSettings, others: Sequence[TenantSettings], now: datetime) -> TenantPlan:
    plan = TenantPlan(tenant=tenant.name, requests_per_minute=tenant.requests_per_minute, burst=tenant.burst)
    try:
        if first_load.is_first(tenant):
            _expect(plan, tenant, others)
            return plan
        _check_free(tenant.folder / "lock")
        _fill(plan, tenant, now)
    except Exception as error:  # noqa: BLE001 - said, and the other tenants go on
        plan.error = explained(error, tenant=tenant.name, folder=tenant.folder).message
    return plan


def _check_free(lock: Path) -> None:
    """What a run is about to change is not looked at.

    One that begins during the look waits for its end, so nothing is counted before the store is closed again (C4).
    """
    if by := holder(lock):
        raise LockedError(lock, by)


def _expect(plan: TenantPlan, tenant: TenantSettings, others: Sequence[TenantSettings]) -> None:
    """What can be said before anything was read."""
    found = first_load.precedents(tenant, others)
    plan.first_load, plan.estimate = list(first_load.described(tenant, found)), first_load.estimate(tenant, found)
    plan.notes.append(UNKNOWN)
    plan.resources["clients"] = Forecast(parents=1, windows=1, requests=1)


def _fill(plan: TenantPlan, tenant: TenantSettings, now: datetime) -> None:
    horizon = Horizon.of(tenant, now=now)
    dated: dict[str, tuple[Mapping[str, Reading], pa.Table]] = {}
    with committed(tenant.name, tenant.folder, tenant.destination) as (store, state):
        ledger = Ledger.from_state(state)
        endpoints = [
            endpoint for endpoint in with_parents(tenant.resources, CATALOGUE) if endpoint.name not in ledger.unoffered
        ]
        found = stored_objects(store, endpoints, now=now)
        for endpoint in endpoints:
            marks = ledger.marks.get(endpoint.name, {})
            if endpoint.dates:
                readings = tonight(marks, _shown(store, CATALOGUE[endpoint.parent]), horizon, endpoint.dates)
                dated[endpoint.name] = readings, _days(store, endpoint, readings)
                plan.resources[endpoint.name] = _forecast(readings)
            elif endpoint.named_in:
                ids = found.named[endpoint.name] | found.shown[endpoint.name]
                removed = found.removed.get(endpoint.name, ())
                plan.resources[endpoint.name] = _visited(endpoint, ids, removed, marks, horizon)
            else:
                plan.resources[endpoint.name] = _walked(store, endpoint)
    for name, asked in dated.items():
        _count(plan.resources[name], CATALOGUE[name], *asked, planner_of(CATALOGUE[name], ledger, tenant), horizon)
    if any(forecast.first for forecast in plan.resources.values()) or not ledger.marks:
        plan.notes.append(UNKNOWN)


def _count(
    forecast: Forecast,
    endpoint: Endpoint,
    readings: Mapping[str, Reading],
    days: pa.Table,
    planner: Planner,
    horizon: Horizon,
) -> None:
    if horizon.by_months and endpoint.dates:
        planner.border = horizon.border(endpoint.dates)
    rows = dict(zip(*(column.to_pylist() for column in days.columns), strict=True))
    rehearse(planner, readings, rows, forecast, page_rows=int(LIMIT) if horizon.by_months else 0)


def _visited(
    endpoint: Endpoint, ids: Collection[str], removed: Collection[str], marks: Mapping[str, Mark], horizon: Horizon
) -> Forecast:
    """One answer an object whose turn it is, or that was *removed* lately."""
    count = len({*in_turn(marks, sorted(ids), horizon, every_days=endpoint.every_days), *removed})
    return Forecast(parents=len({*ids, *removed}), windows=count, requests=count)


def _walked(store: Store, endpoint: Endpoint) -> Forecast:
    """One list a parent, and one answer an object where each is read singly."""
    lists = len(_shown(store, CATALOGUE[endpoint.parent])) if endpoint.parent else 1
    singles = len(_shown(store, endpoint)) if endpoint.detail or endpoint.ids_in else 0
    requests = singles if endpoint.ids_in else lists + singles
    return Forecast(parents=lists, windows=lists, requests=requests)


def _shown(store: Store, endpoint: Endpoint) -> list[str]:
    """Ids of what the API showed last."""
    return sorted(store.distinct(endpoint.schema, key_of(endpoint.schema)[0], shown=True))


def _forecast(readings: Mapping[str, Reading]) -> Forecast:
    """What needs no rehearsal: days that are owed are a request each."""
    days = sum(window.days for windows in owed(readings).values() for window in windows)
    return Forecast(
        parents=len(readings),
        windows=days,
        requests=days,
        whole=sum(reading.whole for reading in readings.values()),
        first=sum(reading.mark.verified_at is None for reading in readings.values()),
    )


def _days(store: Store, endpoint: Endpoint, readings: Mapping[str, Reading]) -> pa.Table:
    """Each parent, and the days of its rows from the first that is read on, sorted."""
    if not readings or not (endpoint.dates and endpoint.dates.columns):
        return NO_DAYS
    since, day = min(reading.span.first for reading in readings.values()), endpoint.dates.columns[0]
    committed = store.rows(endpoint.schema, [*endpoint.owners, day], [Slice(days=[day], first=since)])
    owned = [
        f"SELECT {owner} AS parent, {day} AS day FROM {committed} WHERE {owner} IS NOT NULL AND day >= $since"
        for owner in endpoint.owners
    ]
    sql = f"SELECT parent, list(day ORDER BY day) AS days FROM ({' UNION ALL '.join(owned)}) GROUP BY parent"
    return store.sql.sql(sql, params={"since": since}).to_arrow_table()


def rehearse(
    planner: Planner,
    readings: Mapping[str, Reading],
    rows: Mapping[str, Sequence[date]],
    forecast: Forecast,
    *,
    page_rows: int = 0,
) -> None:
    """Run the planner against the rows as they are known, behind the cap as it is known; counts what it asks.

    Args:
        page_rows: rows of a page, where answers come in pages (v1) and no cap cuts them; 0: they do not.
    """
    for parent, reading in readings.items():
        planner.add(parent, reading.span)
    cap = planner.cap.value
    while question := planner.ask():
        days = _within(rows.get(question.parent, ()), question.window)
        forecast.requests += max(1, math.ceil(len(days) / page_rows)) if page_rows else 1
        answered = days[:cap] if cap and not page_rows else days
        count = planner.proof.count if question.proof and planner.proof else len(answered)
        planner.answer(question, count, answered, whole=bool(page_rows))
        forecast.windows += sum(decision.fate is Fate.KEPT for decision in planner.decisions())
    forecast.windows += sum(decision.fate is Fate.KEPT for decision in planner.decisions())


def _within(days: Sequence[date], window: Window) -> Sequence[date]:
    return days[bisect_left(days, window.first) : bisect_right(days, window.last)]
