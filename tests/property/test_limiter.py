"""Rule R1, for any arrivals: never more than burst + rate * t in any span, and no budget left lying (R2)."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sources.aleta.transport.pacing.limiter import TokenBucket

RATES = st.sampled_from([0.1, 1.0, 1000 / 60, 1000.0])
BURSTS = st.integers(1, 300)
GAPS = st.floats(0.0, 5.0) | st.just(0.0) | st.floats(0.0, 600.0)
PAUSES = st.none() | st.floats(0.0, 60.0)
EVENTS = st.lists(st.tuples(GAPS, PAUSES), max_size=200)


def within_budget(instants: list[float], rate: float, burst: float) -> bool:
    """Whether no span [i, j] of *instants* holds more than burst + rate * its length.

    Kept to one pass: count - rate * t must never exceed its smallest earlier value by more than the burst.
    """
    lowest = float("inf")
    for count, at in enumerate(sorted(instants)):
        lowest = min(lowest, count - rate * at)
        if count + 1 - rate * at - lowest > burst + 1e-6 * (1 + rate * at):
            return False
    return True


def drive(bucket: TokenBucket, events) -> tuple[list[float], list[tuple[float, float]]]:
    """Play arrivals and pauses; a reservation that a pause made void is made again, as the client does."""
    now, granted, waiting, pauses = 0.0, [], [], []
    for gap, pause_s in events:
        now += gap
        granted += [at for at in waiting if at <= now]
        waiting = [at for at in waiting if at > now]
        if pause_s is None:
            waiting.append(now + bucket.reserve(now))
        else:
            bucket.pause(now, pause_s)
            pauses.append((now, now + pause_s))
            waiting = [now + bucket.reserve(now) for _ in waiting]
    return granted + waiting, pauses


@given(rate=RATES, burst=BURSTS, events=EVENTS)
def test_no_span_ever_holds_more_than_burst_and_rate(rate, burst, events):
    """R1 holds for any arrivals and any pauses."""
    instants, _ = drive(TokenBucket(rate, burst), events)
    assert within_budget(instants, rate, burst)


@given(rate=RATES, burst=BURSTS, events=EVENTS)
def test_nobody_goes_within_a_pause(rate, burst, events):
    """What is granted lies outside of every pause, but for the instant in which it begins."""
    instants, pauses = drive(TokenBucket(rate, burst), events)
    assert not [at for at in instants for first, last in pauses if first < at < last - 1e-6]


@given(rate=RATES, burst=BURSTS)
def test_with_enough_work_97_percent_of_the_budget_are_used(rate, burst):
    """R2: over ten minutes of more demand than budget, where they bring at least a burst."""
    assume(rate * 600.0 >= burst)
    bucket, at, count = TokenBucket(rate, burst), 0.0, 0
    while (at := at + bucket.reserve(at)) <= 600.0:
        count += 1
        if rate * 600.0 > 20_000 and count > 20_000:  # long enough to see the slope
            break
    budget = burst + rate * min(at, 600.0)
    assert count + 1 >= 0.97 * budget


def test_at_the_usual_budget_97_percent_are_used():
    """R2 in figures: 1,000 a minute and a burst of 300 allow 10,300 in ten minutes; at least 9,991 are sent."""
    bucket, at, count = TokenBucket(1000 / 60, 300), 0.0, 0
    while (at := at + bucket.reserve(at)) <= 600.0:
        count += 1
    assert 0.97 * 10_300 <= count <= 10_300


@pytest.mark.parametrize(
    "instants",
    [[0.0] * 11, [0.0] * 10 + [0.4], [5.0 + i * 0.45 for i in range(100)]],
    ids=["burst", "then-too-early", "slope"],
)
def test_the_check_sees_a_span_with_too_many(instants):
    """Sabotage: the property's own check fails where it must."""
    assert not within_budget(instants, 2.0, 10)
