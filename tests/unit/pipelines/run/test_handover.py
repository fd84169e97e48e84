"""The queue between reading and loading: as many rows as it may hold, and no more (rules C5 and R2)."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from pipelines.run.handover import Handover
from sources.aleta.errors import StoppedError

MOMENT_S = 0.2


def begun(work: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(MOMENT_S)
    return thread


def test_r2_below_the_limit_whoever_reads_does_not_wait():
    handover = Handover[str](100)
    for name in ("a", "b", "c"):
        handover.put(name, rows=33)
    handover.put("without rows")
    assert [handover.take(0.0) for _ in range(5)] == ["a", "b", "c", "without rows", None]


def test_c5_at_the_limit_it_waits_until_there_is_room():
    handover = Handover[str](100)
    handover.put("a", rows=60)
    putting = begun(lambda: handover.put("b", rows=60))
    assert putting.is_alive()
    assert handover.take(0.0) == "a"
    putting.join(timeout=60)
    assert handover.take(0.0) == "b"


def test_c5_one_that_is_larger_than_the_limit_enters_alone():
    """It cannot be made smaller, and nothing else is in memory beside it."""
    handover = Handover[str](100)
    handover.put("large", rows=5000)
    putting = begun(lambda: handover.put("small", rows=1))
    assert putting.is_alive()
    assert handover.take(0.0) == "large"
    putting.join(timeout=60)
    assert handover.take(0.0) == "small"


def test_whoever_waits_for_room_is_told_that_nothing_is_taken_any_more():
    handover = Handover[str](1)
    handover.put("a", rows=1)
    refused: list[Exception] = []

    def put() -> None:
        with pytest.raises(StoppedError) as stopped:
            handover.put("b", rows=1)
        refused.append(stopped.value)

    putting = begun(put)
    handover.close()
    putting.join(timeout=60)
    assert len(refused) == 1
