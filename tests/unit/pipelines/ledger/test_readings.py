"""What a night reads of each parent, and what that costs (rules D1, M1, M3)."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date, timedelta
from zlib import crc32

import pytest

from pipelines.ledger.marks import Mark
from pipelines.ledger.readings import A_HUNDRED, Horizon, in_turn, look_backs, tonight
from sources.aleta.catalogue.catalogue import CATALOGUE
from sources.aleta.catalogue.endpoint import By, Endpoint
from sources.aleta.planning.windows import ONE_DAY, Window
from tests.unit.pipelines.ledger.nights import DAYS, SPANS, START, WHOLE, night, read


def test_by_months_the_same_is_asked_night_after_night():
    """Until a month is over, whatever the day."""
    spans = set()
    for number in range(25):
        horizon = night(number, by_months=True)
        spans.add(horizon.nightly(read(horizon)))
    assert spans == {Window(date(2026, 1, 1), date(2026, 4, 30)), Window(date(2026, 2, 1), date(2026, 4, 30))}


def test_by_months_no_day_is_left_out():
    """What a night would read otherwise, and the rest of its months; nothing before the history begins."""
    for number in range(0, 400, 7):
        plain, months = night(number), night(number, by_months=True)
        usual, wider = (one.nightly(read(one)) for one in (plain, months))
        assert wider.covers(usual)
        assert (wider.first.day, (wider.last + ONE_DAY).day) == (1, 1)
    late = night(by_months=True, history_start=date(2026, 2, 20))
    assert tonight({"a": Mark()}, ["a"], late, SPANS)["a"].span.first == date(2026, 2, 20)


def test_by_months_nothing_ahead_is_asked_for_where_no_day_is_to_be():
    """It is what an operator does about an API that refuses days after today."""
    horizon = night(by_months=True, look_ahead_days=0)
    assert horizon.nightly(read(horizon)).last == horizon.now.date()


def test_f3_who_cannot_be_read_whole_has_the_look_back_read():
    """Not who was read so already, nor who was never read whole, and has no other part that is due tonight."""
    whole, part = {"a": read(night(), days_ago=31)}, {"b": read(night(), days_ago=1)}
    marks = whole | part | {"c": Mark(covered=Window(START, START))}
    readings = tonight(marks, list(marks), night(), SPANS)
    found = look_backs(readings, dict.fromkeys(marks, Window(START, night().end)), night())
    assert (found.keys(), readings["a"].whole, found["a"].whole) == ({"a"}, True, False)
    assert found["a"].span == night().nightly(whole["a"])


def test_f3_the_look_back_is_read_also_when_the_failed_days_have_left_the_mark():
    """Its beginning, or a part of the middle: from the newest day that was read on, night after night."""
    mark, usual = read(night(), days_ago=31), night().nightly(read(night(), days_ago=31))
    failed = Window(START, START + timedelta(days=9))
    for left in (mark.without(failed), mark.without(replace(failed, first=failed.last))):
        readings = tonight({"a": left}, ["a"], night(), SPANS)
        assert readings["a"].whole
        assert look_backs(readings, {"a": failed}, night(), SPANS)["a"].span == usual
        assert look_backs(readings, {"a": usual}, night(), SPANS) == {}  # it was just asked for, and failed


def test_f3_a_look_back_is_that_of_the_endpoint():
    """As in any other night."""
    readings = tonight({"a": read(night(), days_ago=31)}, ["a"], night(), SPANS)
    own = replace(SPANS, look_back_days=92)
    usual, longer = (look_backs(readings, {"a": readings["a"].span}, night(), dates) for dates in (SPANS, own))
    assert (usual["a"].span.first - longer["a"].span.first).days == 92 - 30


def test_only_spans_have_a_border():
    """A day and the whole are what they are."""
    horizon = night(by_months=True)
    assert (horizon.border(DAYS), horizon.border(WHOLE)) == (None, None)
    assert horizon.border(SPANS) == date(2026, 1, 1)


def test_a_look_back_of_the_endpoint_s_own_goes_before_the_tenant_s():
    """Computed rows change further back than what is only booked late."""
    horizon, marks = night(), {"a": read(night()), "whose turn it is": read(night(), days_ago=2)}
    usual = tonight(marks, list(marks), horizon, SPANS)["a"]
    longer = tonight(marks, list(marks), horizon, replace(SPANS, look_back_days=92))["a"]
    assert (usual.span.last, longer.span.last) == (horizon.end, horizon.end)
    assert (usual.span.first - longer.span.first).days == 92 - 30


def test_a_parent_without_rows_rests_where_the_endpoint_lets_it():
    """A fund has no prices, and most instruments keep theirs for ever: asked again when its whole history is due."""
    marks = {f"bare{number:03}": read(night(), days_ago=5, bare=True) for number in range(A_HUNDRED + 50)}
    marks |= {"awake": read(night(), days_ago=5), "new": Mark()}
    resting = tonight(marks, sorted(marks), night(), replace(SPANS, skip_empty_parents=True))
    assert {"awake", "new"} <= resting.keys()
    assert len(resting) == A_HUNDRED + 2
    assert tonight(marks, sorted(marks), night(), SPANS).keys() == marks.keys()


def test_m3_who_rests_is_read_whole_where_the_history_begins_earlier_than_it_did():
    """Nobody has looked for rows of the days before."""
    marks = {f"bare{number:03}": read(night(), days_ago=5, bare=True) for number in range(A_HUNDRED + 50)}
    earlier = night(history_start=START - timedelta(days=400))
    resting = tonight(marks, sorted(marks), earlier, replace(SPANS, skip_empty_parents=True))
    assert {reading.span.first for reading in resting.values()} == {earlier.history_start}
    assert resting.keys() == marks.keys()


def test_d1_who_rests_is_read_whole_when_it_is_its_turn():
    """D1: overdue, all of them, however many."""
    marks = {f"bare{number:03}": read(night(), days_ago=31, bare=True) for number in range(A_HUNDRED + 50)}
    found = tonight(marks, sorted(marks), night(), replace(SPANS, skip_empty_parents=True))
    assert len(found) == A_HUNDRED + 50
    assert {(reading.whole, reading.span.first) for reading in found.values()} == {(True, START)}


def test_a_first_load_that_found_nothing_and_was_not_read_to_its_end_does_not_rest():
    """Nothing is known of what it did not reach."""
    marks = {"a": Mark(covered=Window(START, date(2021, 1, 1)), bare=True)}
    assert tonight(marks, ["a"], night(), replace(SPANS, skip_empty_parents=True)).keys() == {"a"}


def test_what_is_asked_for_day_by_day_begins_a_week_before_the_first_run():
    """A request a day: history is not asked for."""
    found = tonight({}, ["a"], night(), DAYS)["a"]
    assert (found.span, found.whole) == (Window(date(2026, 2, 23), date(2026, 3, 2)), True)


def test_snapshot_days_says_how_many():
    """And history does not begin before its start."""
    longer, young = night(snapshot_days=400), night(history_start=date(2026, 2, 27))
    assert tonight({}, ["a"], longer, DAYS)["a"].span.first == date(2025, 1, 26)
    assert tonight({}, ["a"], young, DAYS)["a"].span.first == date(2026, 2, 27)


def test_later_the_look_back_is_asked_for_again_up_to_today():
    """There is no look-ahead: nobody computes tomorrow. Days before the mark were never asked for."""
    mark = Mark(covered=Window(date(2026, 2, 10), date(2026, 2, 28)), verified_at=night(-1).now)
    dates = replace(DAYS, look_back_days=3)
    assert tonight({"a": mark}, ["a"], night(), dates)["a"].span == Window(date(2026, 2, 26), date(2026, 3, 2))
    short = replace(mark, covered=Window(date(2026, 2, 27), date(2026, 2, 28)))
    assert tonight({"a": short}, ["a"], night(), dates)["a"].span.first == date(2026, 2, 27)


def test_no_day_is_left_out_after_runs_that_did_not_happen():
    """A month without a run: every day of it is asked for."""
    mark = Mark(covered=Window(date(2026, 1, 1), date(2026, 1, 31)), verified_at=night(-30).now)
    found = tonight({"a": mark}, ["a"], night(), replace(DAYS, look_back_days=3))["a"]
    assert found.span.first <= date(2026, 2, 1)


def claimed(ahead: Horizon, now: Horizon, **more) -> Mark:
    """What a run whose clock was ahead has left, as a later run at the right time takes it."""
    mark = Mark(covered=Window(START, ahead.elapsed), **more)
    return mark.clamped(now=now.now, elapsed=now.elapsed)


def test_m6_days_that_a_clock_ahead_has_claimed_are_asked_for_day_by_day():
    """M6: the run of night 0 was a month ahead, and the next comes nine days later; then all is as ever."""
    now = night(9)
    mark = claimed(night(30), now, verified_at=night(-30).now)

    reading = tonight({"a": mark}, ["a"], now, DAYS)["a"]

    assert (reading.span, reading.whole) == (Window(START, now.now.date()), True)
    after = replace(mark, verified_at=now.now, due=False)
    assert tonight({"a": after}, ["a"], now, CATALOGUE["custodian_holdings"].dates)["a"].span.days < 7


def test_m6_a_first_load_that_a_clock_ahead_has_continued_begins_anew():
    """M6: begun at the right time, read on a month ahead, and never at its end."""
    mark = claimed(night(60), night(20), reading_since=night(-1).now)

    reading = tonight({"a": mark}, ["a"], night(20), SPANS)["a"]

    assert (reading.span.first, reading.whole, reading.mark.reading_since) == (START, True, night(20).now)


def test_a_start_of_history_that_is_yet_to_come_is_today():
    """A window never ends before it begins."""
    found = tonight({}, ["a"], night(history_start=date(2026, 5, 1)), DAYS)["a"]
    assert found.span == Window(date(2026, 3, 2), date(2026, 3, 2))


def test_what_has_no_days_is_read_whole_in_turn():
    """Everyone once in so many nights; who never was, at once."""
    names = [f"i{number:03}" for number in range(700)]
    marks = {name: read(night(), days_ago=1 + number % 7) for number, name in enumerate(names)} | {"new": Mark()}
    found = tonight(marks, [*names, "new"], night(), replace(WHOLE, every_days=7))
    assert found.keys() - {"new"} == {name for name in names if marks[name].verified_at <= night(-7).now}
    assert {(reading.whole, reading.span.first) for reading in found.values()} == {(True, START)}


def test_a_hundred_are_read_every_night():
    """A small tenant sees all of it every morning."""
    marks = {f"i{number:03}": read(night(), days_ago=1) for number in range(A_HUNDRED)}
    assert in_turn(marks, sorted(marks), night(), every_days=7) == sorted(marks)


def test_the_oldest_come_first_and_a_second_run_of_the_night_takes_no_second_share():
    """What was read an hour ago counts."""
    marks = {f"i{number:03}": read(night(), days_ago=2) for number in range(700)}
    first = in_turn(marks, sorted(marks), night(), every_days=7)
    assert first == sorted(marks)[:100]
    marks |= {name: replace(marks[name], verified_at=night().now - timedelta(hours=1)) for name in first}
    assert in_turn(marks, sorted(marks), night(), every_days=7) == []


def test_everyone_is_read_within_its_days_however_the_nights_go():
    """D1: with a night left out now and then, nobody waits longer than a week and the nights left out."""
    names = [f"i{number:04}" for number in range(1_000)]
    marks = {name: read(night(), days_ago=1) for name in names}
    for number in (number for number in range(40) if number % 9):
        horizon = night(number)
        waited = [(horizon.now - marks[name].verified_at).days for name in names]
        assert max(waited) <= 7 + 1
        for name in in_turn(marks, names, horizon, every_days=7):
            marks[name] = replace(marks[name], verified_at=horizon.now)


def test_reverify_days_bound_what_comes_in_turn_too():
    """D1: who wants everything read every night gets that."""
    marks = {f"i{number:03}": read(night(), days_ago=1, bare=number % 2 == 0) for number in range(700)}
    assert in_turn(marks, sorted(marks), night(reverify_days=1), every_days=7) == [
        name for bare in (False, True) for name in sorted(marks) if marks[name].bare is bare
    ]


# -- the budget (issue: every resource of the reference, point 5)

COUNTS = {
    "": 1,
    "clients": 40,
    "legal_entities": 200,
    "accounts": 1_000,
    "reporting_entities": 100,
    "portfolios": 200,
    "limits": 200,
    "instruments": 2_000,
    "instrument_classes_detailed": 60,
    "instrument_classes": 15,
}
"""What the issue says, and what goes with it: each legal entity and each limit more costs six days a night."""
RARE = {"interest_rates": 0.3, "index_factors": 0.03, "net_asset_values": 0.1, "commitments": 0.1, "prices": 0.9}
TEN_MINUTES = 10_000


def parents(endpoint: Endpoint) -> list[str]:
    return [f"{endpoint.parent}{number}" for number in range(COUNTS[endpoint.parent])]


def bare(endpoint: Endpoint, parent: str) -> bool:
    """Whether it has no rows: of some series, most instruments have none."""
    return crc32(f"{endpoint.name} {parent}".encode()) % 1_000 >= 1_000 * RARE.get(endpoint.name, 1.0)


def crawl(endpoint: Endpoint) -> int:
    """One list a parent, and one answer an object where each is read by itself."""
    objects = COUNTS[endpoint.name] if endpoint.detail or endpoint.ids_in else 0
    return objects if endpoint.ids_in else COUNTS[endpoint.parent] + objects


def asked(endpoint: Endpoint, marks: dict[str, Mark], horizon: Horizon) -> int:
    """The requests of one night for *endpoint*, none of which has to be split; *marks* are what is known after it."""
    if not endpoint.dates:
        turn = in_turn(marks, [f"{number}" for number in range(COUNTS[endpoint.name])], horizon, every_days=7)
        marks |= dict.fromkeys(turn, Mark(verified_at=horizon.now))
        return len(turn)
    readings = tonight(marks, parents(endpoint), horizon, endpoint.dates)
    for parent, reading in readings.items():
        covered = Window(reading.mark.covered.first if reading.mark.covered else reading.span.first, horizon.elapsed)
        since = horizon.now if reading.whole else reading.mark.verified_at
        marks[parent] = Mark(covered=covered, verified_at=since, bare=bare(endpoint, parent))
    by_day = endpoint.dates.by is By.DAY
    return sum(reading.span.days if by_day else 1 for reading in readings.values())


@pytest.mark.long
@pytest.mark.slow
def test_a_quiet_night_of_everything_fits_into_ten_minutes_of_budget():
    """1,000 accounts, 100 reporting entities, 2,000 instruments: every night of five weeks, from the first load on.

    Nights a first load makes overdue at once, seven and thirty days later, are among them.
    """
    marks: dict[str, dict[str, Mark]] = {name: {} for name in CATALOGUE}
    nights = []
    for number in range(35):
        dated = {
            name: asked(endpoint, marks[name], night(number))
            for name, endpoint in CATALOGUE.items()
            if not endpoint.crawled
        }
        nights.append(sum(dated.values()) + sum(crawl(endpoint) for endpoint in CATALOGUE.values() if endpoint.crawled))

    assert max(nights[1:]) <= TEN_MINUTES
    assert min(nights) >= math.ceil(COUNTS["accounts"] * 31 / 30) + COUNTS["reporting_entities"]  # it counted something
