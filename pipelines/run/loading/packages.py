"""Commits what was read as packages: bounded in rows and time, compared with the warehouse, one after the other.

A package holds rows, receipts and marks; they commit together (rule M4). A crash loses the packages not committed yet,
and nothing else (rule C1).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from schemas.ledger import SYNC_DRIFT, SYNC_MARKS, SYNC_WINDOWS
from schemas.table import name_of
from sources.aleta.catalogue.endpoint import Endpoint
from sources.aleta.reading.objects.walk import Listed
from sources.aleta.reading.rows.fetch import Receipt, Status

from ...compare.objects import Comparison
from ...compare.proven_days import ProvenDays, ProvenWindow
from ...compare.rows.findings import Differences, Run, unasked_days
from ...ledger.ledger import Ledger
from ...ledger.marks import Mark
from ...ledger.readings import Horizon, Reading
from ...ledger.tables import Entry, receipt_rows
from ...report.report import TenantReport, problem
from ...warehouse.duckdb.file import ROW_GROUP
from ...warehouse.package import Rows, joined_tables
from ...warehouse.warehouse import Warehouse
from ..errors import problems
from ..events import Confronted, Doubts, Remaining, Settle, Sighted, Unsettled
from .conflicts import Conflicts
from .drift import Drift
from .followed import FollowedParents
from .removals import Removals
from .run_row import run_row
from .sightings import Sightings

PACKAGE_ROWS = 3 * ROW_GROUP  # more are faster, and take more memory
PACKAGE_S = 20.0


@dataclass(slots=True)
class _Package:
    """What is read and not committed yet."""

    receipts: list[Receipt] = field(default_factory=list)
    rows: int = 0
    since_s: float = 0.0

    def add(self, receipt: Receipt, now_s: float) -> None:
        if not self.receipts:
            self.since_s = now_s
        self.receipts.append(receipt)
        self.rows += receipt.answer.batch.num_rows if receipt.answer else 0

    def full(self, now_s: float) -> bool:
        return self.rows >= PACKAGE_ROWS or bool(self.receipts and now_s - self.since_s >= PACKAGE_S)


class Loader:
    """Commits what one run reads into one warehouse.

    Args:
        warehouse: recovered, and this run's alone.
        ledger: what the warehouse's state says; grown here as packages commit.
        run: whose rows these are.
        horizon: how far the run looks; marks never grow past its last elapsed day (M2).
        report: counts and problems are added to it.
        tables: that the tenant asks for.
        committed: told how many rows were read that are now committed.
    """

    def __init__(
        self,
        warehouse: Warehouse,
        ledger: Ledger,
        *,
        run: Run,
        horizon: Horizon,
        report: TenantReport,
        tables: Collection[str],
        committed: Callable[[int], None],
    ) -> None:
        self._warehouse = warehouse
        self._ledger = ledger
        self._run = run
        self._report = report
        self._committed = committed
        self._followed = FollowedParents(ledger, horizon, now=run.now)
        self._proven: dict[str, ProvenDays] = {}
        self._drift = Drift(report, ledger, run.now)
        self._conflicts = Conflicts(ledger, tables)
        self._removals = Removals()
        self._sightings = Sightings(
            warehouse=warehouse, ledger=ledger, followed=self._followed, horizon=horizon, run=run
        )
        self._package = _Package()
        self._pending: list[Rows] = []  # compared, and waiting for the next package
        self._visited_since_s = 0.0  # objects that were read one by one; 0 where none wait

    def note_listed(self, listed: Listed) -> None:
        """Tell the report of a list that was read: windows, drift, problems."""
        name = listed.endpoint.name
        self._report.of(name).windows += len(listed.answers)
        for answer in listed.answers:
            self._drift.note(listed.endpoint, answer)
        self._report.errors.extend(
            problem(error, resource=name, parent_id=listed.parent_id) for error in listed.problems
        )

    def load_objects(self, listings: Mapping[str, Sequence[Listed]], endpoints: Iterable[Endpoint]) -> None:
        """Compare what was walked; it is committed with the first package."""
        with self._warehouse.open() as store:
            comparison = Comparison(store, self._run.now, clients=self._run.clients)
            for endpoint in endpoints:
                self._compare_objects(comparison, endpoint, listings.get(endpoint.name, ()))

    def load_visited(self, listed: Listed, now_s: float) -> None:
        """Compare objects that were read one by one; each will be read again in its turn. Commits what waited too long.

        What was never asked for before and is not there may come a little later than the row that names it: it is due.
        """
        with self._warehouse.open() as store:
            self._compare_objects(Comparison(store, self._run.now), listed.endpoint, [listed])
        name = listed.endpoint.name
        for own_id in listed.ids:
            self._ledger.set(name, own_id, Mark(verified_at=self._run.now))
        for own_id in listed.gone:
            due = self._ledger.mark(name, own_id).verified_at is None
            self._ledger.set(name, own_id, Mark(verified_at=self._run.now, due=due))
        for own_id in listed.failed:  # are asked for by the next run, be it this night; so is who never was, anyway
            if (mark := self._ledger.mark(name, own_id)).verified_at:
                self._ledger.set(name, own_id, replace(mark, due=True))
        self._visited_since_s = self._visited_since_s or now_s
        if now_s - self._visited_since_s >= PACKAGE_S:
            self.flush()

    def _compare_objects(self, comparison: Comparison, endpoint: Endpoint, listings: Sequence[Listed]) -> None:
        for found in comparison.compare(endpoint, listings):
            self._pending.append(found.rows)
            if name_of(found.rows.schema) == endpoint.name:
                _add(self._report, endpoint.name, found.counts)

    def follow(self, endpoint: Endpoint, readings: Mapping[str, Reading]) -> None:
        """Begin to follow what is read of each parent, for the first time or, once the rest is committed, once more."""
        again = endpoint.name in self._proven and self._pending
        if again or any(receipt.endpoint is endpoint for receipt in self._package.receipts):
            self.flush()
        begun = ProvenDays(endpoint, lambda parent_id: self._followed.scope(endpoint, parent_id))
        self._proven.setdefault(endpoint.name, begun).follow(self._followed.follow(endpoint, readings))

    def answer(self, question: Settle | Remaining) -> None:
        """Compare what was read so far, and say what it leaves open.

        What is to be asked once more is committed first, so that what is read next is compared with it.
        """
        self._pending += self._take_package()
        match question:
            case Settle():
                question.answer = self._settle(self._proven[question.endpoint.name])
                if question.answer.missed or question.answer.suspects:
                    self.flush()
            case Remaining():
                question.answer = self._remaining()

    def _remaining(self) -> Doubts:
        self._sightings.judge(self._pending, commit=self.flush)
        far = {name: unasked_days(days.unasked.values()) for name, days in self._proven.items() if days.unasked}
        doubts = Doubts()
        if far or self._conflicts.any():
            self.flush()
            with self._warehouse.open() as store:
                doubts = self._conflicts.doubts(store, [proven.endpoint for proven in self._proven.values()])
        return replace(doubts, far=far, removed=self._removals.take(), sighted=self._sightings.take())

    def _settle(self, proven: ProvenDays) -> Unsettled:
        """What partial readings leave open."""
        missed = defaultdict(list)
        for row in proven.take_missed():
            missed[row.parent_id].append(row)
        late, proven.late = proven.late, Counter()
        return Unsettled(missed=missed, late=late)

    def note_sighted(self, event: Sighted) -> None:
        """What was shown is held against the warehouse at the end, or once it is too much to wait (rule C5)."""
        self._sightings.note(event)
        if self._sightings.full:
            self._pending += self._take_package()
            self._sightings.judge(self._pending, commit=self.flush)

    def note_confronted(self, event: Confronted) -> None:
        """What was found out of ids that may stand for two contents; it holds for the rows that were read for it."""
        self._pending += self._take_package()
        self._conflicts.settle(event)

    def take(self, receipt: Receipt, now_s: float) -> None:
        """Take in one receipt; commits when the package is full."""
        self._package.add(receipt, now_s)
        self.tick(now_s)

    def tick(self, now_s: float) -> None:
        """Commit the package when it is full, or old enough."""
        if self._package.full(now_s):
            self.flush()

    def carry(self, rows: Rows) -> None:
        """Commit *rows* with the next package."""
        self._pending.append(rows)

    def flush(self) -> None:
        """Commit what was taken in."""
        rows = self._package.rows
        self._commit(self._take_package(), self._run_row(ended_at=None, status="running"))
        self._committed(rows)

    def end(self, status: Callable[[], str], ended_at: datetime) -> None:
        """Commit the last package, and with it how the run ended: *status*, asked when all is compared."""
        package = self._take_package()
        self._report.errors += self._conflicts.problems()
        if self._report.fatal is None and not self._report.errors:  # what failed is said
            self._report.errors += [problems.unread(*days) for days in self._followed.unread()]
        self._report.warnings += self._drift.emptied()
        self._report.warnings += problems.nul(self._warehouse.misfits, self._warehouse.place)
        self._commit(package, self._run_row(ended_at=ended_at, status=status()))

    def _take_package(self) -> list[Rows]:
        package, self._package = self._package, _Package()
        by_endpoint = defaultdict(list)
        for receipt in package.receipts:
            by_endpoint[receipt.endpoint.name].append(receipt)
        return [rows for receipts in by_endpoint.values() for rows in self._compare(receipts[0].endpoint, receipts)]

    def _compare(self, endpoint: Endpoint, receipts: Sequence[Receipt]) -> list[Rows]:
        """The rows that differ, the feed and the receipts; marks grow, and the report is told."""
        package = [
            ProvenWindow(parent_id=receipt.parent_id, window=receipt.window, answer=receipt.answer)
            for receipt in receipts
            if receipt.answer
        ]
        run = replace(self._run, caps=self._ledger.known_caps)
        proven, ended = self._proven[endpoint.name], self._followed.take(receipts)
        found = proven.compare(self._warehouse, package, run, ended=ended)
        suspected = {suspicion.parent_id for suspicion in found.suspicions}
        missing = {row.parent_id for row in (*found.missed, *proven.missed.values())}
        waiting = {row.parent_id for row in proven.unasked.values()}
        self._followed.mark(endpoint, receipts, suspected, missing=missing, waiting=waiting)
        for conflict in found.conflicts:
            self._conflicts.note(endpoint, conflict)
        self._report_package(endpoint, receipts, found)
        feed = [found.changes] if found.changes else []
        return [found.rows, *feed, self._receipts(receipts, suspected)]

    def _report_package(self, endpoint: Endpoint, receipts: Sequence[Receipt], found: Differences) -> None:
        """Add counts, drift and problems to the report."""
        counts = self._report.of(endpoint.name)
        _add(self._report, endpoint.name, found.counts)
        self._removals.note(endpoint, found.removed)
        for receipt in receipts:
            counts.windows += receipt.status is Status.COMPLETE
            counts.splits += receipt.status is Status.SPLIT
            counts.quarantined += receipt.status is Status.QUARANTINED
            counts.read += receipt.answer.batch.num_rows if receipt.answer else 0
            if receipt.answer:
                self._drift.note(endpoint, receipt.answer)
            if receipt.status in {Status.QUARANTINED, Status.FAILED}:
                self._report.errors.append(problems.of_receipt(receipt))
        for suspicion in found.suspicions:
            counts.quarantined += 1
            asked = [
                receipt.window for receipt in receipts if receipt.answer and receipt.parent_id == suspicion.parent_id
            ]
            self._report.errors.append(problems.of_suspicion(suspicion, endpoint, asked, tenant=self._report.tenant))

    def _receipts(self, receipts: Sequence[Receipt], suspected: set[str]) -> Rows:
        entries = [
            Entry(
                run_id=self._run.run_id,
                resource=receipt.endpoint.name,
                parent_id=receipt.parent_id,
                window=receipt.window,
                rows=receipt.rows,
                status=Status.QUARANTINED
                if (suspect := receipt.parent_id in suspected and receipt.answer)
                else receipt.status,
                reason=problems.TOO_MUCH_GONE if suspect else receipt.reason,
                fetched_at=receipt.fetched_at,
                track=receipt.track,
                pages=receipt.pages,
            )
            for receipt in receipts
            if receipt.status is not Status.FAILED
        ]
        return Rows(schema=SYNC_WINDOWS, data=receipt_rows(entries))

    def _commit(self, package: list[Rows], run_row: Rows) -> None:
        """One dlt load: what was carried so far, the rows, the marks, the state. *package* is emptied."""
        package[:0] = self._pending
        self._pending, self._visited_since_s = [], 0.0
        marked = Rows(schema=SYNC_MARKS, data=self._ledger.take_touched())
        drift = Rows(schema=SYNC_DRIFT, data=self._ledger.take_drift(self._report.drift))
        joined = joined_tables([*package, marked, drift, run_row])
        package.clear()  # so that only dlt holds the rows while it loads them
        self._warehouse.write(joined, self._ledger.to_state())

    def _run_row(self, *, ended_at: datetime | None, status: str) -> Rows:
        return run_row(self._report, self._run, ended_at=ended_at, status=status)


def _add(report: TenantReport, resource: str, counted: Counter[str]) -> None:
    counts = report.of(resource)
    for name, count in counted.items():
        setattr(counts, name, getattr(counts, name) + count)
