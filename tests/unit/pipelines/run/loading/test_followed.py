"""How far marks grow by what a run reads, and what becomes of them when it turns out to be less."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipelines.ledger.ledger import Ledger
from pipelines.ledger.marks import Mark
from pipelines.ledger.readings import Horizon, tonight, whole_reading
from pipelines.run.loading.followed import FollowedParents
from sources.aleta.catalogue.catalogue import CATALOGUE
from sources.aleta.catalogue.endpoint import Endpoint
from sources.aleta.jsonapi.answer import nothing
from sources.aleta.planning.windows import Window
from sources.aleta.reading.rows.receipts import Receipt, Status
from tests.stores import at, on

ENDPOINT = CATALOGUE["transactions"]
NOW = at(100, hour=13)
HORIZON = Horizon(now=NOW, history_start=on(0), look_back_days=10, look_ahead_days=5, reverify_days=30)


def receipt(first: int, last: int, status: Status = Status.COMPLETE, *, endpoint: Endpoint = ENDPOINT) -> Receipt:
    return Receipt(
        endpoint=endpoint,
        parent_id="a",
        window=Window(on(first), on(last)),
        status=status,
        rows=1,
        fetched_at=NOW,
        answer=nothing(endpoint, parent_id="a", at=NOW) if status is Status.COMPLETE else None,
    )


@pytest.mark.parametrize(
    "before", [Mark(), Mark(covered=Window(on(0), on(50)), verified_at=at(60))], ids=["new", "old"]
)
def test_m1_a_day_in_doubt_after_the_history_was_read_takes_back_that_it_was(before):
    """W6: the last window had come, and then a day that counted as complete could not be read after all."""
    ledger = Ledger(marks={"transactions": {"a": before}})
    followed = FollowedParents(ledger, HORIZON, now=NOW)
    followed.follow(ENDPOINT, {"a": whole_reading(before, HORIZON)})
    followed.mark(ENDPOINT, [receipt(0, 40), receipt(41, 105)], set())
    assert ledger.mark("transactions", "a").verified_at == NOW

    followed.mark(ENDPOINT, [receipt(20, 20, Status.QUARANTINED)], set())

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

    followed.mark(ENDPOINT, receipts, set())

    assert ledger.mark("transactions", "a").loaded is loaded


@pytest.mark.parametrize("status", [Status.QUARANTINED, Status.FAILED])
def test_m1_a_day_between_others_that_cannot_be_read_leaves_what_an_earlier_run_proved(status):
    """It never counted as complete in this run: nothing is taken back."""
    before = Mark(covered=Window(on(0), on(50)))
    ledger = Ledger(marks={"transactions": {"a": before}})
    followed = FollowedParents(ledger, HORIZON, now=NOW)
    followed.follow(ENDPOINT, {"a": whole_reading(before, HORIZON)})

    followed.mark(ENDPOINT, [receipt(0, 19), receipt(21, 40), receipt(20, 20, status)], set())

    assert ledger.mark("transactions", "a").covered == Window(on(0), on(50))


def test_w4_a_day_in_doubt_that_is_asked_by_itself_leaves_the_others_as_they_are():
    """Each of its days would be a request, every night, as long as the day is over the cap."""
    endpoint, before = CATALOGUE["custodian_holdings"], Mark(covered=Window(on(0), on(98)), verified_at=at(60))
    ledger = Ledger(marks={endpoint.name: {"a": before}})
    followed = FollowedParents(ledger, HORIZON, now=NOW)
    followed.follow(endpoint, tonight(ledger.marks[endpoint.name], ["a"], HORIZON, endpoint.dates))
    followed.mark(endpoint, [receipt(day, day, endpoint=endpoint) for day in range(97, 101)], set())

    followed.mark(endpoint, [receipt(99, 99, Status.QUARANTINED, endpoint=endpoint)], set())

    mark = ledger.mark(endpoint.name, "a")
    assert (mark.covered, mark.due, mark.verified_at) == (Window(on(0), on(98)), False, at(60))
    assert tonight(ledger.marks[endpoint.name], ["a"], HORIZON, endpoint.dates)["a"].span.first >= on(70)


def night_after(*receipts: Receipt) -> Window:
    """What is read the night after one that read *receipts* anew, of days that an earlier reading had covered."""
    before = Mark(covered=Window(on(0), on(50)), reading_since=at(60))
    ledger = Ledger(marks={"transactions": {"a": before}})
    followed = FollowedParents(ledger, HORIZON, now=NOW)
    followed.follow(ENDPOINT, tonight(ledger.marks["transactions"], ["a"], HORIZON))
    followed.mark(ENDPOINT, receipts, set())
    return tonight(ledger.marks["transactions"], ["a"], replace(HORIZON, now=at(101)))["a"].span


def test_d1_a_reading_begun_anew_that_breaks_off_does_not_go_on_from_what_an_earlier_one_covered():
    """Days 21 to 50 were read once, too long ago: they would count as read again."""
    assert night_after(receipt(0, 20)) == Window(on(0), on(106))


def test_d1_a_reading_begun_anew_that_came_to_its_end_but_for_a_day_is_not_begun_again_every_night():
    """As long as that day is over the cap."""
    assert night_after(receipt(0, 69), receipt(70, 70, Status.QUARANTINED), receipt(71, 105)) == Window(on(60), on(106))
