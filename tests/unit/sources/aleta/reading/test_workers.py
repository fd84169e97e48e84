"""Jobs side by side, and an end that leaves nothing behind."""

import contextlib
import threading

import pytest

from sources.aleta.errors import StoppedError
from sources.aleta.reading.workers import Workers
from tests.apis import all_end, threads_of


def fail():
    raise KeyError("k")


def test_what_a_job_returns_or_raises_comes_back_with_its_tag():
    """A job's exception is a result for whoever collects."""
    with Workers(2, stop=threading.Event()) as pool:
        pool.submit("good", lambda: 7)
        pool.submit("bad", fail)
        came = dict(pool.collect() for _ in range(2))
    assert came["good"] == 7
    assert isinstance(came["bad"], KeyError)
    assert pool.pending == 0


def test_as_many_jobs_run_at_once_as_there_are_workers():
    """Both wait for each other: with fewer than two threads neither would end."""
    meet = threading.Barrier(2, timeout=10)
    with Workers(2, stop=threading.Event()) as pool:
        assert pool.idle
        pool.submit(1, meet.wait)
        assert pool.idle
        pool.submit(2, meet.wait)
        assert not pool.idle
        assert sorted(pool.collect()[1] for _ in range(2)) == [0, 1]
        assert pool.idle


def test_a_stop_ends_the_wait_for_a_job_that_does_not_end():
    """Nobody waits for an answer that may take a minute."""
    stop, never = threading.Event(), threading.Event()
    with Workers(1, stop=stop) as pool:
        pool.submit("slow", never.wait)
        threading.Timer(0.05, stop.set).start()
        with pytest.raises(StoppedError):
            pool.collect()
    never.set()
    assert all_end("fetch-")


def test_no_thread_is_left_when_the_work_is_done():
    """They end with the block, also when an exception ends it."""
    with contextlib.suppress(KeyError), Workers(3, stop=threading.Event()) as pool:
        for number in range(4):
            pool.submit(number, threading.Event().is_set)
        assert len(threads_of("fetch-")) == 3
        fail()
    assert all_end("fetch-")


@pytest.mark.parametrize(("jobs", "threads"), [(0, 0), (1, 1), (2, 2), (9, 3)])
def test_there_are_no_more_threads_than_jobs_wait(jobs, threads):
    """A list under two parents needs two of the workers, not all."""
    never = threading.Event()
    with Workers(3, stop=threading.Event()) as pool:
        for number in range(jobs):
            pool.submit(number, never.wait)
        assert len(threads_of("fetch-")) == threads
        never.set()
    assert all_end("fetch-")


def test_jobs_that_nobody_waits_for_are_not_begun():
    """After a run was given up its queue sends no more requests."""
    begun, go, late = threading.Event(), threading.Event(), []

    def first():
        begun.set()
        go.wait(10)

    with Workers(1, stop=threading.Event()) as pool:
        pool.submit("first", first)
        pool.submit("second", lambda: late.append("begun"))
        assert begun.wait(10)
    go.set()
    assert all_end("fetch-")
    assert late == []
