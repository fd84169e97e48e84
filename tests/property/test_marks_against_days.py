"""Marks against a plain set of days, and ninety nights of accounts that come and go."""

import itertools
import json
import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.ledger.marks import Mark, Packed, restore, store, unpack
from pipelines.ledger.readings import Horizon, tonight
from sources.aleta.planning.windows import ONE_DAY, Window
from tests.lengths import examples

START = date(2024, 1, 1)
DAYS = st.integers(0, 40)
windows = st.tuples(DAYS, DAYS).map(lambda ends: Window(*(START + timedelta(days=day) for day in sorted(ends))))
hours = st.integers(0, 24 * 400)
instants = hours.map(lambda hour: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(hours=hour))


def days_of(windows) -> set[date]:
    return {window.first + timedelta(days=day) for window in windows for day in range(window.days)}


def component(days: set[date], seed: set[date]) -> set[date]:
    """Days of *days* that are reached from *seed* without a gap."""
    found = set(seed)
    while more := {near for day in found for near in (day - ONE_DAY, day + ONE_DAY) if near in days} - found:
        found |= more
    return found


def grown(grows, elapsed: date) -> Mark:
    mark = Mark()
    for window in grows:
        mark = mark.grow(window, elapsed=elapsed)
    return mark


@settings(deadline=None)
@given(grows=st.lists(windows, max_size=8), end=DAYS)
def test_m1_m2_a_mark_holds_the_days_proven_and_not_one_more(grows, end):
    """The mark is the gapless stretch around the first window; what lies apart is kept apart; nothing is unelapsed."""
    elapsed = START + timedelta(days=end)
    mark = grown(grows, elapsed)
    proven = {day for day in days_of(grows) if day <= elapsed}
    first = next((window for window in grows if window.first <= elapsed), None)
    covered = days_of([mark.covered] if mark.covered else [])
    assert covered == (component(proven, {first.first}) if first else set())
    assert days_of(mark.islands) == proven - covered
    parts = sorted([*mark.islands, *([mark.covered] if mark.covered else [])])
    assert all(earlier.last + ONE_DAY < later.first for earlier, later in itertools.pairwise(parts))
    for day in days_of([Window(START, START + timedelta(days=40))]):
        window = mark.holding(day)
        assert (window is not None and day in window) == (day in proven)


@settings(deadline=None)
@given(grows=st.lists(windows, max_size=6), verified=st.none() | instants, since=st.none() | instants)
def test_m5_a_mark_comes_back_from_json_as_it_was(grows, verified, since):
    """What dlt's state keeps of a mark is all of it."""
    mark = replace(grown(grows, START + timedelta(days=40)), verified_at=verified, reading_since=since)
    assert restore(json.loads(json.dumps(store(mark)))) == mark


@settings(deadline=None)
@given(marks=st.dictionaries(st.text(), st.lists(windows, max_size=3), max_size=4), verified=st.none() | instants)
def test_m5_the_marks_of_a_resource_come_back_from_their_text(marks, verified):
    """Whatever the parents are called; also when the same packer writes them again after some grew."""
    packed, elapsed = Packed(), START + timedelta(days=40)
    grown_marks = {parent: grown(grows, elapsed) for parent, grows in marks.items()}
    assert unpack(packed.text(grown_marks)) == grown_marks
    grown_since = {parent: replace(mark, verified_at=verified) for parent, mark in grown_marks.items()} | {
        "new": Mark()
    }
    assert unpack(packed.text(grown_since)) == grown_since


def test_m5_marks_as_format_1_wrote_them_are_still_read():
    """A JSON list for each parent, days as text, with or without the last flag."""
    days, at = ["2024-01-02", "2024-03-04"], "2024-03-05T02:00:00+00:00"
    mark = Mark(
        covered=Window(date(2024, 1, 2), date(2024, 3, 4)),
        islands=(Window(date(2024, 1, 2), date(2024, 3, 4)),),
        verified_at=datetime.fromisoformat(at),
    )
    assert unpack({"A": [days, [days], at, None], "B": [None, [], None, at, True]}) == {
        "A": mark,
        "B": Mark(reading_since=datetime.fromisoformat(at), bare=True),
    }


def test_m5_marks_as_format_2_wrote_them_are_still_read():
    """The same as one text, days as numbers, nothing at the end that says nothing."""
    window = Window(date(2024, 1, 2), date(2024, 3, 4))
    text = json.dumps({"A": [[window.first.toordinal(), window.last.toordinal()]], "B": []})
    assert unpack(text) == {"A": Mark(covered=window), "B": Mark()}


@given(now=instants, offset=st.integers(-14, 14))
def test_m2_the_last_elapsed_day_has_ended_where_days_end_last(now, offset):
    """At UTC-12 that day is over and the next is not, wherever the clock stands."""
    aware = now.astimezone(timezone(timedelta(hours=offset)))
    elapsed = horizon(aware).elapsed
    last_midnight = datetime.combine(elapsed + ONE_DAY, datetime.min.time(), timezone(timedelta(hours=-12)))
    assert last_midnight <= aware < last_midnight + ONE_DAY


def horizon(now: datetime, **more) -> Horizon:
    given = {"history_start": START, "look_back_days": 30, "look_ahead_days": 31, "reverify_days": 30} | more
    return Horizon(now=now, **given)


@settings(deadline=None)
@given(
    grows=st.lists(windows, max_size=6),
    start=DAYS,
    look_back=st.integers(0, 20),
    look_ahead=st.integers(0, 20),
    verified=st.none() | instants,
    since=st.none() | instants,
)
def test_d1_m3_a_night_leaves_no_hole_and_reads_the_look_back(grows, start, look_back, look_ahead, verified, since):
    """Read to its end, a night's span joins what is covered from the start of history up to the last elapsed day."""
    night = horizon(
        datetime(2024, 2, 9, 2, tzinfo=UTC),
        history_start=START + timedelta(days=start),
        look_back_days=look_back,
        look_ahead_days=look_ahead,
    )
    mark = replace(grown(grows, night.elapsed), verified_at=verified, reading_since=since)
    reading = tonight({"a": mark}, ["a"], night)["a"]
    base = mark.holding(night.history_start)
    assert reading.span.last >= night.end
    assert reading.span.first >= mark.earliest(night.history_start)
    if base is None or reading.mark.reading_since == night.now:
        assert reading.span.first == mark.earliest(night.history_start)
    else:
        wanted = base.last + ONE_DAY - timedelta(days=look_back)
        assert reading.span.first <= max(wanted, mark.earliest(night.history_start))
    after = mark.grow(reading.span, elapsed=night.elapsed).holding(night.history_start)
    assert after is not None or night.history_start > night.elapsed
    assert after is None or after.last >= night.elapsed


def finish(reading, night: Horizon) -> Mark:
    """The mark after a run that read all of it, as the loader leaves it."""
    mark = reading.mark.grow(reading.span, elapsed=night.elapsed)
    return replace(mark, verified_at=mark.reading_since, reading_since=None) if reading.whole else mark


@settings(max_examples=examples(25), deadline=None)
@given(seed=st.integers(0, 10**6), reverify=st.sampled_from([1, 7, 30]), accounts=st.integers(1, 60))
def test_d1_over_ninety_nights_nobody_waits_longer_than_reverify_days(seed, reverify, accounts):
    """Accounts come, go and return, and runs begin at odd hours: after each run no history is older than promised."""
    rng = random.Random(seed)
    marks: dict[str, Mark] = {}
    here = {f"a{number}" for number in range(accounts)}
    for number in range(90):
        now = datetime(2024, 6, 1, 12, tzinfo=UTC) + timedelta(days=number, hours=rng.uniform(-3, 3))
        here -= {name for name in here if rng.random() < 0.02}
        here |= {f"a{rng.randrange(2 * accounts)}" for _ in range(rng.randrange(3))}
        night = horizon(now, reverify_days=reverify)
        readings = tonight(marks, sorted(here), night)
        assert set(readings) == here
        marks |= {name: finish(reading, night) for name, reading in readings.items()}
        for name in here:
            assert now - marks[name].verified_at <= timedelta(days=reverify) - timedelta(hours=4), (name, number)


@settings(max_examples=examples(25), deadline=None)
@given(accounts=st.integers(1, 100), reverify=st.sampled_from([1, 7, 30]))
def test_d1_whole_histories_are_spread_evenly(accounts, reverify):
    """All loaded in one night: from then on a fair share a night, never more, and never a night's share forgotten."""
    marks: dict[str, Mark] = {}
    names = [f"a{number}" for number in range(accounts)]
    share = -(-accounts // reverify)
    for number in range(90):
        night = horizon(datetime(2024, 6, 1, 2, tzinfo=UTC) + timedelta(days=number), reverify_days=reverify)
        readings = tonight(marks, names, night)
        whole = [name for name, reading in readings.items() if reading.whole]
        assert len(whole) == (share if number else accounts)
        assert list(readings)[: len(whole)] == whole
        marks |= {name: finish(reading, night) for name, reading in readings.items()}


@settings(max_examples=examples(25), deadline=None)
@given(seed=st.integers(0, 10**6), stuck=st.integers(1, 20))
def test_d1_accounts_that_never_come_through_starve_nobody(seed, stuck):
    """Some can never be verified (a quarantined day): they are tried every night, and the others keep their turn."""
    rng = random.Random(seed)
    names = [f"a{number}" for number in range(60)]
    marks: dict[str, Mark] = {}
    for number in range(90):
        night = horizon(datetime(2024, 6, 1, 2, tzinfo=UTC) + timedelta(days=number, hours=rng.uniform(-2, 2)))
        for name, reading in tonight(marks, names, night).items():
            if number == 0 or int(name[1:]) >= stuck:
                marks[name] = finish(reading, night)
        ages = [night.now - marks[name].verified_at for name in names[stuck:]]
        assert max(ages) <= timedelta(days=30)
