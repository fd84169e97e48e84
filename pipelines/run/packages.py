"""What was read becomes packages: bounded, compared with the warehouse, committed one after the other.

A package holds rows, receipts and marks; they commit together (rule M4). A crash loses the packages not committed yet,
and nothing else (rule C1).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import pyarrow as pa

from schemas.ledger import SYNC_DRIFT, SYNC_MARKS, SYNC_RUNS, SYNC_WINDOWS
from schemas.table import name_of
from sources.aleta.catalogue.endpoint import Endpoint
from sources.aleta.planning.windows import Window
from sources.aleta.reading.fetch import Receipt, Status
from sources.aleta.reading.walk import Listed

from ..compare.differences import Differences, Run
from ..compare.objects import Comparison
from ..compare.proven_days import ProvenDays, ProvenWindow
from ..ledger import ledger as books
from ..ledger.ledger import Entry, Ledger
from ..ledger.marks import Mark
from ..ledger.readings import Horizon, Reading
from ..report.report import Problem, TenantReport, problem
from ..report.version import VERSION
from ..warehouse.duckdb.file import ROW_GROUP
from ..warehouse.warehouse import Rows, Warehouse

PACKAGE_ROWS = 3 * ROW_GROUP  # more are faster, and take more memory
PACKAGE_S = 20.0


@dataclass(slots=True)
class _Followed:
    """One parent's reading on its way through this run."""

    reading: Reading
    clean: bool = True  # nothing failed, nothing quarantined
    bare: bool = True  # no row was there so far


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
        kind: str,
        committed: Callable[[int], None],
    ) -> None:
        self._warehouse = warehouse
        self._ledger = ledger
        self._run = run
        self._horizon = horizon
        self._report = report
        self._kind = kind
        self._committed = committed
        self._followed: dict[tuple[str, str], _Followed] = {}
        self._proven: dict[str, ProvenDays] = {}
        self._package = _Package()
        self._carried: list[Rows] = []  # compared, and waiting for the next package

    def note_listed(self, listed: Listed) -> None:
        """Tell the report of a list that was read: windows, drift, problems."""
        name = listed.endpoint.name
        self._report.of(name).windows += len(listed.answers)
        for answer in listed.answers:
            self.note_drift(name, answer.drift)
        self._report.errors.extend(problem(one, resource=name, parent_id=listed.parent_id) for one in listed.problems)

    def load_objects(self, listings: Mapping[str, Sequence[Listed]], endpoints: Iterable[Endpoint]) -> None:
        """Compare what was walked; it is committed with the first package."""
        with self._warehouse.open() as store:
            comparison = Comparison(store, self._run.now)
            for endpoint in endpoints:
                self._carry(comparison, endpoint, listings.get(endpoint.name, ()))

    def load_visited(self, listed: Listed) -> None:
        """Compare objects that were read one by one; each will be read again in its turn."""
        with self._warehouse.open() as store:
            self._carry(Comparison(store, self._run.now), listed.endpoint, [listed])
        for own_id in (*listed.ids, *listed.gone):
            self._ledger.set(listed.endpoint.name, own_id, Mark(verified_at=self._run.now))

    def _carry(self, comparison: Comparison, endpoint: Endpoint, listings: Sequence[Listed]) -> None:
        for found in comparison.compare(endpoint, listings):
            self._carried.append(found.rows)
            if name_of(found.rows.schema) == endpoint.name:
                _add(self._report, endpoint.name, found.counts)

    def follow(self, endpoint: Endpoint, readings: Mapping[str, Reading]) -> None:
        """What is about to be read of each parent."""
        self._proven[endpoint.name] = ProvenDays(endpoint, lambda parent_id: readings[parent_id].mark)
        for parent_id, reading in readings.items():
            self._followed[endpoint.name, parent_id] = _Followed(reading)

    def take(self, receipt: Receipt, now_s: float) -> None:
        """Take in one receipt; commits when the package is full."""
        self._package.add(receipt, now_s)
        self.tick(now_s)

    def tick(self, now_s: float) -> None:
        """Commit the package when it is full, or old enough."""
        if self._package.full(now_s):
            self.flush()

    def flush(self) -> None:
        """Commit what was taken in."""
        rows = self._package.rows
        self._commit(self._take_package(), self._run_row(ended_at=None, status="running"))
        self._committed(rows)

    def end(self, status: Callable[[], str], ended_at: datetime) -> None:
        """Commit the last package, and with it how the run ended: *status*, asked when all is compared."""
        package = self._take_package()
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
            ProvenWindow(parent_id=one.parent_id, window=one.window, answer=one.answer)
            for one in receipts
            if one.answer
        ]
        found = self._proven[endpoint.name].compare(self._warehouse, package, self._run)
        doubted = {one.parent_id for one in found.suspicions}
        self._mark(endpoint, receipts, doubted)
        self._tell(endpoint, receipts, found)
        feed = [found.changes] if found.changes else []
        return [found.rows, *feed, self._receipts(receipts, doubted)]

    def _at(self, endpoint: Endpoint, parent_id: str) -> _Followed:
        return self._followed[endpoint.name, parent_id]

    def _mark(self, endpoint: Endpoint, receipts: Sequence[Receipt], doubted: set[str]) -> None:
        for one in receipts:
            followed = self._at(endpoint, one.parent_id)
            if one.status in {Status.QUARANTINED, Status.FAILED} or one.parent_id in doubted:
                followed.clean = False
            followed.bare &= not one.rows
            if one.status is Status.COMPLETE and one.parent_id not in doubted:
                mark = self._ledger.mark(endpoint.name, one.parent_id)
                self._ledger.set(endpoint.name, one.parent_id, self._grown(mark, one.window, followed))

    def _grown(self, mark: Mark, window: Window, followed: _Followed) -> Mark:
        reading = followed.reading
        if window.first == reading.span.first:
            mark = replace(mark, reading_since=reading.mark.reading_since)
        mark = mark.grow(window, elapsed=self._horizon.elapsed).led_from(self._horizon.history_start)
        if reading.whole and followed.clean and window.last == reading.span.last:
            since = reading.mark.reading_since or self._run.now
            return replace(mark, verified_at=since, reading_since=None, bare=followed.bare)
        return replace(mark, bare=mark.bare and followed.bare)

    def _tell(self, endpoint: Endpoint, receipts: Sequence[Receipt], found: Differences) -> None:
        """Into the report: counts, drift, problems."""
        counts = self._report.of(endpoint.name)
        _add(self._report, endpoint.name, found.counts)
        for one in receipts:
            counts.windows += one.status is Status.COMPLETE
            counts.splits += one.status is Status.SPLIT
            counts.quarantined += one.status is Status.QUARANTINED
            counts.read += one.answer.batch.num_rows if one.answer else 0
            if one.answer:
                self.note_drift(endpoint.name, one.answer.drift)
            if one.status in {Status.QUARANTINED, Status.FAILED}:
                self._report.errors.append(_problem(one))
        for doubt in found.suspicions:
            counts.quarantined += 1
            self._report.errors.append(_doubt(endpoint, doubt.parent_id, doubt.gone, doubt.rows))

    def note_drift(self, resource: str, drift: Counter[str]) -> None:
        self._report.drift.update({f"{resource}.{name}": count for name, count in drift.items()})
        self._ledger.note_drift(resource, drift, self._run.now)

    def _receipts(self, receipts: Sequence[Receipt], doubted: set[str]) -> Rows:
        entries = [
            Entry(
                run_id=self._run.run_id,
                resource=one.endpoint.name,
                parent_id=one.parent_id,
                window=one.window,
                rows=one.rows,
                status=Status.QUARANTINED if (doubt := one.parent_id in doubted and one.answer) else one.status,
                reason=TOO_MUCH_GONE if doubt else one.reason,
                fetched_at=one.fetched_at,
            )
            for one in receipts
            if one.status is not Status.FAILED
        ]
        return Rows(schema=SYNC_WINDOWS, data=books.receipts(entries))

    def _commit(self, package: list[Rows], run_row: Rows) -> None:
        """One dlt load: what was carried so far, the rows, the marks, the state. *package* is emptied."""
        package[:0] = self._carried
        self._carried = []
        marked = Rows(schema=SYNC_MARKS, data=self._ledger.take_touched())
        drift = Rows(schema=SYNC_DRIFT, data=self._ledger.take_drift(self._report.drift))
        joined = _joined([*package, marked, drift, run_row])
        package.clear()  # so that only dlt holds the rows while it loads them
        self._warehouse.write(joined, self._ledger.to_state())

    def _run_row(self, *, ended_at: datetime | None, status: str) -> Rows:
        report = self._report
        values = {
            "run_id": self._run.run_id,
            "kind": self._kind,
            "started_at": self._run.now,
            "ended_at": ended_at,
            "status": status,
            "requests": report.requests,
            "retries": report.retries,
            "rows_read": report.total("read"),
            "added": report.total("added"),
            "modified": report.total("modified"),
            "removed": report.total("removed"),
            "errors": len(report.errors),
            "version": VERSION,
        }
        columns = [pa.array([values[one.name]], one.type) for one in SYNC_RUNS]
        return Rows(schema=SYNC_RUNS, data=pa.Table.from_arrays(columns, schema=SYNC_RUNS.remove_metadata()))


TOO_MUCH_GONE = "more rows gone at once than max_removed_share allows"


def _add(report: TenantReport, resource: str, counted: Counter[str]) -> None:
    counts = report.of(resource)
    for name, count in counted.items():
        setattr(counts, name, getattr(counts, name) + count)


def _joined(package: Iterable[Rows]) -> list[Rows]:
    """One for each table, without the empty ones."""
    tables: dict[str, list[Rows]] = defaultdict(list)
    for rows in package:
        if rows.data.num_rows:
            tables[name_of(rows.schema)].append(rows)
    return [replace(same[0], data=pa.concat_tables([rows.data for rows in same])) for same in tables.values()]


def _problem(receipt: Receipt) -> Problem:
    if receipt.error:
        return problem(
            receipt.error,
            resource=receipt.endpoint.name,
            parent_id=receipt.parent_id,
            from_date=receipt.window.first,
            to_date=receipt.window.last,
        )
    return Problem(
        code="quarantined",
        message=receipt.reason,
        resource=receipt.endpoint.name,
        parent_id=receipt.parent_id,
        from_date=f"{receipt.window.first}",
        to_date=f"{receipt.window.last}",
    )


def _doubt(endpoint: Endpoint, parent_id: str, gone: int, rows: int) -> Problem:
    return Problem(
        code="removals",
        message=f"{gone} of {rows} rows gone at once: not removed. If that is right, raise max_removed_share "
        "for one run",
        resource=endpoint.name,
        parent_id=parent_id,
    )
