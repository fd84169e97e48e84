"""Reads the rows of one endpoint by date: drives the planner and the client, and yields a receipt for each window."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

import pyarrow as pa

from ..catalogue.endpoint import DateParams, Endpoint
from ..clock import Clock
from ..errors import (
    ParentGoneError,
    RetryableError,
    SourceError,
    UnavailableError,
    UnreachableError,
    WindowTooWideError,
)
from ..jsonapi.answer import Answer, days
from ..planning.planner import Planner
from ..planning.questions import Decision, Fate, Question
from ..planning.windows import Window
from .reader import Outages, Reader
from .workers import Workers


class Status(StrEnum):
    """What became of a window."""

    COMPLETE = "complete"
    SPLIT = "split"
    QUARANTINED = "quarantined"
    FAILED = "failed"


REASONS = {
    Fate.KEPT: "",
    Fate.SPLIT: "the answer reached the row cap, or may have",
    Fate.TOO_WIDE: "refused as too wide",
    Fate.QUARANTINED: "what cannot be divided reaches the row cap, or may: set row_cap if it is known",
}
STATUS = {
    Fate.KEPT: Status.COMPLETE,
    Fate.SPLIT: Status.SPLIT,
    Fate.TOO_WIDE: Status.SPLIT,
    Fate.QUARANTINED: Status.QUARANTINED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The outcome of one window of one parent. A parent's complete windows come oldest first.

    Args:
        rows: rows in the response, also if they were not kept.
        answer: the rows of a complete window; None for every other status.
        error: why it failed.
    """

    endpoint: Endpoint
    parent_id: str
    window: Window
    status: Status
    rows: int
    fetched_at: datetime
    reason: str = ""
    answer: Answer | None = None
    error: SourceError | None = None


def fetch(
    endpoint: Endpoint,
    spans: Mapping[str, Window],
    reader: Reader,
    *,
    planner: Planner,
    clock: Clock,
    workers: int,
    stop: threading.Event,
    existing_parents: Collection[str] = (),
) -> Iterator[Receipt]:
    """Read each parent's whole span; parents take turns, so that a large one does not delay the others.

    Args:
        endpoint: one with dates.
        spans: the days to read of each parent, in the order of reading.
        reader: of this tenant.
        planner: with what earlier runs learned.
        clock: for receipts of windows without a response.
        workers: concurrent requests.
        stop: set it to stop reading.
        existing_parents: known to exist, so that a 404 means no rows if the endpoint has `none_is_404`; but only once
            the endpoint has answered for another parent in this run.

    Raises:
        SourceError: the API cannot be used at all: it is unreachable or refuses the credentials; or StoppedError.
    """
    for parent_id, span in spans.items():
        planner.add(parent_id, span)
    with Workers[Question, Answer](workers, stop=stop) as pool:
        yield from _Fetch(endpoint, spans, reader, planner, pool, clock, existing_parents).run()


class _Fetch:
    def __init__(
        self,
        endpoint: Endpoint,
        spans: Mapping[str, Window],
        reader: Reader,
        planner: Planner,
        pool: Workers[Question, Answer],
        clock: Clock,
        existing_parents: Collection[str],
    ) -> None:
        self._existing_parents = existing_parents if endpoint.none_is_404 else ()
        self._endpoint = endpoint
        self._spans = spans
        self._reader = reader
        self._planner = planner
        self._pool = pool
        self._clock = clock
        self._outages = Outages(pool.count)
        self._answers: dict[tuple[str, Window], Answer] = {}
        self._unresolved_404s: list[tuple[Question, ParentGoneError]] = []  # 404s that may mean that there are no rows

    def run(self) -> Iterator[Receipt]:
        while True:
            self._submit_questions()
            yield from map(self._receipt, self._planner.decisions())
            if self._unresolved_404s and (self._endpoint_answered or not self._pool.pending):
                yield from self._resolve_404s()
                continue
            if not self._pool.pending or not self._planner.parents:
                return
            question, result = self._pool.collect()
            if isinstance(result, ParentGoneError) and question.parent in self._existing_parents:
                self._postpone(question, result)
            elif isinstance(result, Exception):
                yield from self._failed(question, result)
            else:
                self._take_answer(question, result)

    @property
    def _endpoint_answered(self) -> bool:
        return self._reader.dialects.answered_in_this_run(self._endpoint)

    def _postpone(self, question: Question, result: ParentGoneError) -> None:
        """Wait until the endpoint answers for any parent: if every response is 404, a 404 proves nothing.

        No rows are kept in memory meanwhile (C5).
        """
        self._unresolved_404s.append((question, result))
        self._planner.ahead += 1

    def _resolve_404s(self) -> Iterator[Receipt]:
        unresolved, self._unresolved_404s = self._unresolved_404s, []
        self._planner.ahead -= len(unresolved)
        for question, result in unresolved:
            if self._endpoint_answered:
                self._take_answer(question, self._reader.none_of(self._endpoint, question.parent))
            else:
                yield from self._failed(question, result)

    def _submit_questions(self) -> None:
        while self._pool.idle and (question := self._planner.ask()):
            self._pool.submit(question, self._reader.list_of(self._endpoint, question.parent, question.window))

    def _take_answer(self, question: Question, answer: Answer) -> None:
        self._outages.answered()
        if self._planner.follows(question):
            self._answers[question.parent, question.window] = answer
        self._planner.answer(question, answer.batch.num_rows, self._days(answer.batch, question.window))

    def _days(self, batch: pa.RecordBatch, window: Window) -> list[date]:
        dates = self._endpoint.dates or DateParams(columns=())
        return days(batch, dates.columns, window)

    def _failed(self, question: Question, result: Exception) -> Iterator[Receipt]:
        try:
            error = self._outages.judge(result)
        except UnreachableError:
            raise
        except RetryableError as last:
            yield from self._give_up(last)
            return
        if isinstance(error, WindowTooWideError) and self._planner.refuse(question):
            self._outages.answered()
            return
        first = self._planner.follows(question)
        self._planner.fail(question)
        yield from map(self._receipt, self._planner.decisions())
        if first:
            self._answers = {asked: answer for asked, answer in self._answers.items() if asked[0] != question.parent}
            yield self._failure(question.parent, question.window, error)

    def _give_up(self, last: RetryableError) -> Iterator[Receipt]:
        """Every read fails: give a failed receipt to each parent that is not read yet, without asking for it."""
        parents = self._planner.abandon()
        yield from map(self._receipt, self._planner.decisions())
        for parent in parents:
            yield self._failure(parent, self._spans[parent], UnavailableError(f"given up, as all reads fail: {last}"))

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

    def _receipt(self, decision: Decision) -> Receipt:
        answer = self._answers.pop((decision.parent, decision.window), None)
        return Receipt(
            endpoint=self._endpoint,
            parent_id=decision.parent,
            window=decision.window,
            status=STATUS[decision.fate],
            rows=decision.count,
            fetched_at=answer.fetched_at if answer else self._clock.now(),
            reason=REASONS[decision.fate],
            answer=answer if decision.fate is Fate.KEPT else None,
        )
