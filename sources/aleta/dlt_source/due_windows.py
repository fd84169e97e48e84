"""The windows that one run reads of one endpoint; more, where the cap turns out to be no constant number (rule W6)."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping

from ..catalogue.endpoint import Endpoint
from ..clock import Clock
from ..planning.trials.prover import Prover
from ..planning.windows import Window
from ..reading.reader import Reader
from ..reading.rows.fetch import Receipt, fetch
from .spans import Spans

DISPROVED = "%s: the API does not cut its answers as was believed (noticed by: %s): all is read again"

log = logging.getLogger(__name__)


def due_windows(  # what a run knows of one endpoint
    endpoint: Endpoint,
    readings: Mapping[str, Window],
    spans: Spans,
    reader: Reader,
    prover: Prover,
    *,
    clock: Clock,
    workers: int,
) -> Iterator[Receipt]:
    """What is due: *readings*, and days before them that earlier runs could not read.

    Once the belief in one cap was contradicted, all days of all parents, strictly.
    """

    def read(windows: Mapping[str, Window]) -> Iterator[Receipt]:
        return fetch(
            endpoint,
            windows,
            reader,
            planner=prover,
            clock=clock,
            workers=workers,
            stop=threading.Event(),
            existing_parents=readings.keys(),
            had_rows=spans.had_rows(windows),
        )

    yield from read(readings)
    for windows in spans.unread(readings):
        yield from read(windows)
    if prover.disproved:
        log.warning(DISPROVED, endpoint.name, prover.disproved)
        whole = spans.whole(readings)
        yield from read({parent: span for parent, span in whole.items() if span != readings[parent]})
