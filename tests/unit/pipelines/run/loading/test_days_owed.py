"""Days that are asked for one by one and could not be read: which nights ask for them, and what marks say (rule F3)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from pipelines.ledger.ledger import Ledger
from pipelines.ledger.marks import Mark
from pipelines.ledger.readings import Reading, look_backs, owed, paying, tonight
from pipelines.run.loading.followed import FollowedParents
from sources.aleta.catalogue.catalogue import CATALOGUE
from sources.aleta.planning.windows import Window, one_each
from sources.aleta.reading.rows.receipts import Receipt, Status
from tests.stores import at, on
from tests.unit.pipelines.run.loading.followed import HORIZON, receipt

SNAPSHOTS = CATALOGUE["custodian_holdings"]


def nights(
    mark: Mark, unread: Collection[int], *, first: int = 100, count: int = 30, hour: int = 13
) -> list[tuple[Mark, list[Window]]]:
    """What nights make of *mark*, and what they ask for, where days *unread* cannot be; three of a question end it."""
    ledger, told = Ledger(marks={SNAPSHOTS.name: {"a": mark}}), []
    for night in range(first, first + count):
        horizon = replace(HORIZON, now=at(night, hour=hour))
        ledger.clamp(now=horizon.now, elapsed=horizon.elapsed)
        followed = FollowedParents(ledger, horizon, now=horizon.now)
        readings = tonight(ledger.marks[SNAPSHOTS.name], ["a"], horizon, SNAPSHOTS.dates)
        asked = []
        while readings:
            followed.follow(SNAPSHOTS, readings)
            last = play(followed, readings["a"].span, unread)
            asked.append(Window(readings["a"].span.first, last.window.last))
            failed = {"a": last.window} if last.status is Status.FAILED else {}
            if len(asked) == 1:
                main, rounds, paid = readings, one_each(owed(readings)), False
            readings = {} if paid else look_backs(readings, failed, horizon, SNAPSHOTS.dates)
            if not readings:
                readings, paid = paying(main, spans) if (spans := next(rounds, None)) else {}, True
        told.append((ledger.mark(SNAPSHOTS.name, "a"), asked))
    return told


def play(followed: FollowedParents, span: Window, unread: Collection[int]) -> Receipt:
    """Days one by one: three that cannot be read are left out, the fourth ends it; the last receipt."""
    left_out = 0
    for day in range((span.first - on(0)).days, (span.last - on(0)).days + 1):
        status = Status.COMPLETE if day not in unread else Status.FAILED if left_out == 3 else Status.QUARANTINED
        left_out += status is Status.QUARANTINED
        last = receipt(day, day, status, endpoint=SNAPSHOTS)
        followed.take([last])
        followed.mark(SNAPSHOTS, [last], set())
        if status is Status.FAILED:
            break
    return last


READ = Mark(covered=Window(on(0), on(98)), verified_at=at(60))


def test_f3_a_day_that_cannot_be_read_is_asked_for_by_itself_every_night():
    """Neither with all days since, which would be a request more each night, nor never again."""
    told = nights(READ, {99})
    assert [mark.owed for mark, _ in told] == [(Window(on(99), on(99)),)] * 30
    assert told[-1][1] == [Window(on(125), on(129)), Window(on(99), on(99))]
    assert max(sum(days.days for days in asked) for _, asked in told) <= 6

    paid, asked = nights(told[-1][0], set(), first=130, count=1)[0]
    assert (paid.owed, paid.covered, asked[1:]) == ((), Window(on(0), on(129)), [Window(on(99), on(99))])


def test_f3_where_many_days_cannot_be_read_the_newest_are():
    """The others are owed, and asked for again, a few requests a night."""
    told = nights(READ, range(95, 115))
    mark = told[-1][0]
    assert mark.newest == on(128)
    assert mark.owed == (Window(on(96), on(114)),)
    assert all(sum(days.days for days in asked) <= 12 for _, asked in told)
    assert not [day for day in range(115, 128) if not any(on(day) in days for days in (mark.covered, *mark.islands))]


def test_m6_a_day_owed_today_is_none_that_a_clock_ahead_has_claimed():
    """Early in the morning, when two days more are not over everywhere; then in the night after it, or once more."""
    for again in (100, 101):
        mark, _ = nights(READ, {100}, count=1, hour=5)[0]
        assert (mark.owed, mark.due) == ((Window(on(100), on(100)),), False)

        paid, asked = nights(mark, set(), first=again, count=1, hour=5)[0]

        assert (paid.owed, paid.due, paid.covered.first) == ((), False, on(0))
        assert sum(days.days for days in asked) <= 6


def test_m6_days_that_a_clock_ahead_owed_are_owed_up_to_today():
    """The clock was wrong, and what it claimed is due again."""
    ahead, _ = nights(READ, {130}, first=130, count=1, hour=5)[0]
    mark = ahead.clamped(now=at(100, hour=5), elapsed=on(98))
    assert (mark.owed, mark.due, mark.covered) == ((), True, Window(on(0), on(98)))
    half = replace(READ, owed=(Window(on(97), on(130)),)).clamped(now=at(100, hour=5), elapsed=on(98))
    assert (half.owed, half.due) == ((Window(on(97), on(100)),), True)


def test_l4_one_day_that_cannot_be_read_does_not_keep_a_parent_due():
    """All its days since the first are asked for once."""
    told = nights(replace(READ, due=True), {50})
    assert [mark.due for mark, _ in told] == [False] * 30
    assert [asked[0].first for _, asked in told[:2]] == [on(0), on(97)]


def test_l4_who_was_due_and_was_given_up_stays_due():
    """It was away, and what it has of days behind those that failed may have changed."""
    told = nights(replace(READ, due=True), range(50, 60))
    assert all(mark.due for mark, _ in told)
    assert told[-1][0].newest == on(128)


def test_l4_who_is_due_and_cannot_be_read_from_the_start_is_read_from_where_it_was_left():
    """It was away for a week; of the days before, the API answers none any more."""
    mark, asked = nights(replace(READ, due=True), range(50), first=107, count=1)[0]
    assert asked == [Window(on(0), on(3)), Window(on(96), on(107))]
    assert (mark.covered, mark.due) == (Window(on(0), on(106)), True)


def test_d1_who_is_owed_a_day_was_not_read_whole():
    """A first load but for a day."""
    mark, _ = nights(Mark(), {97}, count=1)[0]
    assert (mark.verified_at, mark.covered, mark.owed) == (None, Window(on(93), on(96)), (Window(on(97), on(97)),))
    assert nights(mark, set(), first=101, count=1)[0][0].verified_at


def backfilled(mark: Mark, first: int, last: int) -> Mark:
    """Day by day, as `backfill --resource custodian_holdings` asks."""
    ledger = Ledger(marks={SNAPSHOTS.name: {"a": mark}})
    followed = FollowedParents(ledger, HORIZON, now=HORIZON.now)
    followed.follow(SNAPSHOTS, {"a": Reading(span=Window(on(first), on(last)), mark=mark, whole=False)})
    play(followed, Window(on(first), on(last)), set())
    return ledger.mark(SNAPSHOTS.name, "a")


def test_the_first_sync_does_not_ask_for_all_days_since_those_of_a_backfill():
    """It begins as ever, also where its first days cannot be read; each night goes on from what it read."""
    mark = backfilled(Mark(), 0, 4)
    assert (mark.covered, mark.islands) == (None, (Window(on(0), on(4)),))
    for unread in (set(), {93}, set(range(93, 98))):
        told = nights(mark, unread, count=3)
        assert told[0][1][0].first == on(93)
        assert all(sum(days.days for days in asked) <= 10 for _, asked in told)
        assert told[-1][0].islands[0] == Window(on(0), on(4))
    told = nights(mark, set(), count=1)
    after = nights(told[0][0], set(), first=120, count=1)
    assert after[0][1] == [Window(on(97), on(120))]


def test_a_backfill_to_the_first_days_of_a_sync_is_gone_on_from():
    """The two touch, and are one."""
    told = nights(backfilled(Mark(), 50, 95), set(), count=1)
    assert (told[0][1], told[0][0].covered) == ([Window(on(93), on(100))], Window(on(50), on(99)))


def test_m6_days_of_a_backfill_stay_beside_the_mark():
    """Where a clock was ahead, and where some of them turn out to be unread."""
    mark = backfilled(Mark(), 0, 4)
    assert replace(mark, verified_at=at(130)).clamped(now=at(100), elapsed=on(98)).islands == mark.islands
    doubted = mark.without(Window(on(2), on(2)))
    assert (doubted.covered, doubted.islands) == (None, (Window(on(0), on(1)), Window(on(3), on(4))))
