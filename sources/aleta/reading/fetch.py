"""Reads the rows of one endpoint by date: drives the planner and the client, and yields windows proven complete."""

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
    """What a receipt says of its window."""

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
    """What became of one window of one parent. Complete ones of a parent come oldest first.

    Args:
        rows: rows in the answer; of a window that was not kept, too.
        answer: the rows of a complete window; None for every other.
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
    bare: Collection[str] = (),
) -> Iterator[Receipt]:
    """Cover each parent's span; parents in turn, so that a heavy one does not hold the others up.

    Args:
        endpoint: dated.
        spans: what to read of each parent, the first asked first.
        reader: of this tenant.
        planner: with what earlier runs learned.
        clock: for what no answer dates.
        workers: requests side by side.
        stop: set it to end the reading.
        bare: parents that exist, so that a 404 says that they have no rows, where the endpoint says it so; but only if
            it answered somebody else in this run.

    Raises:
        SourceError: the API cannot be used at all: nobody answers, the credentials are refused; or StoppedError.
    """
    for parent_id, span in spans.items():
        planner.add(parent_id, span)
    with Workers[Question, Answer](workers, stop=stop) as pool:
        yield from _Fetch(endpoint, spans, reader, planner, pool, clock, bare).run()


class _Fetch:
    def __init__(
        self,
        endpoint: Endpoint,
        spans: Mapping[str, Window],
        reader: Reader,
        planner: Planner,
        pool: Workers[Question, Answer],
        clock: Clock,
        bare: Collection[str],
    ) -> None:
        self._bare = bare if endpoint.none_is_404 else ()
        self._endpoint = endpoint
        self._spans = spans
        self._reader = reader
        self._planner = planner
        self._pool = pool
        self._clock = clock
        self._outages = Outages(pool.count)
        self._held: dict[tuple[str, Window], Answer] = {}
        self._doubted: list[tuple[Question, ParentGoneError]] = []  # 404s that may say that there are no rows

    def run(self) -> Iterator[Receipt]:
        while True:
            self._ask()
            yield from map(self._receipt, self._planner.decisions())
            if self._doubted and (self._heard or not self._pool.out):
                yield from self._settle()
                continue
            if not self._pool.out or not self._planner.parents:
                return
            question, came = self._pool.collect()
            if isinstance(came, ParentGoneError) and question.parent in self._bare:
                self._doubt(question, came)
            elif isinstance(came, Exception):
                yield from self._failed(question, came)
            else:
                self._answered(question, came)

    @property
    def _heard(self) -> bool:
        return self._reader.dialects.heard(self._endpoint)

    def _doubt(self, question: Question, came: ParentGoneError) -> None:
        """Wait until anybody is answered: a 404 to everything says nothing. No rows are held meanwhile (C5)."""
        self._doubted.append((question, came))
        self._planner.ahead += 1

    def _settle(self) -> Iterator[Receipt]:
        doubted, self._doubted = self._doubted, []
        self._planner.ahead -= len(doubted)
        for question, came in doubted:
            if self._heard:
                self._answered(question, self._reader.none_of(self._endpoint, question.parent))
            else:
                yield from self._failed(question, came)

    def _ask(self) -> None:
        while self._pool.idle and (question := self._planner.ask()):
            self._pool.submit(question, self._reader.list_of(self._endpoint, question.parent, question.window))

    def _answered(self, question: Question, answer: Answer) -> None:
        self._outages.answered()
        if self._planner.follows(question):
            self._held[question.parent, question.window] = answer
        self._planner.answer(question, answer.batch.num_rows, self._days(answer.batch, question.window))

    def _days(self, batch: pa.RecordBatch, window: Window) -> list[date]:
        dates = self._endpoint.dates or DateParams(columns=())
        return days(batch, dates.columns, window)

    def _failed(self, question: Question, came: Exception) -> Iterator[Receipt]:
        try:
            error = self._outages.judge(came)
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
            self._held = {asked: answer for asked, answer in self._held.items() if asked[0] != question.parent}
            yield self._failure(question.parent, question.window, error)

    def _give_up(self, last: RetryableError) -> Iterator[Receipt]:
        """The API fails whatever is asked: whoever is not read yet is named, and not asked for."""
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
        answer = self._held.pop((decision.parent, decision.window), None)
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
