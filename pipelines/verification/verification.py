"""Reads windows again and compares them with the warehouse, digit by digit; changes nothing."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from zlib import crc32

from schemas.table import key_of, name_of
from sources.aleta.catalogue.catalogue import CATALOGUE
from sources.aleta.catalogue.dialects import LearnedDialects
from sources.aleta.catalogue.endpoint import Endpoint, with_parents
from sources.aleta.planning.planner import Planner
from sources.aleta.planning.trials.budget import FIRST_LOAD, SIDE_TABLE_NIGHT
from sources.aleta.planning.trials.prover import Prover
from sources.aleta.planning.windows import Window, one_each
from sources.aleta.reading.objects.below import endpoints_below
from sources.aleta.reading.objects.by_id import read_by_id
from sources.aleta.reading.objects.members import Census
from sources.aleta.reading.objects.walk import Listed, ids_of, walk, walk_named
from sources.aleta.reading.reader import Reader
from sources.aleta.reading.rows.fetch import Receipt, Status, fetch
from sources.aleta.reading.undivided import UndividedAnswers

from ..compare.coming import Coming
from ..compare.objects import Comparison
from ..compare.proven_days import ProvenDays, ProvenWindow, Scope
from ..compare.rows.findings import Differences, Run
from ..ledger.ledger import Learned, Ledger
from ..ledger.marks import Mark
from ..ledger.readings import Horizon
from ..report.report import problem
from ..run.errors import problems
from ..run.reading.planners import lesson, planner_of
from ..run.reading.stored_objects import stored_objects
from ..run.reading.trying import prover_of, record_of
from ..run.tools import Tools
from ..run.unoffered import drop_404s
from ..settings import TenantSettings
from ..warehouse.package import Rows
from ..warehouse.warehouse import Warehouse
from .conflicts import Conflicts, Look
from .ledger_checks import ledger_faults
from .statement import KINDS, Difference, Verification, never_read
from .stored import NothingStoredError
from .windows import Windows

PACKAGE_ROWS = 100_000


class Verifier:
    """Of one tenant: what was read again goes into *found*."""

    def __init__(self, tenant: TenantSettings, tools: Tools, found: Verification) -> None:
        self._tenant = tenant
        self._tools = tools
        self._found = found
        self._clients = found.report.clients
        self._run = Run(
            run_id="verify",
            now=found.at,
            max_removed_share=1.0,
            tells_all=True,
            distrusts=True,
            clients=self._clients,
        )
        self._undivided = UndividedAnswers()
        self._judged: Collection[tuple[str, Window, int | None]] = ()
        endpoints = with_parents(tenant.resources, CATALOGUE)
        self._endpoints: Sequence[Endpoint] = endpoints_below(endpoints) if self._clients else endpoints
        self._warehouse = Warehouse(tenant.name, tenant.folder, destination=tenant.destination)
        self._windows = Windows(self._warehouse, Horizon.of(tenant, now=found.at))

    def run(self, sample: int | None, *, owner: str) -> None:
        """Compare, while no other machine writes there."""
        with self._warehouse.leased(command="verify", owner=owner, creates=False):
            self._verify(sample)

    def _verify(self, sample: int | None) -> None:
        self._warehouse.recover()
        if not self._warehouse.state():
            raise NothingStoredError(self._tenant, self._warehouse.place)
        ledger = Ledger.from_state(self._warehouse.state())
        with self._warehouse.open() as store:
            self._known = stored_objects(store, self._endpoints, now=self._found.at, clients=self._clients)
            self._found.checks.extend(ledger_faults(store, self._endpoints, parents=self._checked()))
            self._found.ledger_checked = bool(ledger.marks)
        progress = self._tools.screen.tenant(self._tenant.name, requests_per_minute=self._tenant.requests_per_minute)
        session = self._tools.connect(self._tenant, progress)
        session.reader.dialects.remember(ledger.dialects, searched_lately=ledger.unoffered)
        try:
            self._read(session.reader, ledger, sample)
            self._forgive_unoffered(ledger, session.reader.dialects)
        finally:
            self._found.report.tracks = session.reader.dialects.tracks
            session.close()

    def _forgive_unoffered(self, ledger: Ledger, dialects: LearnedDialects) -> None:
        """What the last search did not find, and again answered nobody, has no rows that could differ."""
        for endpoint in self._endpoints:
            if endpoint.name in ledger.unoffered and dialects.missing(endpoint):
                drop_404s(self._found.report, endpoint.name)

    def _checked(self) -> Mapping[str, Collection[str]] | None:
        """For each table, the parents whose receipts and marks are looked at."""
        if not self._clients:
            return None
        inside = {name: set(members) for name, members in self._known.members.items()} | self._known.shown
        return {endpoint.name: inside.get(endpoint.parent, set()) for endpoint in self._endpoints}

    def _read(self, reader: Reader, ledger: Ledger, sample: int | None) -> None:
        census = self._known.census(self._clients)
        listings = self._listed(walk, reader, census)
        for endpoint in self._endpoints:
            if endpoint.named_in:
                self._named(endpoint, reader, sample)
            elif endpoint.dates:
                shown = self._known.shown.get(endpoint.parent)
                parents = set(ids_of(listings, endpoint.parent)) if shown is None else shown
                self._dated(endpoint, parents, ledger, reader, sample)
        self._compare_listed([*listings, *self._unlisted(reader, census)])
        errors, row_cap = self._found.report.errors, self._tenant.row_cap
        errors += map(problems.of_receipt, self._undivided.doubtful((), row_cap=row_cap, now=self._found.at))
        for found, reason in census.truncated(ledger.known_caps | {row_cap} - {0}):
            errors.append(problems.truncated(found.resource, found.parent_id, reason))

    def _unlisted(self, reader: Reader, census: Census) -> list[Listed]:
        """Objects that rows name and no list showed are asked for by id, as a sync does (L1)."""
        crawled = [endpoint for endpoint in self._endpoints if endpoint.crawled]
        for endpoint in crawled:
            census.note_named(endpoint, self._known.in_rows.get(endpoint.name, ()))
        unlisted = any(census.unlisted(endpoint) for endpoint in crawled)
        return self._listed(walk_named, reader, census) if unlisted else []

    def _listed(self, walking: Callable[..., Iterable[Listed]], reader: Reader, census: Census) -> list[Listed]:
        """What lists show, or what is asked for by its id; of a tenant's chosen clients, what hangs below them."""
        found = walking(self._endpoints, reader, workers=self._tenant.workers, stop=self._tools.stop, census=census)
        checked = [problems.unknown_clients(listed, self._clients) for listed in found]
        self._found.report.errors.extend(problem for _, unknown in checked for problem in unknown)
        listings = [listed for listed, _ in checked]
        for listed in listings:
            self._note_problems(listed)
        return listings

    def _compare_listed(self, listings: Sequence[Listed]) -> None:
        """Once all were read: what hung below an object that is gone may answer by its id (L2)."""
        with self._warehouse.open() as store:
            comparison = Comparison(store, self._found.at, clients=self._clients)
            for endpoint in self._endpoints:
                if endpoint.crawled:
                    own = [listed for listed in listings if listed.endpoint is endpoint]
                    self._compare_objects(comparison, endpoint, own)

    def _named(self, endpoint: Endpoint, reader: Reader, sample: int | None) -> None:
        """Objects that rows name: all of them, or a random sample."""
        shown = self._known.shown[endpoint.name]
        ids = sorted(self._known.named[endpoint.name] | shown | self._known.removed.get(endpoint.name, {}).keys())
        if sample is not None:
            ids = sorted(ids, key=lambda own_id: crc32(f"{self._found.at} {own_id}".encode()))[:sample]
        stop = self._tools.stop
        for listed in read_by_id(endpoint, ids, reader, shown=shown, workers=self._tenant.workers, stop=stop):
            self._note_problems(listed)
            with self._warehouse.open() as store:
                self._compare_objects(Comparison(store, self._found.at), endpoint, [listed])

    def _note_problems(self, listed: Listed) -> None:
        self._found.report.errors.extend(
            problem(error, resource=listed.endpoint.name, parent_id=listed.parent_id) for error in listed.problems
        )

    def _compare_objects(self, comparison: Comparison, endpoint: Endpoint, listings: list[Listed]) -> None:
        for objects in comparison.compare(endpoint, listings):
            self._note_objects(objects.rows, objects.counts)

    def _note_objects(self, rows: Rows, counts: Mapping[str, int]) -> None:
        self._found.rows += counts["read"]
        for op, kind in KINDS.items():
            self._found.counts[kind] += counts[op]
        key = key_of(rows.schema)[0]
        for own_id in rows.data[key].to_pylist():
            self._found.name(Difference(kind="different", resource=name_of(rows.schema), parent_id="", id=own_id))

    def _dated(self, endpoint: Endpoint, listed: set[str], ledger: Ledger, reader: Reader, sample: int | None) -> None:
        marks = ledger.marks.get(endpoint.name, {})
        unread = {parent for parent in listed if marks.get(parent, Mark()).blank}
        if endpoint.name in ledger.unoffered:  # whom the last sync asked in vain
            listed = listed - unread
        elif unread and sample:
            self._found.report.errors.append(never_read(endpoint.name, unread, of=len(listed)))
        every = self._windows.whole(endpoint, listed, marks)
        conflicts = Conflicts(listed, every)
        history = ProvenDays(endpoint, functools.partial(self._scope, marks, every), parents=listed)
        scope = functools.partial(self._scope, marks, {})
        coming = {parent: Coming(span) for parent, span in every.items()}
        sampled = self._windows.sampled(endpoint, listed, marks, sample) if sample else None
        self._judged = sampled.judged if sampled else ()
        for spans in sampled.rounds if sampled else self._windows.halved(endpoint, every):
            prover = self._prover(endpoint, ledger, spans, sample)
            proven = ProvenDays(endpoint, scope, parents=listed) if sample else history
            package: list[ProvenWindow] = []
            for receipt in self._fetch(endpoint, spans, reader, prover, marks):
                self._take(receipt, package)
                coming[receipt.parent_id].take(receipt)
                if sum(window.answer.batch.num_rows for window in package) >= PACKAGE_ROWS:
                    self._compare(proven, package, conflicts, coming)
            self._compare(proven, package, conflicts, coming)
            self._found.report.note_trials(endpoint.name, record_of(prover))
        beyond = {} if sampled else self._windows.beyond(endpoint, every, marks, history.unasked.values())
        key, shown = key_of(endpoint.schema)[0], set[str]()
        for spans in one_each(beyond):
            days = ProvenDays(endpoint, scope, parents=listed, unasked=history.unasked)
            for receipt in self._look(endpoint, ledger, reader, spans):
                self._take(receipt, package := [])
                shown.update(*(window.answer.batch[key].to_pylist() for window in package))
                self._compare(days, package, conflicts)
        self._found.withdraw_extra(endpoint.name, shown)
        self._confront(endpoint, conflicts, functools.partial(self._look, endpoint, ledger, reader))

    def _fetch(
        self,
        endpoint: Endpoint,
        spans: Mapping[str, Window],
        reader: Reader,
        planner: Planner | Prover,
        marks: Mapping[str, Mark],
    ) -> Iterator[Receipt]:
        marks = {each: marks.get(each, Mark()) for each in spans}
        return fetch(
            endpoint,
            spans,
            reader,
            planner=planner,
            clock=self._tools.clock,
            workers=self._tenant.workers,
            stop=self._tools.stop,
            existing_parents=self._known.without_rows(endpoint, marks),
            none_before=self._known.none_before(endpoint, marks),
            had_rows=self._known.had_rows(endpoint, spans),
            folder=self._tenant.folder,
        )

    def _look(
        self, endpoint: Endpoint, ledger: Ledger, reader: Reader, spans: Mapping[str, Window]
    ) -> Iterator[Receipt]:
        """Asks once more, without trials."""
        only = spans.keys() if self._clients else None
        marks, planner = ledger.marks.get(endpoint.name, {}), planner_of(endpoint, ledger, self._tenant, only=only)
        return self._fetch(endpoint, spans, reader, planner, marks)

    def _prover(self, endpoint: Endpoint, ledger: Ledger, parents: Collection[str], sample: int | None) -> Prover:
        """A verification tries the cap's model as a sync does (W6)."""
        budget = FIRST_LOAD if endpoint.guarded and sample is None else SIDE_TABLE_NIGHT
        learned = ledger.learned.get(lesson(endpoint, self._tenant), Learned())
        planner = planner_of(endpoint, ledger, self._tenant, only=parents if self._clients else None)
        return prover_of(planner, learned, budget, self._windows.rng)

    def _scope(self, marks: Mapping[str, Mark], ends: Mapping[str, Window], parent_id: str) -> Scope:
        """Whatever is missed differs; of the whole history, rows out of reach of any window too (D7)."""
        mark = replace(marks.get(parent_id, Mark()), verified_at=self._found.at)
        return Scope(mark=mark, ends=ends.get(parent_id))

    def _take(self, receipt: Receipt, package: list[ProvenWindow]) -> None:
        if (receipt.parent_id, receipt.window, receipt.rows) not in self._judged:
            self._undivided.note(receipt)  # of the fullest alone, a sample, chance makes many equally long (L3)
        if receipt.answer:
            self._known.learn_members(receipt.endpoint, [receipt.answer.batch], self._endpoints)
            package.append(ProvenWindow(parent_id=receipt.parent_id, window=receipt.window, answer=receipt.answer))
            self._found.windows += 1
            self._found.rows += receipt.rows
            self._found.accounts.add(receipt.parent_id)
        elif receipt.status in {Status.FAILED, Status.QUARANTINED}:
            self._found.report.errors.append(problems.of_receipt(receipt))

    def _compare(
        self,
        proven: ProvenDays,
        package: list[ProvenWindow],
        conflicts: Conflicts,
        coming: Mapping[str, Coming] = MappingProxyType({}),
    ) -> None:
        """Args: coming: of parents whose whole histories are read: what they missed is extra once all has come."""
        ended = {parent for parent, days in coming.items() if days.is_over}
        found = proven.compare(self._warehouse, package, self._run, ended=ended)
        package.clear()
        conflicts.note(found.conflicts)
        self._note_rows(proven.endpoint, found)

    def _note_rows(self, endpoint: Endpoint, found: Differences) -> None:
        assert found.changes is not None  # this run describes every change
        for row in found.changes.data.select(["op", "id", "before", "after"]).to_pylist():
            values = json.loads(row["after"] or row["before"])
            parent = next((values[name] for name in endpoint.owners if values.get(name)), "")
            self._found.tell(Difference(kind=KINDS[row["op"]], resource=endpoint.name, parent_id=parent, id=row["id"]))

    def _confront(self, endpoint: Endpoint, conflicts: Conflicts, look: Look) -> None:
        """Of two contents the warehouse has one at most (D8)."""
        for own_id, parents, is_sure in conflicts.standing(look):
            error = problems.of_conflict(endpoint.name, own_id, parents, asked=is_sure)
            self._found.report.errors.append(error)
            self._found.tell(Difference(kind="different", resource=endpoint.name, parent_id=error.parent_id, id=own_id))
