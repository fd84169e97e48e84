"""Reads objects that have no list one by one, by the ids that rows name."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence

from ...catalogue.endpoint import Endpoint
from ...errors import ParentGoneError, SourceError
from ...jsonapi.answer import Answer
from ..reader import Outages, Reader
from ..workers import Workers
from .walk import Listed

BATCH = 500  # objects that are yielded together: bounds the memory (rule C5)


def read_by_id(
    endpoint: Endpoint, ids: Sequence[str], reader: Reader, *, workers: int, stop: threading.Event
) -> Iterator[Listed]:
    """The objects of *endpoint* with these *ids*: each is read by id, and they are yielded in batches.

    A 404 means that the API does not know the object, if it has returned any other of the endpoint in this run.

    Raises:
        SourceError: the API cannot be used at all: it is unreachable or refuses the credentials; or StoppedError.
    """
    with Workers[str, Answer](workers, stop=stop) as pool:
        outages = Outages(pool.count)
        for batch in _batches(ids):
            for own_id in batch:
                pool.submit(own_id, reader.one_of(endpoint, own_id))
            yield _visited(endpoint, [pool.collect() for _ in batch], reader, outages)


def _batches(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[place : place + BATCH] for place in range(0, len(ids), BATCH))


def _visited(
    endpoint: Endpoint, outcomes: Sequence[tuple[str, Answer | Exception]], reader: Reader, outages: Outages
) -> Listed:
    answers: list[Answer] = []
    failed: list[tuple[str, SourceError]] = []
    for own_id, outcome in outcomes:
        if isinstance(outcome, Exception):
            failed.append((own_id, outages.judge(outcome)))
        else:
            outages.answered()
            answers.append(outcome)
    endpoint_answered = reader.dialects.answered_in_this_run(endpoint)
    gone = [own_id for own_id, error in failed if endpoint_answered and isinstance(error, ParentGoneError)]
    problems = [error for own_id, error in failed if own_id not in set(gone)]
    return Listed(endpoint=endpoint, parent_id="", answers=answers, problems=problems, gone=gone)
