"""Reads objects that have no list one by one, by the ids that rows name."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from ...catalogue.endpoint import Endpoint
from ...errors import GivenUpError, ParentGoneError, SourceError
from ...jsonapi.answer import Answer
from ..reader import Reader
from ..workers import Workers
from .failures import Failures
from .listed import Listed

BATCH = 500  # objects that are yielded together: bounds the memory (rule C5)
WITNESSES = 10  # of objects known to exist: one that answers is enough, and a few may be gone


def read_by_id(
    endpoint: Endpoint,
    ids: Sequence[str],
    reader: Reader,
    *,
    shown: Collection[str] = (),
    workers: int,
    stop: threading.Event,
) -> Iterator[Listed]:
    """The objects of *endpoint* with these *ids*: each is read by id, and they are yielded in batches.

    A 404 means that the API does not know the object, if it returns any other of the endpoint in this run. So those of
    *shown* come first, the ids that it returned when it was last asked for them: one by one until it returns one, and
    some of the others where *ids* has none of them.

    Raises:
        SourceError: the API cannot be used at all: it is unreachable or refuses the credentials; or StoppedError.
    """
    with Workers[str, Answer](workers, stop=stop) as pool:
        visit = _Visit(endpoint, reader, pool)
        asked: list[str] = []
        for witness in _witnesses(ids, shown):
            if visit.answered:
                break
            visit.ask([witness])
            asked.append(witness)
        for batch in _batches([own_id for own_id in ids if own_id not in asked]):
            visit.ask(batch)
            yield visit.found()
        if visit.waiting:
            yield visit.found(last=True)


def _witnesses(ids: Sequence[str], shown: Collection[str]) -> Sequence[str]:
    likely = [own_id for own_id in ids if own_id in shown] or (sorted(shown) if ids else [])
    return likely[:WITNESSES]


def _batches(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[place : place + BATCH] for place in range(0, len(ids), BATCH))


@dataclass(slots=True)
class _Visit:
    """Objects that were asked for and not yielded yet; 404s wait: if every response is 404, a 404 proves nothing."""

    endpoint: Endpoint
    reader: Reader
    pool: Workers[str, Answer]
    _answers: list[Answer] = field(default_factory=list)
    _problems: dict[str, SourceError] = field(default_factory=dict)  # by id
    _not_found: dict[str, SourceError] = field(default_factory=dict)  # by id
    _unasked: list[str] = field(default_factory=list)
    _failures: Failures = field(init=False)

    def __post_init__(self) -> None:
        self._failures = Failures(self.reader, self.pool.count)

    @property
    def answered(self) -> bool:
        return self.reader.dialects.answered_in_this_run(self.endpoint)

    @property
    def waiting(self) -> bool:
        """Whether anything is left to be told."""
        return bool(self._answers or self._problems or self._not_found or self._unasked)

    def ask(self, batch: Sequence[str]) -> None:
        asks = {own_id: self.reader.one_of(self.endpoint, own_id) for own_id in batch}
        for own_id, ask in asks.items():
            self.pool.submit(own_id, self._failures.unless_given_up(self.endpoint, ask))
        for _ in asks:
            own_id, outcome = self.pool.collect()
            if isinstance(outcome, Exception):
                self._take_failure(own_id, self._failures.judge(self.endpoint, outcome))
            else:
                self._failures.answered(self.endpoint, asks[own_id])
                self._answers.append(outcome)

    def _take_failure(self, own_id: str, error: SourceError) -> None:
        if isinstance(error, GivenUpError):
            self._unasked.append(own_id)
        elif isinstance(error, ParentGoneError):
            self._not_found[own_id] = error
        else:
            self._problems[own_id] = error

    def found(self, *, last: bool = False) -> Listed:
        """What is known by now; the *last* time 404s wait for nothing more."""
        gone: list[str] = []
        if self.answered:
            gone, self._not_found = [*self._not_found], {}
        elif last:
            self._problems |= self._not_found
        answers, self._answers = self._answers, []
        failed, self._problems = self._problems, {}
        unasked, self._unasked = self._unasked, []
        return Listed(
            endpoint=self.endpoint,
            parent_id="",
            answers=answers,
            problems=[*failed.values(), *(error for _, error in self._failures.given_up())],
            gone=gone,
            failed=[*failed, *unasked],
            given_up=bool(unasked),
        )
