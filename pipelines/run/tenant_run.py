"""One tenant's run: one thread reads, another loads, and what is committed is published."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections import defaultdict
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from random import Random

from schemas.tables import TABLES
from sources.aleta.catalogue.catalogue import CATALOGUE
from sources.aleta.catalogue.dialects import LearnedDialects
from sources.aleta.catalogue.endpoint import with_parents
from sources.aleta.errors import ClockError, MistimedError, StoppedError
from sources.aleta.reading.objects.walk import Listed
from sources.aleta.reading.rows.fetch import Receipt

from ..compare.migration.promotion import promote
from ..compare.migration.rehash import rehash
from ..compare.rows.findings import Run
from ..ledger.ledger import Ledger
from ..ledger.marks import Mark
from ..ledger.readings import Horizon
from ..publish.places import copies
from ..publish.publish import NO_COPY, publish_tenant
from ..report.progress import Progress
from ..report.report import TenantReport
from ..settings import TenantSettings
from ..warehouse.kept_pages import KeptPagesFile
from ..warehouse.warehouse import Warehouse
from ..webhooks.takeup import take_up
from .errors import failures, problems
from .events import (
    Away,
    Confronted,
    Crawled,
    Doubted,
    Ended,
    Event,
    Fact,
    Following,
    Noticed,
    NotOffered,
    Refused,
    Remaining,
    Rereading,
    Settle,
    Sighted,
    Taught,
    Visited,
)
from .handover import Handover
from .job import Job
from .loading.packages import Loader
from .reading.fetching import Fetching
from .reading.known import Known
from .reading.stored_objects import stored_objects
from .tools import Session, Tools
from .unoffered import Unoffered

WAITING_ROWS = 30_000  # between reading and loading (C5)
TICK_S = 1.0

log = logging.getLogger(__name__)


class TenantRun:
    """One tenant's run: one thread reads, this one loads; lock and lease are the caller's.

    Args:
        report: counts, problems and warnings are added to it.
    """

    def __init__(
        self, tenant: TenantSettings, tools: Tools, job: Job, report: TenantReport, progress: Progress
    ) -> None:
        self._tenant = tenant
        self._tools = tools
        self._job = job
        self._report = report
        self._progress = progress
        self._horizon = Horizon.of(tenant, now=tools.clock.now())
        self._handover: Handover[Event] = Handover(WAITING_ROWS)
        self._listings: dict[str, list[Listed]] = defaultdict(list)
        self._ahead: Mapping[tuple[str, str], Mark] = {}  # marks that were clamped, as they were, until lists are read
        self._missing: list[NotOffered] = []

    def run(self, warehouse: Warehouse) -> None:
        with contextlib.ExitStack() as opened:
            opened.callback(warehouse.close)
            session = self._connect(opened)
            warehouse.keep_open(self._tools.clock)
            found = self._take_up(warehouse)
            opened.callback(self._handover.close)
            threading.Thread(
                target=self._read, args=(session, found), name=f"{self._tenant.name}-read", daemon=True
            ).start()
            self._load(session.reader.dialects)
            self._forget(warehouse)
        self._publish(warehouse)

    def _connect(self, opened: contextlib.ExitStack) -> Session:
        kept = None
        if self._tenant.track == "v1":
            kept = KeptPagesFile(self._tenant.folder, server=self._tenant.v1_url, now=self._horizon.now)
            opened.callback(kept.close)
        session = self._tools.connect(self._tenant, self._progress, kept=kept)
        opened.callback(session.close)
        return session

    def _take_up(self, warehouse: Warehouse) -> Known:
        """What earlier runs left: a package, deliveries, marks, and the objects that are stored, which it returns."""
        self._report.warnings += [problems.lost(warehouse.file)] if warehouse.is_lost else []
        if warehouse.recover():
            log.info("%s: finished a package that an earlier run had committed only in part", self._tenant.name)
        self._deliveries = take_up(self._tenant.folder, self._report, clients=self._job.clients)
        self._ledger = Ledger.from_state(warehouse.state())
        self._promote(warehouse)  # commits a state without rows of marks: none may have changed by then (M4)
        self._clamp()
        self._unoffered = Unoffered.lately(self._ledger, now=self._horizon.now, named=self._tenant.resources)
        self._endpoints = self._job.asked_for(self._tenant.resources)
        self._loader = Loader(
            warehouse,
            self._ledger,
            run=Run(
                run_id=self._report.run_id,
                now=self._horizon.now,
                max_removed_share=self._tenant.max_removed_share,
                clients=self._job.clients,
                row_cap=self._tenant.row_cap,
            ),
            horizon=self._horizon,
            report=self._report,
            tables={endpoint.name for endpoint in with_parents(self._tenant.resources, CATALOGUE)},
            committed=self._progress.committed,
        )
        with warehouse.open() as store:
            found = stored_objects(store, self._endpoints, now=self._horizon.now, clients=self._job.clients)
        self._members = found.members
        return found

    def _clamp(self) -> None:
        """What an earlier run's wrong clock left behind (M6)."""
        self._ahead = self._ledger.clamp(now=self._horizon.now, elapsed=self._horizon.elapsed)
        if self._ahead:
            self._report.warnings.append(problems.marks_ahead(len(self._ahead), self._horizon.elapsed))

    def _unclamp(self) -> None:
        """It is this run's clock that is wrong, and nothing was read by it."""
        if self._ahead:
            self._ledger.unclamp(self._ahead)
            self._report.warnings.remove(problems.marks_ahead(len(self._ahead), self._horizon.elapsed))

    def _promote(self, warehouse: Warehouse) -> None:
        """Fill columns that are new in this version, and hash rows as this version does."""
        for table, rows in promote(warehouse, self._ledger, TABLES).items():
            log.info("%s: moved values of %s rows of %s from extra into new columns", self._tenant.name, rows, table)
        for table, rows in rehash(warehouse, self._ledger, TABLES).items():
            log.info("%s: hashed %s rows of %s as this version does", self._tenant.name, rows, table)

    # Reading: the other thread.

    def _read(self, session: Session, found: Known) -> None:
        error: Exception | None = None
        try:
            session.reader.dialects.remember(self._ledger.dialects, searched_lately=self._unoffered.since)
            Fetching(
                tenant=self._tenant,
                endpoints=self._endpoints,
                reader=session.reader,
                ledger=self._ledger,
                unoffered=self._unoffered,
                horizon=self._horizon,
                job=self._job,
                known=found,
                progress=self._progress,
                clock=self._tools.clock,
                stop=self._tools.stop,
                rng=Random(self._report.run_id),  # noqa: S311 - no secret; another chance each night
                put=self._handover.put,
                wait=self._handover.wait,
            ).run()
        except Exception as failure:  # noqa: BLE001 - handed over to the thread that reports
            error = failure
        with contextlib.suppress(StoppedError):  # the loading side ended first
            self._handover.put(Ended(error))

    # Loading: this thread.

    def _load(self, dialects: LearnedDialects) -> None:
        while True:
            event = self._handover.take(TICK_S)
            if isinstance(event, Ended):
                break
            if event is None:
                self._loader.tick(self._tools.clock.monotonic())
            else:
                self._take(event)
        if isinstance(event.error, ClockError | MistimedError):
            self._unclamp()
        self._ledger.learn_dialects(dialects.learned)
        self._report.tracks = dialects.tracks
        if event.error is not None:
            failures.name(event.error, self._report, tenant=self._tenant.name)
        self._report.count_requests(self._progress.requests, retries=self._progress.retries_total)
        self._progress.stage("loading")
        self._loader.end(self._status, self._tools.clock.now())
        self._deliveries.settle(self._tools.clock.now())

    def _forget(self, warehouse: Warehouse) -> None:
        """Old receipts that no mark rests on (C7); not by a clock that the API has refused, it may be (M6)."""
        days = self._tenant.keep_windows_days
        if days and not self._report.fatal:
            warehouse.drop_receipts(before=self._horizon.now - timedelta(days=days))

    def _status(self) -> str:
        """How the run ended, once every receipt is in the report; an endpoint that is not offered is one problem."""
        for found in self._missing:
            self._report_not_offered(found)
        status = failures.run_status(self._report)
        whose = partial(problems.client_of, members=self._members)
        self._loader.carry(self._deliveries.rows(status=status, now=self._tools.clock.now(), whose=whose))
        return status

    def _take(self, event: Event) -> None:
        match event:
            case Listed():
                self._listings[event.endpoint.name].append(event)
                self._loader.note_listed(event)
            case Crawled():
                self._ahead = {}
                self._loader.load_objects(
                    self._listings, [endpoint for endpoint in self._endpoints if endpoint.crawled]
                )
                self._listings.clear()
            case Visited():
                self._loader.note_listed(event.listed)
                self._loader.load_visited(event.listed, self._tools.clock.monotonic())
                self._report.warnings += problems.not_shown(event.listed)
            case Following():
                self._loader.follow(event.endpoint, event.readings)
            case Receipt():
                self._loader.take(event, self._tools.clock.monotonic())
            case Sighted():
                self._loader.note_sighted(event)
            case Settle() | Remaining():
                self._loader.answer(event)
                self._handover.wake()
            case Ended():
                raise AssertionError("ends the loop")
            case _:
                self._note(event)

    def _note(self, event: Fact) -> None:
        """What was found out besides rows."""
        match event:
            case Noticed():
                self._report.errors.append(event.problem)
            case Refused():
                self._ledger.refuse(event.resource, event.ids, self._horizon.now)
            case Away():
                self._ledger.note_away(event.resource, event.ids)
            case Taught():
                self._learn(event)
            case Rereading():
                self._ledger.rereading[event.resource] = event.parents
            case Doubted():
                self._doubt(event)
            case NotOffered():
                self._missing.append(event)
            case Confronted():
                self._loader.note_confronted(event)

    def _learn(self, taught: Taught) -> None:
        self._ledger.learn(taught.lesson, taught.learned, partly=self._job.narrow)
        if taught.ended:  # before, it is what an earlier run found out
            self._report.row_cap = self._report.row_cap or self._tenant.row_cap or taught.learned.known_cap
        if taught.trials:
            self._report.note_trials(taught.resource, taught.trials)
            if (why := taught.trials.noticed) and (said := problems.not_constant(taught.resource, why)):
                self._report.warnings += {said} - {*self._report.warnings}  # told at once, and again in the end
        if not taught.ended:
            self._loader.flush()

    def _doubt(self, doubted: Doubted) -> None:
        """Committed at once (C1), after what was read before it."""
        self._loader.flush()
        self._ledger.doubt(doubted.resource, but_for=None if doubted.in_this_run else self._horizon.now)
        self._loader.flush()

    def _report_not_offered(self, found: NotOffered) -> None:
        is_proven = self._unoffered.tell(found, self._report, named=self._tenant.resources)
        if is_proven and not self._job.clients:  # one client's parents prove little of the others'
            self._ledger.unoffered[found.endpoint.name] = self._horizon.now

    def _publish(self, warehouse: Warehouse) -> None:
        there, stale = copies(self._tenant)
        self._report.warnings += stale
        if warehouse.remote:
            self._report.warehouse = warehouse.place
            self._report.warnings += [NO_COPY.format(place=warehouse.place)] if self._tenant.publish else []
            self._report.errors += [problems.of_layout(warehouse.place, warehouse.fault)] if warehouse.fault else []
            return
        if not self._tenant.publish or (self._report.fatal and not there):
            return
        self._progress.stage("publishing")
        done = publish_tenant(self._tenant, warehouse.file)
        self._report.errors += [failures.as_problem(done.problem)] if done.problem else []
        self._report.warehouse = f"{done.shown}"
