"""Reads the rows of one endpoint by date: drives the planner and the client, and yields a receipt for each window."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import TypeAlias

from ...catalogue.endpoint import DateParams, Endpoint
from ...clock import Clock
from ...errors import (
    DefectError,
    GivenUpError,
    MalformedError,
    RetryableError,
    SkippableError,
    SourceError,
    TooLargeError,
    UnauthorizedError,
    UndecodableError,
    UnreachableError,
    WindowTooWideError,
)
from ...jsonapi.answer import Answer, days, evidence
from ...planning.coverage import Skips
from ...planning.evidence.overlooked import OverlookedDays
from ...planning.evidence.rows import Rows
from ...planning.planner import Planner
from ...planning.questions import Decision, Fate, Question
from ...planning.trials.budget import NO_TRIALS
from ...planning.trials.prover import Prover
from ...planning.windows import Window
from ..reader import Outages, Reader, answers
from ..workers import Workers
from .holding import Holding
from .not_found import UnexplainedNotFound
from .postponed import PostponedRefusals
from .receipts import REASONS, STATUS, Receipt, Status
from .waiting import WaitingAnswers

WITNESSES = 3
"""Of others than the one that answered last: one client's accounts may all fail together, and be next to each other."""

OnSighted: TypeAlias = Callable[[str, Window, Answer], None]

__all__ = ["OnSighted", "Receipt", "Status", "fetch"]


def fetch(
    endpoint: Endpoint,
    spans: Mapping[str, Window],
    reader: Reader,
    *,
    planner: Planner | Prover,
    clock: Clock,
    workers: int,
    stop: threading.Event,
    existing_parents: Collection[str] = (),
    answered: Collection[str] = (),
    had_rows: Collection[str] = (),
    none_before: Collection[str] = (),
    folder: Path | None = None,
    after_answer: Callable[[], None] = lambda: None,
    sighted: OnSighted = lambda *_: None,
) -> Iterator[Receipt]:
    """Read each parent's whole span; parents take turns, so that a large one does not delay the others.

    Args:
        endpoint: one with dates.
        spans: the days to read of each parent, in the order of reading; none for what *planner* has left to ask.
        reader: of this tenant.
        planner: with what earlier runs learned. Without a prover nothing is put to the test.
        clock: for receipts of windows without a response.
        workers: concurrent requests.
        stop: set it to stop reading.
        existing_parents: known to exist, so that a 404 means no rows if the endpoint has `none_is_404`; but only once
            the endpoint has answered for another parent in this run. A day that is asked for by itself may have none,
            too, once the parent is answered on another day in this run (F2).
        had_rows: those of them that had rows in their spans: to them it must have answered itself, on another day.
        answered: parents that were answered on other days before, in this run.
        none_before: those of them that an earlier run read without a row: a 404 repeats that, whoever is answered.
        folder: where there is space for the rows that wait and do not fit into memory (`WaitingAnswers`).
        after_answer: called before anything is handed on that an answer decided; not each of them decides anything.
        sighted: told of each answer that showed days beyond its parent's span: nothing of it is handed on (W7).

    Raises:
        SourceError: the API cannot be used at all: it is unreachable or refuses the credentials; or StoppedError.
    """
    prover = planner if isinstance(planner, Prover) else Prover(planner=planner, budget=NO_TRIALS)
    for parent_id, span in spans.items():
        prover.add(parent_id, span)
    with Workers[Question, Answer](workers, stop=stop) as pool, closing(WaitingAnswers(folder=folder)) as waiting:
        postponed = PostponedRefusals(
            existing_parents=existing_parents if endpoint.none_is_404 or endpoint.by_day else (),
            by_day=endpoint.by_day,
            not_found=UnexplainedNotFound(had_rows if endpoint.none_is_404 else existing_parents, none_before),
        )
        for parent in answered:
            postponed.note_answer(parent)
        reading = _Fetch(endpoint, reader, prover, pool, clock, postponed, waiting, sighted)
        yield from reading.run(after_answer)


class _Fetch:
    def __init__(
        self,
        endpoint: Endpoint,
        reader: Reader,
        prover: Prover,
        pool: Workers[Question, Answer],
        clock: Clock,
        postponed: PostponedRefusals,
        waiting: WaitingAnswers,
        sighted: OnSighted,
    ) -> None:
        self._endpoint = endpoint
        self._reader = reader
        self._prover = prover
        self._holding = Holding(clock) if prover.budget.on else Holding(clock, rows=0)
        self._pool = pool
        self._clock = clock
        self._outages = Outages(pool.count)
        self._answered: tuple[str, Window] | None = None  # the last of all questions that got an answer
        self._waiting = waiting
        self._sighted = sighted
        self._overlooked = OverlookedDays()
        self._decided: deque[Decision | Receipt] = deque()  # to be handed on; receipts are of what failed
        self._postponed = postponed
        self._left_out: dict[tuple[str, Window], SourceError] = {}  # days, each for itself; it may answer next time

    def run(self, after_answer: Callable[[], None]) -> Iterator[Receipt]:
        try:
            while True:
                self._submit_questions()
                self._decided += self._prover.decisions()
                after_answer()
                yield from self._hand_on()
                if not self._take_result():
                    break
        except SourceError:
            yield from self._hand_on()
            yield from self._holding.release(everything=True)
            raise
        self._name_unread()
        yield from self._hand_on()
        yield from self._holding.release(everything=True)

    def _hand_on(self) -> Iterator[Receipt]:
        """What was decided, one by one: the rows of many windows at once would not fit into memory (C5)."""
        while self._decided:
            decided = self._decided.popleft()
            if isinstance(decided, Receipt):
                self._waiting.drop(decided.parent_id)
                self._holding.add(decided)
            else:
                self._take(decided)
            yield from self._holding.release()
        yield from self._holding.release()

    def _take_result(self) -> bool:
        """Take one result; False when nothing is pending any more."""
        if self._settle_postponed():
            return True
        if not self._pool.pending or not self._prover.parents:
            return False
        question, result = self._pool.collect()
        if not isinstance(result, Exception):
            self._postponed.note_answer(question.parent)
            self._take_answer(question, result)
        elif self._postponed.take(question, result, takes_none=self._prover.takes_none(question)):
            self._outages.answered()
            self._prover.planner.ahead += 1  # no rows are kept in memory meanwhile (C5)
        else:
            self._failed(question, result)
        return True

    def _settle_postponed(self) -> bool:
        """Take in what need not wait any more; whether there was any."""
        asking = bool(self._pool.pending)
        settled = self._postponed.settle(
            answered=self._reader.dialects.answered_in_this_run(self._endpoint), asking=asking
        )
        self._prover.planner.ahead -= settled.total
        for question in settled.none:
            self._take_answer(question, self._reader.none_of(self._endpoint, question.parent))
        for question, error in settled.alone:
            self._failed(question, error, alone=True)
        for question, error in settled.failed:
            self._failed(question, error)
        return bool(settled.total)

    def _submit_questions(self) -> None:
        while self._pool.idle and (question := self._prover.ask()):
            window = question.window.widened(self._prover.overlap)
            self._pool.submit(question, self._reader.list_of(self._endpoint, question.parent, window))

    def _take_answer(self, question: Question, answer: Answer) -> None:
        self._outages.answered()
        self._answered = question.parent, question.window
        columns = (self._endpoint.dates or DateParams()).columns
        rows = evidence(answer, columns)
        if unheeded := self._unheeded(question, rows):
            self._failed(question, unheeded)
            return
        if self._prover.follows(question):
            self._waiting.add(question.parent, question.window, answer)
        elif not ((span := self._prover.spans.get(question.parent)) and span.covers(question.window)):
            self._sighted(question.parent, question.window, answer)
        self._prover.answer(question, rows, days(answer.batch, columns, question.window))

    def _unheeded(self, question: Question, rows: Rows) -> MalformedError | None:
        """Why no window of its parent says anything of its days (W8); what only tests another answer is evidence."""
        if not self._endpoint.divisible or question.trial is not None or question.proof:
            return None
        asked = question.window.widened(self._prover.overlap)
        if not (other := self._overlooked.shown_by(question.parent, asked, rows)):
            return None
        return MalformedError(
            f"the API does not heed the days it is asked for: it shows one row from {other.first} to {other.last} and "
            f"from {asked.first} to {asked.last}, and its days are in neither"
        )

    def _failed(self, question: Question, result: Exception, *, alone: bool = False) -> None:
        """Args: alone: a refusal is of this day, and not of its parent."""
        try:
            error = self._outages.judge(result, of=question.parent)
        except RetryableError as last:
            unreachable = isinstance(last, UnreachableError)
            if (unreachable and not self._answered) or not self._is_up():
                if unreachable:
                    raise
                self._give_up(question.parent, last)
                return
            self._outages.answered()
            error = last
        if isinstance(error, WindowTooWideError) and self._prover.refuse(question):
            self._outages.answered()
            return
        skips = Skips.EACH if alone else self._skips(error)
        parts = skips is not Skips.NONE or isinstance(error, TooLargeError)
        if parts and self._prover.divide(question, why=f"{error}", skips=skips):
            if not isinstance(error, RetryableError):
                self._outages.answered()
            elif self._endpoint.by_day:
                self._left_out[question.parent, question.window] = error
            return
        first = self._prover.follows(question)
        self._prover.fail(question)
        self._decided += self._prover.decisions()
        if first:
            self._decided.append(self._failure(question.parent, question.window, error))

    def _skips(self, error: SourceError) -> Skips:
        """Whether *error* may be of one day, and not of its parent."""
        by_day = self._endpoint.by_day and not isinstance(error, SkippableError | UnauthorizedError)
        return Skips.FEW if by_day or isinstance(error, UndecodableError) else Skips.NONE

    def _is_up(self) -> bool:
        """Whether something is answered after so many failures in a row: then they are their own (F3)."""
        spans = self._prover.spans
        others = sorted(spans.keys() - self._outages.failing)
        sampled = self._prover.rng.sample(others, min(len(others), WITNESSES))
        asked = [*filter(None, [self._answered]), *((parent, spans[parent]) for parent in sampled)]
        return any(answers(self._reader.list_of(self._endpoint, parent, window)) for parent, window in asked)

    def _give_up(self, failed: str, last: RetryableError) -> None:
        """Every read fails: give a failed receipt to each parent that is not read yet, without asking for it.

        Args:
            failed: the parent whose read was the *last*.
        """
        given_up = GivenUpError(f"given up, as all reads fail: {last}")
        self._abandon(lambda parent: last if parent == failed else given_up)

    def _name_unread(self) -> None:
        """Nobody is asked any more: of whom something is left by then, that is said, whatever forgot it (F3)."""
        if self._prover.parents:
            forgotten = DefectError("this program asks for no more of it, and has not read all: report it")
            self._abandon(lambda _: forgotten)

    def _abandon(self, why: Callable[[str], SourceError]) -> None:
        """Give a failed receipt to each parent that is not read yet, with the error that *why* has for it."""
        parents = self._prover.abandon()
        self._decided += self._prover.decisions()
        self._decided += [self._failure(parent, self._prover.spans[parent], why(parent)) for parent in parents]

    def _take(self, decision: Decision) -> None:
        """Take in what became of a window that was asked."""
        if decision.fate in {Fate.DOUBTED, Fate.DROPPED}:
            taken = self._holding.take_back(decision.parent, decision.window)
            if taken and decision.fate is Fate.DOUBTED:
                self._waiting.add(decision.parent, decision.window, taken)
            return
        answer = self._waiting.take(decision.parent, decision.window)
        handed_on = decision.fate is Fate.KEPT and answer is None  # before it was in doubt
        if decision.fate is not Fate.CHECKED and not handed_on:
            self._holding.add(self._receipt(decision, answer))

    def _failure(self, parent: str, window: Window, error: SourceError) -> Receipt:
        return Receipt(
            endpoint=self._endpoint,
            parent_id=parent,
            window=window,
            status=Status.FAILED,
            rows=0,
            fetched_at=self._clock.now(),
            reason=str(error),
            error=error,
        )

    def _receipt(self, decision: Decision, answer: Answer | None) -> Receipt:
        return Receipt(
            endpoint=self._endpoint,
            parent_id=decision.parent,
            window=decision.window,
            status=STATUS[decision.fate],
            rows=decision.count,
            fetched_at=answer.fetched_at if answer else self._clock.now(),
            reason=decision.why or REASONS[decision.fate],
            error=self._left_out.pop((decision.parent, decision.window), None),
            answer=answer if decision.fate is Fate.KEPT else None,
            track=answer.track if answer else self._reader.track_of(self._endpoint),
            pages=answer.pages if answer else 1,
        )
