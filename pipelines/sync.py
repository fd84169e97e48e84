"""The nightly run: everything new, changed or gone since the last one. Tenants side by side, each on its own."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias
from uuid import uuid4

from sources.aleta.catalogue import CATALOGUE
from sources.aleta.clock import Clock
from sources.aleta.endpoint import Endpoint, with_parents
from sources.aleta.errors import StoppedError
from sources.aleta.fetch import Receipt, Status, fetch
from sources.aleta.reader import Reader
from sources.aleta.walk import Listed, ids_of, walk

from . import failures
from .differences import Run
from .handover import Handover
from .ledger import Learned, Ledger
from .load import Loader
from .lock import TenantLock
from .marks import Horizon, Reading, tonight
from .progress import Progress, Screen
from .publish import NO_COPY, publish
from .report import Problem, RunReport, TenantReport, problem
from .settings import TenantSettings
from .warehouse import Warehouse

WAITING_ROWS = 50_000  # between reading and loading (C5)
TICK_S = 1.0

log = logging.getLogger(__name__)


class Session(Protocol):
    """One tenant's way to the API: `sources.aleta.connection.Connection`."""

    @property
    def reader(self) -> Reader: ...

    @property
    def close(self) -> Callable[[], None]: ...


Connect: TypeAlias = Callable[[TenantSettings, Progress], Session]
Choose: TypeAlias = Callable[[Ledger, Endpoint, Sequence[str], Horizon], Mapping[str, Reading]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What kind of run this is: what it reads of each parent.

    Args:
        kind: `sync` or `backfill`, as `sync_runs` shows it.
        choose: from the marks and the parents listed, what to read.
        only: parents that the operator named; one that is not listed is a problem.
    """

    kind: str
    choose: Choose
    only: Sequence[str] = ()


def nightly(ledger: Ledger, endpoint: Endpoint, listed: Sequence[str], horizon: Horizon) -> Mapping[str, Reading]:
    """From the look-back to the look-ahead, and whole histories in turn (rules D1, M3)."""
    return tonight(ledger.marks.get(endpoint.name, {}), listed, horizon)


SYNC = Job(kind="sync", choose=nightly)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What every tenant's run needs; safe for threads."""

    connect: Connect
    screen: Screen
    clock: Clock
    stop: threading.Event


def run(tenants: Sequence[TenantSettings], tools: Tools, *, job: Job = SYNC) -> RunReport:
    """Run *job* for all *tenants* at once; what becomes of one does not touch the others (rules C3, F3)."""
    reports = [TenantReport(tenant=one.name, kind=job.kind) for one in tenants]
    threads = [
        threading.Thread(target=_run_one, args=(tenant, tools, job, report), name=tenant.name)
        for tenant, report in zip(tenants, reports, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        while thread.is_alive():  # in steps, so that a signal's handler gets its turn
            thread.join(TICK_S)
    return RunReport(tenants=reports)


def _run_one(tenant: TenantSettings, tools: Tools, job: Job, report: TenantReport) -> None:
    began_s = tools.clock.monotonic()
    progress = tools.screen.tenant(tenant.name, requests_per_minute=tenant.requests_per_minute)
    report.run_id = uuid4().hex
    try:
        with TenantLock(tenant.folder / "lock", command=job.kind):
            _Run(tenant, tools, job, report, progress).run()
    except Exception as error:  # noqa: BLE001 - one tenant's failure is its own (F3); failures.name tells a defect
        failures.name(error, report, tenant=tenant.name)
    report.duration_s = tools.clock.monotonic() - began_s
    progress.stage(report.status)


@dataclass(frozen=True, slots=True)
class _Crawled:
    """All objects are listed."""


@dataclass(frozen=True, slots=True)
class _Following:
    """What is read of each parent from here on."""

    endpoint: Endpoint
    readings: Mapping[str, Reading]


@dataclass(frozen=True, slots=True)
class _Missing:
    """A parent that the operator named and the API does not list."""

    resource: str
    parent_id: str

    def problem(self) -> Problem:
        message = "the API does not list it: check the id and the tenant"
        return Problem(code="unknown", message=message, resource=self.resource, parent_id=self.parent_id)


@dataclass(frozen=True, slots=True)
class _Taught:
    """What the answers of one endpoint taught."""

    resource: str
    learned: Learned


@dataclass(frozen=True, slots=True)
class _Ended:
    """Nothing more comes; *error* is why, if it is not the natural end."""

    error: Exception | None = None


Event: TypeAlias = Listed | _Crawled | _Following | _Missing | Receipt | _Taught | _Ended


class _Run:
    """One tenant's run: one thread reads, this one loads."""

    def __init__(
        self, tenant: TenantSettings, tools: Tools, job: Job, report: TenantReport, progress: Progress
    ) -> None:
        self._tenant = tenant
        self._tools = tools
        self._job = job
        self._report = report
        self._progress = progress
        self._endpoints = with_parents(tenant.resources, CATALOGUE)
        self._horizon = Horizon(
            now=tools.clock.now(),
            history_start=tenant.history_start,
            look_back_days=tenant.look_back_days,
            look_ahead_days=tenant.look_ahead_days,
            reverify_days=tenant.reverify_days,
        )
        self._handover: Handover[Event] = Handover(WAITING_ROWS)
        self._listings: dict[str, list[Listed]] = defaultdict(list)

    def run(self) -> None:
        warehouse = Warehouse(self._tenant.name, self._tenant.folder, destination=self._tenant.destination)
        session = self._tools.connect(self._tenant, self._progress)
        if warehouse.recover():
            log.info("%s: a package that an earlier run left half written was finished", self._tenant.name)
        self._ledger = Ledger.from_state(warehouse.state())
        self._loader = Loader(
            warehouse,
            self._ledger,
            run=Run(
                run_id=self._report.run_id,
                now=self._horizon.now,
                max_removed_share=self._tenant.max_removed_share,
            ),
            horizon=self._horizon,
            report=self._report,
            kind=self._job.kind,
            committed=self._progress.committed,
        )
        threading.Thread(target=self._read, args=(session,), name=f"{self._tenant.name}-read", daemon=True).start()
        try:
            self._load()
        finally:
            self._handover.close()
            session.close()
        self._publish(warehouse)

    # Reading: the other thread.

    def _read(self, session: Session) -> None:
        ended = _Ended()
        try:
            self._read_all(session.reader)
        except Exception as error:  # noqa: BLE001 - handed over to the thread that reports
            ended = _Ended(error)
        with contextlib.suppress(StoppedError):  # nobody listens any more: the loading side ended first
            self._put(ended)

    def _put(self, event: Event, rows: int = 0) -> None:
        self._handover.put(event, rows=rows)

    def _read_all(self, reader: Reader) -> None:
        listings: list[Listed] = []
        self._progress.stage("reading objects")
        for listed in walk(self._endpoints, reader, workers=self._tenant.workers, stop=self._tools.stop):
            self._refuse_nothing(listed)
            listings.append(listed)
            self._progress.crawled(len(listed.ids))
            self._put(listed)
        self._put(_Crawled())
        for endpoint in self._endpoints:
            if endpoint.dates:
                self._read_dated(endpoint, list(ids_of(listings, endpoint.parent)), reader)

    def _refuse_nothing(self, listed: Listed) -> None:
        """The root of the tree could not be read: then nothing can."""
        if not listed.endpoint.parent and listed.problems:
            raise listed.problems[0]

    def _read_dated(self, endpoint: Endpoint, parents: Sequence[str], reader: Reader) -> None:
        readings = self._job.choose(self._ledger, endpoint, parents, self._horizon)
        self._progress.stage(f"reading {endpoint.name}")
        self._progress.planned(endpoint.name, len(readings))
        self._put(_Following(endpoint, readings))
        for missing in set(self._job.only) - set(parents):
            self._put(_Missing(endpoint.name, missing))
        planner = self._ledger.learned.get(endpoint.name, Learned()).planner(
            row_cap=self._tenant.row_cap, max_window_days=self._tenant.max_window_days
        )
        for receipt in fetch(
            endpoint,
            {parent: reading.span for parent, reading in readings.items()},
            reader,
            planner=planner,
            clock=self._tools.clock,
            workers=self._tenant.workers,
            stop=self._tools.stop,
        ):
            self._note(receipt, readings[receipt.parent_id])
            self._put(receipt, rows=receipt.answer.batch.num_rows if receipt.answer else 0)
        self._report.row_cap = planner.cap.value
        self._put(_Taught(endpoint.name, Learned.of(planner)))

    def _note(self, receipt: Receipt, reading: Reading) -> None:
        self._progress.rows(receipt.rows if receipt.answer else 0)
        ended = receipt.status is Status.COMPLETE and receipt.window.last == reading.span.last
        if ended or receipt.status is Status.FAILED:
            self._progress.parent_done(receipt.endpoint.name, receipt.parent_id)

    # Loading: this thread.

    def _load(self) -> None:
        error: Exception | None = None
        while True:
            event = self._handover.take(TICK_S)
            if isinstance(event, _Ended):
                error = event.error
                break
            if event is None:
                self._loader.tick(self._tools.clock.monotonic())
            else:
                self._take(event)
        if error is not None:
            failures.name(error, self._report, tenant=self._tenant.name)
        self._count_requests()
        self._progress.stage("loading")
        self._loader.end(lambda: failures.run_status(self._report), self._tools.clock.now())

    def _take(self, event: Event) -> None:
        match event:
            case Listed():
                self._listings[event.endpoint.name].append(event)
                self._report.errors.extend(
                    problem(one, resource=event.endpoint.name, parent_id=event.parent_id) for one in event.problems
                )
                self._report.of(event.endpoint.name).windows += len(event.answers)
                for answer in event.answers:
                    self._loader.note_drift(event.endpoint.name, answer.drift)
            case _Crawled():
                self._loader.load_objects(self._listings, [one for one in self._endpoints if one.dates is None])
            case _Following():
                self._loader.follow(event.endpoint, event.readings)
            case Receipt():
                self._loader.take(event, self._tools.clock.monotonic())
            case _Missing():
                self._report.errors.append(event.problem())
            case _Taught():
                self._ledger.learned[event.resource] = event.learned
            case _Ended():
                raise AssertionError("ends the loop")

    def _count_requests(self) -> None:
        self._report.requests = self._progress.requests_total
        self._report.retries = self._progress.retries_total
        for resource, count in self._progress.requests.items():
            self._report.of(resource).requests = count

    def _publish(self, warehouse: Warehouse) -> None:
        if warehouse.remote:
            self._report.warehouse = warehouse.place
            self._report.warnings += [NO_COPY.format(place=warehouse.place)] if self._tenant.publish else []
            return
        copy = self._tenant.folder / "warehouse.duckdb"
        if not self._tenant.publish or (self._report.fatal and not copy.exists()):
            return
        self._progress.stage("publishing")
        publish(warehouse.file, self._tenant.folder, formats=self._tenant.publish)
        self._report.warehouse = f"{copy}"
