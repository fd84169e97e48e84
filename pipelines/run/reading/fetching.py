"""What one run asks, and in which order; answers go as events, oldest first, to the thread that loads them.

Lists are walked from the top. Then every endpoint in the order of the catalogue: rows by date, and objects that rows
name, read one by one after what names them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from functools import partial
from random import Random
from typing import TypeAlias

from sources.aleta.catalogue.endpoint import Endpoint
from sources.aleta.clock import Clock
from sources.aleta.jsonapi.answer import Answer
from sources.aleta.planning.planner import Planner
from sources.aleta.planning.questions import Proof, larger
from sources.aleta.planning.trials.budget import NO_TRIALS
from sources.aleta.planning.trials.prover import Prover
from sources.aleta.planning.windows import Window, one_each
from sources.aleta.reading.reader import Reader
from sources.aleta.reading.rows.fetch import Receipt, Status, fetch
from sources.aleta.reading.undivided import UndividedAnswers

from ...compare.rows.sighted import sighting_of
from ...ledger.ledger import Ledger
from ...ledger.readings import Horizon, Reading, look_backs, odd_days, owed, paying, whole_reading
from ...report.progress import Progress
from ...report.report import TrialRecord
from ...settings import TenantSettings
from ..events import Doubted, Following, NotOffered, Put, Sighted, Wait
from ..job import Job
from ..unoffered import Unoffered
from .beliefs import Beliefs
from .crawl import Crawl
from .failing import Failing
from .kept import KeptAnswers
from .known import Known
from .leftovers import Leftovers
from .missed import MissedRows
from .planners import planner_of
from .trying import budget_of, learned_of, prover_of, record_of, suspects_of

Watch: TypeAlias = Callable[[Receipt], None]


@dataclass(slots=True, kw_only=True)
class Fetching:
    """One tenant's reading, for a thread of its own.

    Args:
        known: as the run begins; grows while it reads.
        ledger: only read.
        rng: draws what is put to the test, and where it is parted (W6).
        put: where the events go.
        wait: returns when what it is given is true: the answer to a question that was put.
    """

    tenant: TenantSettings
    endpoints: Sequence[Endpoint]
    reader: Reader
    ledger: Ledger
    horizon: Horizon
    job: Job
    known: Known
    progress: Progress
    clock: Clock
    stop: threading.Event
    rng: Random
    put: Put
    wait: Wait = lambda _: None
    unoffered: Unoffered = field(default_factory=Unoffered)
    _caps: set[int] = field(default_factory=set)
    _kept: KeptAnswers = field(default_factory=KeptAnswers)
    _failing: Failing = field(default_factory=Failing)
    _provers: dict[str, Prover] = field(default_factory=dict)  # endpoint -> of the last reading
    _largest: dict[str, Proof] = field(default_factory=dict)  # endpoint -> the largest answer of this run
    _watch: Watch = lambda _: None
    _beliefs: Beliefs = field(init=False)
    _crawl: Crawl = field(init=False)
    _undivided: UndividedAnswers = field(default_factory=UndividedAnswers)

    def __post_init__(self) -> None:
        self._beliefs = Beliefs(tenant=self.tenant, ledger=self.ledger, put=self.put)
        self._crawl = Crawl(
            endpoints=self.endpoints,
            reader=self.reader,
            ledger=self.ledger,
            horizon=self.horizon,
            job=self.job,
            known=self.known,
            progress=self.progress,
            workers=self.tenant.workers,
            stop=self.stop,
            put=self.put,
        )

    def run(self) -> None:
        """Ask for everything.

        Raises:
            SourceError: the API cannot be used at all; or StoppedError.
        """
        self._crawl.run()
        if self._crawl.names_nothing_known():
            return
        dated = [endpoint for endpoint in self.endpoints if endpoint.dates]
        self.progress.expected({endpoint.name: len(self.listed(endpoint)) for endpoint in dated})
        for endpoint in self.endpoints:
            self._ask(endpoint)
        self._read_unlisted()
        Leftovers(asks=self, endpoints=dated, put=self.put, wait=self.wait, narrowed=bool(self.job.clients)).run()
        self._crawl.tell_truncated_lists(self._caps)
        for receipt in self._undivided.doubtful(self._caps, row_cap=self.tenant.row_cap, now=self.clock.now()):
            self.put(receipt)

    def _ask(self, endpoint: Endpoint) -> None:
        asks_of = self.listed(endpoint) if endpoint.dates else self._crawl.named(endpoint)
        if self.unoffered.rests(endpoint, parents=len(asks_of)):
            self.put(NotOffered(endpoint, asked=False))
            return
        if endpoint.dates:
            self._read(endpoint)
        elif endpoint.named_in:
            self._crawl.visit(endpoint)
        was_there = self.known.members.get(endpoint.name) or endpoint.name in self.unoffered.read
        if self.reader.dialects.missing(endpoint) and not (endpoint.required or was_there):
            self.put(NotOffered(endpoint))

    def _read_unlisted(self) -> None:
        """Parents that rows name and no list showed are read like the others (L1)."""
        found = self._crawl.unlisted()
        for endpoint in self.endpoints:
            if endpoint.dates and (parents := found.get(endpoint.parent)):
                self._read_all(endpoint, self.job.choose(self.ledger, endpoint, parents, self.horizon))

    def is_gone(self, endpoint: Endpoint, parent: str) -> bool:
        return self._crawl.is_gone(endpoint.parent, parent)

    def whole(self, endpoint: Endpoint, parent: str) -> Window:
        return self.horizon.whole(self.ledger.mark(endpoint.name, parent))

    def read_whole(self, endpoint: Endpoint, parents: Collection[str], watch: Watch = lambda _: None) -> None:
        self._watch_over(endpoint, {parent: self._whole_reading(endpoint, parent) for parent in sorted(parents)}, watch)

    def distrust(self, endpoint: Endpoint, parents: Mapping[str, Window]) -> None:
        sizes = [rows for parent, window in parents.items() for rows in self.sizes_of(endpoint, parent, window)]
        self.again(endpoint, self.read_strictly(endpoint, sizes) | parents.keys())

    def again(self, endpoint: Endpoint, parents: Collection[str]) -> None:
        """Read and load the whole histories of *parents*."""
        self._read_parents(endpoint, {parent: self._whole_reading(endpoint, parent) for parent in sorted(parents)})

    def _whole_reading(self, endpoint: Endpoint, parent: str) -> Reading:
        return whole_reading(self.ledger.mark(endpoint.name, parent), self.horizon)

    def read_days(self, endpoint: Endpoint, spans: Mapping[str, Window], watch: Watch = lambda _: None) -> None:
        days = {parent: odd_days(self.ledger.mark(endpoint.name, parent), span) for parent, span in spans.items()}
        self._watch_over(endpoint, days, watch)

    def _watch_over(self, endpoint: Endpoint, readings: Mapping[str, Reading], watch: Watch) -> None:
        self._watch = watch
        self._read_parents(endpoint, readings)
        self._watch = lambda _: None

    def look(self, endpoint: Endpoint, spans: Mapping[str, Window]) -> Iterator[Receipt]:
        prover = prover_of(self._planner(endpoint, spans), self._beliefs.of(endpoint), NO_TRIALS, self.rng)
        for receipt in self._receipts(endpoint, spans, prover, set(spans)):
            if receipt.answer:
                self._sight(endpoint, {}, receipt.parent_id, receipt.window, receipt.answer)
            yield receipt

    def _read(self, endpoint: Endpoint) -> None:
        parents = self.listed(endpoint)
        readings = self.job.choose(self.ledger, endpoint, parents, self.horizon)
        self.progress.stage(f"reading {endpoint.name}")
        self.progress.planned(endpoint.name, len(readings), noun=endpoint.parent.replace("_", " "))
        if not self._crawl.listed(endpoint.parent):  # of what it listed, the crawl has told
            self._crawl.tell_away(endpoint, parents)
        self._read_all(endpoint, readings)

    def _read_all(self, endpoint: Endpoint, readings: Mapping[str, Reading]) -> None:
        """Also the newest days of those of which older ones fail, and days that earlier runs owe."""
        self._read_parents(endpoint, readings, settle=True)
        frozen = readings
        while frozen := look_backs(frozen, self._failing.since(endpoint), self.horizon, endpoint.dates):
            self._read_parents(endpoint, frozen)
        for spans in one_each(owed(readings)):
            self._read_parents(endpoint, paying(readings, spans))

    def _read_parents(self, endpoint: Endpoint, readings: Mapping[str, Reading], *, settle: bool = False) -> None:
        self.put(Following(endpoint, readings))
        planner, known = self._planner(endpoint, readings), self._beliefs.begin(endpoint)
        prover = prover_of(planner, known, budget_of(endpoint, readings), self.rng)
        self._provers[endpoint.name] = prover
        self._fetch(endpoint, readings, prover)
        self._learn(endpoint, readings, prover)
        if settle and endpoint.movable and not all(map(self.horizon.has_all, readings.values())):
            MissedRows(asks=self, endpoint=endpoint, put=self.put, wait=self.wait).run(readings)

    def _learn(
        self, endpoint: Endpoint, readings: Mapping[str, Reading], prover: Prover, *, since: TrialRecord | None = None
    ) -> None:
        """What the answers of *readings* taught of the cap; of its trials, those *since* an earlier record."""
        if prover.disproved:
            self._doubt_earlier_runs(endpoint, readings, prover)
        resumed, largest = endpoint.name in self._largest, prover.planner.proofs.largest
        if proof := larger(self._largest.get(endpoint.name), largest):
            self._largest[endpoint.name] = proof
        if prover.planner.cap.divisible:
            before = self._beliefs.of(endpoint)
            learned = learned_of(prover, before, max_window_days=self.tenant.max_window_days)
            if before.proof and not any(reading.marks for reading in readings.values()):
                learned = replace(learned, proof=before.proof)  # not of days that odd rows name
            unread = prover.planner.proofs.failed and before.proof and before.proof.parent in self.listed(endpoint)
            if unread or resumed or self._failing.any(endpoint):
                learned = learned.proved_by(before)  # the largest answer may be one that failed
            self._beliefs.learn(endpoint, learned, record_of(prover, since=since))
            self._caps |= {cap} if (cap := prover.planner.cap.value) else set()
        self._beliefs.end(endpoint)

    def suspect(self, endpoint: Endpoint, readings: Mapping[str, Reading], late: Mapping[str, int]) -> bool:
        """Rows that came *late* may have been left out before (rule 10 of the trials): a hundredth of all is tested."""
        suspects = suspects_of(late, parents=len(readings))
        if not suspects or not (prover := self._provers[endpoint.name]).budget.on or prover.noticed:
            return False
        before = record_of(prover)
        prover.suspect(suspects)
        self._fetch(endpoint, readings, prover, new=())
        self._learn(endpoint, readings, prover, since=before)
        return True

    def read_strictly(self, endpoint: Endpoint, sizes: Sequence[int]) -> AbstractSet[str]:
        """From now on, answers of such *sizes* count as truncated; whoever was read partly in this run."""
        self._beliefs.note_cut(endpoint, sizes)
        return self._kept.read_partly(endpoint)

    def sizes_of(self, endpoint: Endpoint, parent: str, window: Window) -> list[int]:
        return self._kept.sizes_of(endpoint, parent, window)

    def _planner(self, endpoint: Endpoint, parents: Collection[str]) -> Planner:
        planner = planner_of(endpoint, self.ledger, self.tenant, only=parents if self.job.clients else None)
        if self.horizon.by_months and endpoint.dates:
            planner.border = self.horizon.border(endpoint.dates)
        if largest := self._largest.get(endpoint.name):
            planner.resume(largest)
        return planner

    def _doubt_earlier_runs(self, endpoint: Endpoint, readings: Mapping[str, Reading], prover: Prover) -> None:
        """The cap is no one number of rows (W6), or an end is not read (W8): all that was read before is read again."""
        self.put(Doubted(endpoint.name))
        doubtful = self._kept.believed_beside(endpoint, readings, self.horizon)
        if again := {parent: self._whole_reading(endpoint, parent) for parent in sorted(doubtful)}:
            self.put(Following(endpoint, again))
            self._fetch(endpoint, {**readings, **again}, prover, new=again)

    def _fetch(
        self, endpoint: Endpoint, readings: Mapping[str, Reading], prover: Prover, *, new: Collection[str] | None = None
    ) -> None:
        """Args: new: whom *prover* has yet to read: all; of the others it may read again what it comes to doubt."""
        spans = {parent: readings[parent].span for parent in (readings if new is None else new)}
        marks = {parent: reading.mark for parent, reading in readings.items()}
        existing, bare = self.known.without_rows(endpoint, marks), self.known.none_before(endpoint, marks)
        beside = partial(self._kept.believed_beside, endpoint, readings, self.horizon)
        watch = partial(self._beliefs.watch, endpoint, prover, beside)
        for receipt in self._receipts(endpoint, spans, prover, existing, watch, none_before=bare):
            self._note(receipt, readings[receipt.parent_id])
            self._watch(receipt)
            self._undivided.note(receipt)
            self._failing.note(receipt)
            self._kept.note(receipt, whole=self.horizon.has_all(readings[receipt.parent_id]))
            self.put(receipt, rows=receipt.answer.batch.num_rows if receipt.answer else 0)

    def _receipts(
        self,
        endpoint: Endpoint,
        spans: Mapping[str, Window],
        prover: Prover,
        existing_parents: Collection[str],
        after_answer: Callable[[], None] = lambda: None,
        *,
        none_before: Collection[str] = (),
    ) -> Iterator[Receipt]:
        return fetch(
            endpoint,
            spans,
            self.reader,
            planner=prover,
            clock=self.clock,
            workers=self.tenant.workers,
            stop=self.stop,
            existing_parents=existing_parents,
            answered=self._kept.answered(endpoint) if endpoint.by_day else (),
            none_before=none_before,
            had_rows=self.known.had_rows(endpoint, spans),
            folder=self.tenant.folder,
            after_answer=after_answer,
            sighted=partial(self._sight, endpoint, spans),
        )

    def _sight(
        self, endpoint: Endpoint, spans: Mapping[str, Window], parent: str, window: Window, answer: Answer
    ) -> None:
        """Hand on what is not loaded, but for the rows of *spans*, which are read (W7)."""
        seen = sighting_of(endpoint, parent, window, answer.batch, read=spans.get(parent))
        if seen.rows.num_rows:
            self.put(Sighted(endpoint, seen), rows=seen.rows.num_rows)

    def listed(self, endpoint: Endpoint) -> Sequence[str]:
        return self._crawl.listed(endpoint.parent) or sorted(self.known.shown.get(endpoint.parent, ()))

    def _note(self, receipt: Receipt, reading: Reading) -> None:
        if receipt.answer:
            self.known.learn(receipt.endpoint, [receipt.answer.batch], self.endpoints)
        self.progress.rows(receipt.rows if receipt.answer else 0)
        ended = receipt.status is Status.COMPLETE and receipt.window.last == reading.span.last
        if ended or receipt.status is Status.FAILED:
            self.progress.parent_done(receipt.endpoint.name, receipt.parent_id)
