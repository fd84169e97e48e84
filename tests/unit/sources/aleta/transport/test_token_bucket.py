"""The token bucket, instant by instant."""

from __future__ import annotations

import threading

import pytest

from sources.aleta.transport.pacing.limiter import TokenBucket


def bucket(rate=2.0, burst=10, headroom=0.0) -> TokenBucket:
    return TokenBucket(rate, burst, headroom=headroom)


def test_the_burst_is_free_and_the_rest_comes_at_the_rate():
    """Ten at once, then one each half second."""
    waits = [pytest.approx(wait) for wait in [0.0] * 10 + [0.5, 1.0, 1.5]]
    limiter = bucket()
    assert [limiter.reserve(0.0) for _ in range(13)] == waits


def test_the_headroom_is_a_share_of_the_burst():
    """5 % of 300 stay unused, at first and for good; the rate is not touched."""
    limiter = TokenBucket(1000 / 60, 300)
    assert sum(limiter.reserve(0.0) == 0 for _ in range(300)) == 285
    assert limiter.level(1e6) == 285
    assert limiter.reserve(1e6) == 0


def test_the_first_time_is_wherever_the_clock_stands():
    """A monotonic clock starts anywhere; the first call gains nothing by it."""
    limiter = bucket()
    assert [limiter.reserve(1e9) for _ in range(11)][-1] == pytest.approx(0.5)


def test_a_burst_of_one_still_moves():
    """However small the burst, one request at a time is possible."""
    limiter = TokenBucket(1.0, 1)
    assert [limiter.reserve(0.0), limiter.reserve(0.0)] == [0.0, 1.0]


def test_rate_0_is_no_limit():
    """Nobody ever waits, but for a pause."""
    limiter = bucket(rate=0, burst=1)
    assert {limiter.reserve(0.0) for _ in range(1000)} == {0.0}
    limiter.pause(0.0, 5.0)
    assert limiter.reserve(1.0) == 4.0
    assert limiter.reserve(6.0) == 0.0


def test_a_pause_holds_everyone_and_ends_without_a_burst():
    """After a 429 the API's bucket is empty: then one by one."""
    limiter = bucket()
    limiter.pause(100.0, 30.0)
    assert [limiter.reserve(110.0), limiter.reserve(120.0), limiter.reserve(130.0)] == [20.5, 11.0, 1.5]


def test_a_shorter_pause_does_not_end_a_longer_one():
    """Two 429s of one moment may ask for different waits."""
    limiter = bucket()
    limiter.pause(0.0, 30.0)
    limiter.pause(1.0, 2.0)
    assert limiter.paused(29.9)
    assert not limiter.paused(30.0)
    assert limiter.reserve(1.0) == pytest.approx(29.5)


def test_a_pause_makes_reservations_void():
    """Those who wait reserve again, so their old places are not counted twice."""
    limiter = bucket()
    for _ in range(20):
        limiter.reserve(0.0)
    before = limiter.pauses
    limiter.pause(0.0, 1.0)
    assert limiter.pauses == before + 1
    assert limiter.reserve(0.0) == pytest.approx(1.5)


def test_a_late_caller_does_not_turn_time_back():
    """Threads read the clock before they get the lock; the older reading credits nothing twice."""
    limiter = bucket(burst=1)
    assert limiter.reserve(10.0) == 0.0
    assert limiter.reserve(9.0) == pytest.approx(1.5)
    assert limiter.reserve(10.0) == pytest.approx(1.0)


def test_threads_share_one_budget():
    """8 threads take 800 tokens: every place in the queue is given once."""
    limiter, waits = bucket(rate=1.0, burst=1), []
    threads = [
        threading.Thread(target=lambda: waits.extend([limiter.reserve(0.0) for _ in range(100)])) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(waits) == [float(place) for place in range(800)]
