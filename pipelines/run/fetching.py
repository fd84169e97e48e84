"""What one run asks, and in which order; answers go as events, oldest first, to the thread that loads them.

Lists are walked from the top. Then every endpoint in the order of the catalogue: rows by date, and objects that rows
name, read one by one after what names them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sources.aleta.catalogue.endpoint import Endpoint
from sources.aleta.clock import Clock
from sources.aleta.errors import ForbiddenError, SourceError
from sources.aleta.planning.budget import NO_TRIALS
from sources.aleta.planning.planner import Planner
from sources.aleta.planning.prover import Prover
from sources.aleta.planning.windows import Window
from sources.aleta.reading.fetch import Receipt, Status, fetch
from sources.aleta.reading.members import Census
from sources.aleta.reading.reader import Reader
from sources.aleta.reading.walk import Listed, read_by_id, walk

from ..compare.findings import Missed
from ..ledger.ledger import Learned, Ledger
from ..ledger.marks import Mark
from ..ledger.readings import Horizon, Reading, in_turn, whole_reading
from ..report.progress import Progress
from ..settings import TenantSettings
from . import problems
from .events import Away, Crawled, Following, Noticed, NotOffered, Put, Refused, Settle, Taught, Visited
from .job import Job
from .known import Known
from .planners import planner_of
from .trying import budget_of, learned_of, next_run, prover_of, record_of, strict_from


@dataclass(slots=True, kw_only=True)
class Fetching:
    """One tenant's reading, for a thread of its own.

    Args:
        known: as the run begins; grows while it reads.
        ledger: only read.
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
    put: Put
    wait: Callable[[Callable[[], bool]], None] = lambda _: None
    _listed: dict[str, dict[str, None]] = field(default_factory=dict)  # endpoint -> ids, in the order they came
    _census: Census = field(default_factory=Census)
    _caps: set[int] = field(default_factory=set)
    _learned: dict[str, Learned] = field(default_factory=dict)  # endpoint -> in this run
    _partly: dict[tuple[str, str], list[tuple[Window, int]]] = field(default_factory=dict)  # kept of partial readings

    def run(self) -> None:
        """Ask for everything.

        Raises:
            SourceError: the API cannot be used at all; or StoppedError.
        """
        self._crawl()
        if self._tell_unknown():
            return
        for endpoint in self.endpoints:
            if endpoint.dates:
                self._read(endpoint)
            elif endpoint.named_in:
                self._visit(endpoint)
            if self.reader.dialects.missing(endpoint) and not endpoint.required:
                self.put(NotOffered(endpoint))
        self._read_unlisted_accounts()
        self._tell_truncated_lists()

    def _crawl(self) -> None:
        self.progress.stage("reading objects")
        self._census = Census(
            stored=self.known.members,
            refused=self.ledger.refused_lately(self.horizon.now),
            clients=self.job.clients,
            outside=self.known.outside,
        )
        for listed in walk(
            self.endpoints, self.reader, workers=self.tenant.workers, stop=self.stop, census=self._census
        ):
            if listed.endpoint.required and not listed.endpoint.parent:
                _check_root(listed.problems)
            self._take_in(listed)
        self.put(Crawled())

    def _take_in(self, listed: Listed) -> None:
        listed, unknown = problems.unknown_clients(listed, self.job.clients)
        for problem in unknown:
            self.put(Noticed(problem))
        self._listed.setdefault(listed.endpoint.name, {}).update(dict.fromkeys(listed.ids))
        self.progress.crawled(len(listed.ids))
        self.put(listed)
        never_shown = [
            own_id for own_id in listed.gone if own_id not in self.known.members.get(listed.endpoint.name, ())
        ]
        if never_shown:
            self.put(Refused(listed.endpoint.name, never_shown))

    def _tell_unknown(self) -> bool:
        """Name the accounts that the operator named and no list showed; whether nothing is left to read."""
        named = set(self.job.only)
        unknown = named - {*self._listed.get("accounts", ()), *self.known.shown.get("accounts", ())}
        for account in sorted(unknown):
            self.put(Noticed(problems.unknown("accounts", account)))
        return bool(named) and unknown == named

    def _read_unlisted_accounts(self) -> None:
        """Accounts that rows name and no list showed: asked for by id, and read like the others (L1)."""
        accounts = next((endpoint for endpoint in self.endpoints if endpoint.name == "accounts"), None)
        seen = {*self._listed.get("accounts", ()), *self.known.members.get("accounts", ())}
        seen |= self.known.outside.get("accounts", set())
        unlisted = self.known.accounts - seen - set(self._census.refused.get("accounts", ()))
        if accounts is None or not unlisted:
            return
        found: list[str] = []
        ids = sorted(unlisted)
        for listed in read_by_id(accounts, ids, self.reader, workers=self.tenant.workers, stop=self.stop):
            answers = [self._census.kept(accounts, answer, by_id=True) for answer in listed.answers]
            answers = [answer for answer in answers if answer.ids]
            for answer in answers:
                self._census.note_found(accounts, answer.ids[0], answer.batch[accounts.parent_column][0].as_py() or "")
            hidden = [error for error in listed.problems if isinstance(error, ForbiddenError)]
            gone = [*listed.gone, *(str(error.attrs.get("parent_id", "")) for error in hidden)]
            problems = [error for error in listed.problems if error not in hidden]
            self._take_in(replace(listed, answers=answers, problems=problems, gone=gone, by_id=True))
            found += [answer.ids[0] for answer in answers]
        self.put(Crawled())
        for endpoint in self.endpoints:
            if found and endpoint.dates and endpoint.parent == "accounts":
                self._read_parents(endpoint, self.job.choose(self.ledger, endpoint, found, self.horizon))

    def _tell_truncated_lists(self) -> None:
        caps = self._caps | {learned.known_cap for learned in self.ledger.learned.values() if learned.known_cap}
        for found, reason in self._census.truncated(caps):
            self.put(Noticed(problems.truncated(found.resource, found.parent_id, reason)))

    def _visit(self, endpoint: Endpoint) -> None:
        """Objects that rows name: those never read, and the others in turn."""
        ids = sorted(self.known.named.get(endpoint.name, set()) | self.known.shown.get(endpoint.name, set()))
        marks = self.ledger.marks.get(endpoint.name, {})
        if self.job.revisits:
            chosen = in_turn(marks, ids, self.horizon, every_days=endpoint.every_days)
        else:
            chosen = [own_id for own_id in ids if own_id not in marks]
        self.progress.stage(f"reading {endpoint.name}")
        for listed in read_by_id(endpoint, chosen, self.reader, workers=self.tenant.workers, stop=self.stop):
            self.known.learn(endpoint, [answer.batch for answer in listed.answers], self.endpoints)
            shown = self.known.shown.setdefault(endpoint.name, set())
            shown |= set(listed.ids)
            shown -= set(listed.gone)
            self.progress.crawled(len(listed.ids))
            self.put(Visited(listed))

    def _read(self, endpoint: Endpoint) -> None:
        parents = self._parents(endpoint)
        readings = self.job.choose(self.ledger, endpoint, parents, self.horizon)
        self.progress.stage(f"reading {endpoint.name}")
        self.progress.planned(endpoint.name, len(readings), noun=endpoint.parent.replace("_", " "))
        self._read_parents(endpoint, readings)
        self._tell_away(endpoint, parents)
        if endpoint.movable and not all(reading.whole for reading in readings.values()):
            self._look_for_missed(endpoint)

    def _tell_away(self, endpoint: Endpoint, parents: Sequence[str]) -> None:
        gone = self._census.gone(endpoint.parent)
        marked = self.ledger.marks.get(endpoint.name, {})
        away = [parent for parent in marked.keys() - set(parents) if parent in gone and not marked[parent].due]
        if away:
            self.put(Away(endpoint.name, away))

    def _look_for_missed(self, endpoint: Endpoint) -> None:
        """D6: of a row that a partial reading missed, one of its days by itself; then its parent's whole history."""
        question = Settle(endpoint)
        self.put(question)
        self.wait(lambda: question.missed is not None)
        if not question.missed:
            return
        sizes = self._check_quietest(endpoint, question.missed)
        parents = set(question.missed)
        if sizes:
            self._learned[endpoint.name] = strict_from(self._known(endpoint), sizes)
            parents |= {parent for name, parent in self._partly if name == endpoint.name}
        marks = self.ledger.marks.get(endpoint.name, {})
        again = {parent: whole_reading(marks.get(parent, Mark()), self.horizon) for parent in sorted(parents)}
        self._read_parents(endpoint, again)

    def _check_quietest(self, endpoint: Endpoint, missed: Mapping[str, Sequence[Missed]]) -> list[int]:
        """A truncated answer shows itself where few rows are: a row that is missed may be there all the same.

        Returns:
            The sizes of the answers that left such rows out.
        """
        sizes: list[int] = []
        asked = {parent: min(rows, key=lambda row: (row.window.days, row.id)) for parent, rows in missed.items()}
        spans = {parent: row.window for parent, row in asked.items()}
        for receipt in fetch(
            endpoint,
            spans,
            self.reader,
            planner=prover_of(self._planner(endpoint, spans), self._known(endpoint), NO_TRIALS),
            clock=self.clock,
            workers=self.tenant.workers,
            stop=self.stop,
            existing_parents=set(spans),
        ):
            ids = {row.id for row in missed[receipt.parent_id]}
            if receipt.answer and ids.intersection(receipt.answer.ids):
                self.put(Noticed(problems.contradicted(receipt)))
                kept = self._partly.get((endpoint.name, receipt.parent_id), [])
                sizes += [rows for window, rows in kept if window.covers(receipt.window)]
        return sizes

    def _read_parents(self, endpoint: Endpoint, readings: Mapping[str, Reading]) -> None:
        self.put(Following(endpoint, readings))
        learned = self._known(endpoint)
        planner = self._planner(endpoint, readings)
        prover = prover_of(planner, learned, budget_of(endpoint, readings))
        self._fetch(endpoint, readings, prover)
        if prover.noticed:
            self._doubt_earlier_runs(endpoint, readings, prover)
        if planner.cap.divisible:
            self._learned[endpoint.name] = learned_of(prover, learned)
            self.put(Taught(endpoint.name, self._learned[endpoint.name], record_of(prover)))
            self._caps |= {planner.cap.known} if planner.cap.known else set()

    def _planner(self, endpoint: Endpoint, parents: Collection[str]) -> Planner:
        return planner_of(endpoint, self.ledger, self.tenant, only=parents if self.job.clients else None)

    def _known(self, endpoint: Endpoint) -> Learned:
        """What was learned of an endpoint: in this run, or before."""
        before = self.ledger.learned.get(endpoint.name, Learned())
        return self._learned.setdefault(endpoint.name, next_run(before))

    def _doubt_earlier_runs(self, endpoint: Endpoint, readings: Mapping[str, Reading], prover: Prover) -> None:
        """The cap is not one number of rows: what earlier runs read in that belief is read again, strictly (W6)."""
        marks = self.ledger.marks.get(endpoint.name, {})
        partly = [parent for parent, reading in readings.items() if reading.mark.verified_at and not reading.whole]
        again = {parent: whole_reading(marks.get(parent, Mark()), self.horizon) for parent in partly}
        if again:
            self.put(Following(endpoint, again))
            self._fetch(endpoint, again, prover)

    def _fetch(self, endpoint: Endpoint, readings: Mapping[str, Reading], prover: Prover) -> None:
        for receipt in fetch(
            endpoint,
            {parent: reading.span for parent, reading in readings.items()},
            self.reader,
            planner=prover,
            clock=self.clock,
            workers=self.tenant.workers,
            stop=self.stop,
            existing_parents=self._bare(endpoint, readings),
        ):
            self._note(receipt, readings[receipt.parent_id])
            if receipt.answer and not readings[receipt.parent_id].whole:
                kept = self._partly.setdefault((endpoint.name, receipt.parent_id), [])
                kept.append((receipt.window, receipt.rows))
            self.put(receipt, rows=receipt.answer.batch.num_rows if receipt.answer else 0)

    def _parents(self, endpoint: Endpoint) -> Sequence[str]:
        return [*self._listed.get(endpoint.parent, ())] or sorted(self.known.shown.get(endpoint.parent, ()))

    def _bare(self, endpoint: Endpoint, readings: Mapping[str, Reading]) -> set[str]:
        """Parents that this run has seen, or that never had a row: a 404 says that they have none."""
        if endpoint.parent not in self.known.shown:
            return set(readings)
        return {parent for parent, reading in readings.items() if reading.mark.bare or reading.mark.verified_at is None}

    def _note(self, receipt: Receipt, reading: Reading) -> None:
        if receipt.answer:
            self.known.learn(receipt.endpoint, [receipt.answer.batch], self.endpoints)
        self.progress.rows(receipt.rows if receipt.answer else 0)
        ended = receipt.status is Status.COMPLETE and receipt.window.last == reading.span.last
        if ended or receipt.status is Status.FAILED:
            self.progress.parent_done(receipt.endpoint.name, receipt.parent_id)


def _check_root(problems: Sequence[SourceError]) -> None:
    """Raise where the root of the tree could not be read: then nothing can."""
    if problems:
        raise problems[0]
