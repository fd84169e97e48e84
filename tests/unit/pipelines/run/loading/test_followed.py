"""How far marks grow by what a run reads, and what becomes of them when it turns out to be less."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipelines.ledger.ledger import Ledger
from pipelines.ledger.marks import Mark
from pipelines.ledger.readings import Reading, tonight, whole_reading
from pipelines.run.loading.followed import FollowedParents
from sources.aleta.catalogue.catalogue import CATALOGUE
from sources.aleta.planning.windows import Window
from sources.aleta.reading.rows.receipts import Receipt, Status
from tests.stores import at, on
from tests.unit.pipelines.run.loading.followed import ENDPOINT, HORIZON, NOW, commit, receipt


@pytest.mark.parametrize(
    "before", [Mark(), Mark(covered=Window(on(0), on(50)), verified_at=at(60))], ids=["new", "old"]
)
def test_m1_a_day_in_doubt_after_the_history_was_read_takes_back_that_it_was(before):
    """W6: the last window had come, and then a day that counted as complete could not be read after all."""
    ledger = Ledger(marks={"transactions": {"a": before}})
    followed = FollowedParents(ledger, HORIZON, now=NOW)
    followed.follow(ENDPOINT, {"a": whole_reading(before, HORIZON)})
    commit(followed, [receipt(0, 40), receipt(41, 105)])
    assert ledger.mark("transactions", "a").verified_at == NOW

    commit(followed, [receipt(20, 20, Status.QUARANTINED)])

    mark = ledger.mark("transactions", "a")
    assert (mark.verified_at, mark.covered, mark.due) == (before.verified_at, Window(on(0), on(19)), True)
    assert mark.islands == (Window(on(21), on(99)),)


@pytest.mark.parametrize(
    ("receipts", "loaded"),
    [
        pytest.param([receipt(0, 105)], True, id="whole"),
        pytest.param([receipt(0, 19), receipt(20, 20, Status.QUARANTINED), receipt(21, 105)], True, id="but-for-a-day"),
        pytest.param([receipt(0, 100), receipt(101, 105, Status.FAILED)], True, id="but-for-days-ahead"),
        pytest.param([receipt(0, 19)], False, id="broke-off"),
        pytest.param([receipt(0, 19), receipt(21, 105), receipt(20, 20, Status.FAILED)], False, id="failed"),
    ],
)
def test_a_history_is_loaded_once_it_was_read_to_its_end(receipts, loaded):
    """What comes after that is news, also beside a day that stays over the cap."""
    ledger = Ledger()
    followed = FollowedParents(ledger, HORIZON, now=NOW)
    followed.follow(ENDPOINT, {"a": whole_reading(Mark(), HORIZON)})

    commit(followed, receipts)

    assert ledger.mark("transactions", "a").loaded is loaded


def marked(before: Mark, *receipts: Receipt, reading: Reading | None = None, **more: set[str]) -> Mark:
    """The mark after a run that read the whole history, or as *reading* has it."""
    endpoint = receipts[0].endpoint
    ledger = Ledger(marks={endpoint.name: {"a": before}})
    followed = FollowedParents(ledger, HORIZON, now=NOW)
    followed.follow(endpoint, {"a": reading or whole_reading(before, HORIZON)})
    commit(followed, receipts, **more)
    return ledger.mark(endpoint.name, "a")


OLD = Mark(covered=Window(on(0), on(98)), verified_at=at(60))
NIGHTLY = Reading(span=Window(on(90), on(105)), mark=OLD, whole=False)


@pytest.mark.parametrize("before", [Mark(covered=Window(on(0), on(50))), OLD], ids=["never-verified", "verified"])
@pytest.mark.parametrize("due", [False, True])
def test_w4_the_mark_stops_before_a_day_that_cannot_be_read(before, due):
    """Whatever an earlier run proved of it: the next one goes on there, and need not read the rest again."""
    receipts = [receipt(0, 19), receipt(20, 20, Status.QUARANTINED), receipt(21, 105)]
    mark = marked(replace(before, due=due), *receipts)
    assert (mark.covered, mark.islands) == (Window(on(0), on(19)), (Window(on(21), on(99)),))
    assert (mark.verified_at, mark.due) == (before.verified_at, False)


def test_w4_a_day_of_the_look_back_that_cannot_be_read_is_asked_for_until_it_can():
    """Also when the look-back has left it behind."""
    night = marked(OLD, receipt(90, 90, Status.QUARANTINED), receipt(91, 105), reading=NIGHTLY)
    assert night.due is False
    assert replace(HORIZON, now=at(120), look_back_days=1).nightly(night) == Window(on(89), on(125))


@pytest.mark.parametrize(
    ("before", "receipts", "due"),
    [
        pytest.param(OLD, [receipt(0, 19), receipt(20, 20, Status.FAILED)], True, id="verified"),
        pytest.param(Mark(), [receipt(0, 19), receipt(20, 20, Status.FAILED)], False, id="goes-on"),
    ],
)
def test_d1_a_history_read_again_that_breaks_off_is_due_at_once(before, receipts, due):
    """Whoever's turn it is the next night; what was never read whole is read on."""
    mark = marked(before, *receipts)
    assert (mark.due, mark.covered) == (due, before.covered or Window(on(0), on(19)))


@pytest.mark.parametrize("first", [0, 90], ids=["whole", "night"])
def test_d1_days_that_failed_before_others_that_were_read_are_read_again(first):
    """What waited behind them is loaded, the end of the history too: it was not read for that (F3)."""
    reading = NIGHTLY if first else None
    mark = marked(OLD, receipt(first, 94), receipt(96, 105), receipt(95, 95, Status.FAILED), reading=reading)
    assert (mark.covered, mark.islands) == (Window(on(0), on(94)), (Window(on(96), on(99)),))
    assert (mark.verified_at, mark.due) == (at(60), not first)


def test_days_that_failed_stay_where_the_mark_did_not_come_past_them():
    """An API that is down for a night moves no mark."""
    assert marked(OLD, receipt(90, 105, Status.FAILED), reading=NIGHTLY) == OLD


@pytest.mark.parametrize(
    ("before", "first", "bare"),
    [
        pytest.param(Mark(), 0, True, id="new"),
        pytest.param(OLD, 0, True, id="again"),
        pytest.param(Mark(covered=Window(on(0), on(50)), reading_since=at(99)), 41, False, id="goes-on"),
    ],
)
def test_d1_a_history_that_is_read_on_is_not_without_rows_for_its_rest_has_none(before, first, bare):
    """Whoever has none rests."""
    reading = Reading(span=Window(on(first), on(105)), mark=before, whole=True)
    assert marked(before, replace(receipt(first, 105), rows=0), reading=reading).bare is bare


@pytest.mark.parametrize("reading", [None, NIGHTLY], ids=["whole", "night"])
def test_d3_who_lost_too_much_to_be_believed_is_read_whole_in_the_next_run(reading):
    """The doubt must not be forgotten with the days that raised it."""
    assert marked(OLD, receipt(90, 105), reading=reading, suspected={"a"}).due is True


def test_d6_who_misses_a_row_is_read_whole_in_the_next_run_if_not_in_this_one():
    """The run may be killed, or that reading fail; it is over at its end, but for a day that left the mark."""
    night = marked(OLD, receipt(90, 105), reading=NIGHTLY, missing={"a"})
    assert night.due is True
    assert marked(night, receipt(0, 105)).due is False
    assert marked(night, receipt(0, 19), receipt(20, 20, Status.QUARANTINED), receipt(21, 105)).due is False
    assert marked(night, receipt(0, 19), receipt(20, 20, Status.FAILED)).due is True


@pytest.mark.parametrize(
    ("status", "due"), [(Status.COMPLETE, False), (Status.FAILED, True), (Status.QUARANTINED, True)]
)
def test_d7_who_waits_for_days_that_rows_name_is_due_until_they_are_read(status, due):
    """The run may be killed before it asks for them."""
    ledger = Ledger(marks={"transactions": {"a": OLD}})
    followed = FollowedParents(ledger, HORIZON, now=NOW)
    followed.follow(ENDPOINT, {"a": whole_reading(OLD, HORIZON)})
    commit(followed, [receipt(0, 105)], waiting={"a"})
    assert (ledger.mark("transactions", "a").due, ledger.mark("transactions", "a").verified_at) == (True, NOW)

    far = Reading(span=Window(on(900), on(900)), mark=ledger.mark("transactions", "a"), whole=False, marks=False)
    followed.follow(ENDPOINT, {"a": far})
    commit(followed, [receipt(900, 900, status)], waiting=set() if status is Status.COMPLETE else {"a"})

    assert ledger.mark("transactions", "a").due is due


def test_d7_who_has_a_far_day_that_cannot_be_read_is_read_whole_in_the_next_run():
    """Nothing else would ask for that day."""
    far = Reading(span=Window(on(900), on(900)), mark=OLD, whole=False, marks=False)
    assert [marked(OLD, receipt(900, 900, status), reading=far).due for status in Status] == [False, False, True, True]


def test_what_is_asked_for_whole_and_may_be_cut_is_asked_for_in_the_next_run():
    """Not only in its turn."""
    endpoint = CATALOGUE["interest_rates"]
    mark = marked(OLD, receipt(0, 105, Status.QUARANTINED, endpoint=endpoint))
    assert (mark.due, mark.covered, mark.verified_at) == (True, OLD.covered, OLD.verified_at)


def test_w4_a_day_in_doubt_that_is_asked_by_itself_leaves_the_others_as_they_are():
    """Each of its days would be a request, every night, as long as the day is over the cap."""
    endpoint, before = CATALOGUE["custodian_holdings"], Mark(covered=Window(on(0), on(98)), verified_at=at(60))
    ledger = Ledger(marks={endpoint.name: {"a": before}})
    followed = FollowedParents(ledger, HORIZON, now=NOW)
    followed.follow(endpoint, tonight(ledger.marks[endpoint.name], ["a"], HORIZON, endpoint.dates))
    commit(followed, [receipt(day, day, endpoint=endpoint) for day in range(97, 101)])

    commit(followed, [receipt(99, 99, Status.QUARANTINED, endpoint=endpoint)])

    mark = ledger.mark(endpoint.name, "a")
    assert (mark.covered, mark.due, mark.verified_at) == (Window(on(0), on(98)), False, at(60))
    assert tonight(ledger.marks[endpoint.name], ["a"], HORIZON, endpoint.dates)["a"].span.first >= on(70)


def night_after(*receipts: Receipt) -> Window:
    """What is read the night after one that read *receipts* anew, of days that an earlier reading had covered."""
    before = Mark(covered=Window(on(0), on(50)), reading_since=at(60))
    ledger = Ledger(marks={"transactions": {"a": before}})
    followed = FollowedParents(ledger, HORIZON, now=NOW)
    followed.follow(ENDPOINT, tonight(ledger.marks["transactions"], ["a"], HORIZON))
    commit(followed, receipts)
    return tonight(ledger.marks["transactions"], ["a"], replace(HORIZON, now=at(101)))["a"].span


def test_d1_a_reading_begun_anew_that_breaks_off_does_not_go_on_from_what_an_earlier_one_covered():
    """Days 21 to 50 were read once, too long ago: they would count as read again."""
    assert night_after(receipt(0, 20)) == Window(on(0), on(106))


def test_d1_a_reading_begun_anew_that_came_to_its_end_but_for_a_day_is_not_begun_again_every_night():
    """As long as that day is over the cap."""
    assert night_after(receipt(0, 69), receipt(70, 70, Status.QUARANTINED), receipt(71, 105)) == Window(on(60), on(106))


@pytest.mark.parametrize(
    ("receipts", "unread"),
    [
        pytest.param([receipt(50, 105), receipt(0, 49)], [], id="whole"),
        pytest.param([receipt(0, 19), receipt(30, 105)], [Window(on(20), on(29))], id="a-gap"),
        pytest.param([receipt(0, 19), receipt(20, 20, Status.QUARANTINED), receipt(21, 105)], [], id="left-out"),
        pytest.param([receipt(0, 19), receipt(20, 105, Status.FAILED)], [], id="failed-and-said"),
    ],
)
def test_days_that_never_came_and_of_which_nothing_says_why_are_told(receipts, unread):
    """Whatever forgot them: a run that read less than it was to is not complete."""
    followed = FollowedParents(Ledger(), HORIZON, now=NOW)
    followed.follow(ENDPOINT, {"a": whole_reading(Mark(), HORIZON)})

    commit(followed, receipts)

    assert [*followed.unread()] == [("transactions", "a", days) for days in unread]
