"""Windows proven complete, with real threads and an Aleta in memory that hides its row cap."""

from functools import partial

import pytest

from sources.aleta.errors import (
    ForbiddenError,
    MalformedError,
    RefusedError,
    RetryableError,
    UnauthorizedError,
    UnavailableError,
    WindowTooWideError,
)
from sources.aleta.planning.cap import RowCap
from sources.aleta.planning.planner import Planner
from sources.aleta.planning.questions import Proof
from sources.aleta.planning.windows import Window
from sources.aleta.reading.rows import fetch as fetching
from sources.aleta.reading.rows.fetch import Status
from sources.aleta.reading.rows.waiting import WaitingAnswers
from tests.apis import DayByDay, FakeApi, booked
from tests.fakes import NOON
from tests.stores import on
from tests.unit.sources.aleta.reading.rows.fetched import (
    NO_DATA,
    SPAN,
    account,
    assert_tiles,
    complete,
    ids,
    read,
    read_days,
)


def test_c5_rows_that_wait_on_disk_are_handed_on_like_those_in_memory(monkeypatch):
    """The server shows the last rows, so that all waits for the oldest day; memory holds five rows."""

    def receipts() -> list[object]:
        api = FakeApi(rows={"a": account("a", 300), "b": account("b", 40)})
        api.cap = 20
        found = read(api, workers=1)
        return [(receipt.window, receipt.status, receipt.answer and receipt.answer.batch) for receipt in found]

    in_memory = receipts()
    monkeypatch.setattr(fetching, "WaitingAnswers", partial(WaitingAnswers, memory_rows=5))

    assert receipts() == in_memory


@pytest.mark.parametrize("workers", [1, 5])
@pytest.mark.parametrize("cap", [7, 40, 10**6])
def test_w5_complete_windows_tile_the_span_and_hold_every_row(cap, workers):
    """Whatever the hidden cap: each row once, no day left out, each account's windows oldest first."""
    api = FakeApi(rows={name: account(name, count) for name, count in (("a", 300), ("b", 40), ("c", 1), ("d", 0))})
    api.cap = cap
    done = complete(read(api, workers=workers))
    for name, rows in api.rows.items():
        assert_tiles(done[name], SPAN)
        assert ids(done[name]) == sorted(str(row["id"]) for row in rows)


def test_w2_rows_of_a_split_window_are_dropped():
    """Its receipt says how many came and why they are not kept, and holds none."""
    api = FakeApi(rows={"a": account("a", 300)}, cap=50)
    split = [receipt for receipt in read(api) if receipt.status is Status.SPLIT]
    assert split
    for receipt in split:
        assert (receipt.answer, receipt.rows > 0, "row cap" in receipt.reason) == (None, True, True)


def test_a_complete_receipt_says_what_came_and_when():
    """The count of its rows, no reason, no error, the instant of its answer."""
    (receipt,) = read(FakeApi(rows={"a": account("a", 1)}))
    assert (receipt.endpoint.name, receipt.parent_id, receipt.window, receipt.rows) == ("transactions", "a", SPAN, 1)
    assert (receipt.reason, receipt.error, receipt.fetched_at, receipt.answer.fetched_at) == ("", None, NOON, NOON)


def test_w4_a_day_over_the_cap_is_quarantined_and_the_rest_is_complete():
    """The one day is named; what lies on either side is kept, and the other account with it."""
    crowd = [booked(f"x{number}", on(100)) for number in range(30)]
    api = FakeApi(rows={"a": account("a", 60) + crowd, "b": account("b", 9)}, cap=20)
    receipts = read(api)
    (gap,) = [receipt for receipt in receipts if receipt.status is Status.QUARANTINED]
    assert (gap.parent_id, gap.window, gap.rows, gap.answer) == ("a", Window(on(100), on(100)), 20, None)
    assert "row_cap" in gap.reason
    done = complete(receipts)
    assert_tiles(sorted([*done["a"], gap], key=lambda receipt: receipt.window), SPAN)
    assert_tiles(done["b"], SPAN)


def test_w5_a_span_refused_as_too_wide_is_read_in_narrower_windows():
    """Halved until it is taken; the refusals have receipts; the width is remembered for the next account."""

    def refuse(_, first, last):
        if (last - first).days + 1 > 31:
            raise WindowTooWideError("400")

    api = FakeApi(rows={"a": account("a", 30), "b": account("b", 5)}, trouble=refuse)
    planner = Planner(cap=RowCap())
    receipts = read(api, planner=planner, workers=1)
    done = complete(receipts)
    for name in ("a", "b"):
        assert_tiles(done[name], SPAN)
    assert {receipt.reason for receipt in receipts if receipt.status is Status.SPLIT and not receipt.rows} == {
        "refused as too wide"
    }
    assert planner.max_days == 25
    assert ids(done["a"]) == sorted(str(row["id"]) for row in api.rows["a"])


def test_a_day_that_is_refused_is_a_failure():
    """Too wide cannot be the reason for one day: the account fails, the other does not."""

    def refuse(name, *_):
        if name == "a":
            raise WindowTooWideError("422 unknown account")

    receipts = read(FakeApi(rows={"a": [], "b": account("b", 3)}, trouble=refuse), span=Window(on(0), on(3)))
    (failure,) = [receipt for receipt in receipts if receipt.status is Status.FAILED]
    assert (failure.parent_id, failure.window.days, failure.reason) == ("a", 1, "422 unknown account")
    assert list(complete(receipts)) == ["b"]


@pytest.mark.parametrize("error", [ForbiddenError("403"), UnavailableError("503"), RefusedError("418"), NO_DATA])
def test_f3_a_failing_account_does_not_stop_the_others(error):
    """It is named once, with its error; it is never complete; all others are."""
    api = FakeApi(rows={name: account(name, 30) for name in "abcde"}, says={"c": error}, cap=20)
    receipts = read(api, workers=2)
    (failure,) = [receipt for receipt in receipts if receipt.status is Status.FAILED]
    assert (failure.parent_id, failure.window, failure.answer, failure.rows) == ("c", SPAN, None, 0)
    assert failure.error is not None
    assert failure.reason == str(failure.error)
    done = complete(receipts)
    assert sorted(done) == ["a", "b", "d", "e"]
    for name in done:
        assert_tiles(done[name], SPAN)


@pytest.mark.parametrize("workers", [1, 8])
@pytest.mark.parametrize("days_failing", [3, 9])
@pytest.mark.parametrize("error", [MalformedError("errors"), UnavailableError("503"), RefusedError("400")])
def test_f3_a_day_that_is_asked_for_by_itself_fails_by_itself(error, days_failing, workers):
    """Days behind it are read, as long as few fail; so are the others, with one worker and the API up (`Outages`)."""

    def fail(name, day, _):
        if name == "a" and day < on(days_failing):
            raise error

    api = DayByDay(rows={name: [booked(f"{name}{day}", on(day)) for day in range(9)] for name in "ab"}, trouble=fail)

    receipts = read_days(api, Window(on(0), on(8)), workers=workers)

    days = {receipt.window.first: receipt for receipt in receipts if receipt.parent_id == "a"}
    left_out = [Status.QUARANTINED] * min(days_failing, 3)
    behind = [Status.COMPLETE] * 6 if days_failing == 3 else [Status.FAILED]
    assert [days[on(day)].status for day in range(len(left_out + behind))] == left_out + behind
    assert days[on(0)].reason == str(error)
    assert days[on(0)].error == (error if isinstance(error, RetryableError) else None)  # it may answer next time
    assert len(complete(receipts)["b"]) == 9


@pytest.mark.parametrize("refused", [0, 4, 8])
def test_f3_a_day_that_is_refused_costs_its_parent_no_other(refused):
    """F3: the first, before anything was answered; one amid the others; the last. No request more."""

    def fail(name, first, _):
        if (name, first) == ("a", on(refused)):
            raise ForbiddenError("403")

    api = DayByDay(rows={"a": [booked(f"a{day}", on(day)) for day in range(9)]}, trouble=fail)

    receipts = read_days(api, Window(on(0), on(8)), workers=1)

    days = {receipt.window.first: (receipt.status, receipt.reason) for receipt in receipts}
    assert days.pop(on(refused)) == (Status.QUARANTINED, "403")
    assert {status for status, _ in days.values()} == {Status.COMPLETE}
    assert (len(days), len(api.seen)) == (8, 9)


@pytest.mark.parametrize("workers", [1, 3])
def test_f3_many_refused_days_cost_their_parent_no_other(workers):
    """Nor do they count with those of which a few may fail."""
    refused, down = {*range(2, 8)}, {9, 11, 13}

    def fail(_, first, __):
        if first in map(on, refused):
            raise ForbiddenError("403")
        if first in map(on, down):
            raise MalformedError("no data")

    api = DayByDay(rows={"a": [booked(f"a{day}", on(day)) for day in range(20)]}, trouble=fail)

    receipts = read_days(api, Window(on(0), on(19)), workers=workers)

    statuses = {receipt.window.first: receipt.status for receipt in receipts}
    left_out = {on(day): Status.QUARANTINED for day in refused | down}
    assert statuses == dict.fromkeys(map(on, range(20)), Status.COMPLETE) | left_out


@pytest.mark.parametrize("answered", [(), ("a",)], ids=["nobody", "itself"])
def test_f3_a_day_that_is_owed_is_refused_by_itself_where_others_were_shown_before(answered):
    """It is all that is asked for then."""

    def fail(*_):
        raise ForbiddenError("403")

    api = DayByDay(rows={"a": []}, trouble=fail)

    [receipt] = read_days(api, Window(on(3), on(3)), answered=answered)

    assert receipt.status is (Status.QUARANTINED if answered else Status.FAILED)


@pytest.mark.parametrize("error", [ForbiddenError("403"), UnauthorizedError("401")])
def test_f3_a_parent_that_is_forbidden_is_given_up_by_day_too(error):
    """It is no day's own."""

    def fail(name, *_):
        if name == "a":
            raise error

    api = DayByDay(rows={"a": [], "b": []}, trouble=fail)

    receipts = read_days(api, Window(on(0), on(8)), workers=1)

    assert [receipt.status for receipt in receipts if receipt.parent_id == "a"] == [Status.FAILED]


def test_f3_what_was_kept_before_a_failure_stays_kept():
    """The older half was proven complete; the newer one fails once, however many of its windows were out."""

    def fail_late(name, _, last):
        if name == "a" and last > on(150):
            raise UnavailableError("503")

    api = FakeApi(rows={"a": account("a", 100), "b": account("b", 200)}, trouble=fail_late)
    receipts = read(api, planner=Planner(cap=RowCap(), max_days=10), workers=4)
    assert [receipt.parent_id for receipt in receipts if receipt.status is Status.FAILED] == ["a"]
    done = complete(receipts)
    assert_tiles(done["b"], SPAN)
    assert all(receipt.window.last <= on(150) for receipt in done["a"])
    wanted = {str(row["id"]) for row in api.rows["a"]}
    assert set(ids(done["a"])) <= wanted


@pytest.mark.parametrize(
    "body", [b"", b"[]", NO_DATA, b'{"data":[{"type":"x"}]}', b'{"data":[],"errors":[]}', b'{"data":[']
)
def test_f1_a_server_that_answers_wrongly_is_never_complete(body):
    """Every account gets the same no-answer: not one receipt says complete, not one row is kept."""
    api = FakeApi(rows={"a": [], "b": []}, says={"a": body, "b": body})
    receipts = read(api, workers=3)
    assert [receipt.status for receipt in receipts] == [Status.FAILED] * 2


def test_a_proof_is_asked_and_nothing_of_it_is_kept():
    """The largest answer of an earlier run clears this night's with one request, and leaves no receipt."""
    api = FakeApi(rows={"big": account("big", 90), "a": account("a", 30), "b": account("b", 30)})
    week = Window(on(0), on(99))
    planner = Planner(cap=RowCap(), proof=Proof("big", SPAN, 90))
    receipts = read(api, accounts=["a", "b"], planner=planner, span=week, workers=1)
    assert {(receipt.parent_id, receipt.status, receipt.window) for receipt in receipts} == {
        ("a", Status.COMPLETE, week),
        ("b", Status.COMPLETE, week),
    }
    assert len(receipts) == 2
    assert len(api.seen) == 3


def test_w7_what_a_proof_shows_beyond_its_span_is_told():
    """Of one that is read on some of these days, and of one that is not read at all; but not what is read anyway."""
    api = FakeApi(rows={"big": account("big", 90), "a": account("a", 30)})
    week, told = Window(on(0), on(99)), []

    def sight(parent, window, answer):
        told.append((parent, window, len(answer.ids)))

    for accounts, span in (("a",), week), (("a", "big"), week), (("a", "big"), SPAN):
        planner = Planner(cap=RowCap(), proof=Proof("big", SPAN, 90))
        read(api, accounts=accounts, planner=planner, span=span, workers=1, sighted=sight)
    assert told == [("big", SPAN, 90)] * 2


@pytest.mark.parametrize("error", [ForbiddenError("403"), WindowTooWideError("400")])
def test_a_proof_that_cannot_be_read_costs_nothing_but_itself(error):
    """Its account is gone, or the window too wide: this night's answers are proven by their own parts."""

    def refuse(name, *_):
        if name == "big":
            raise error

    api = FakeApi(rows={"a": account("a", 30)}, trouble=refuse)
    receipts = read(api, planner=Planner(cap=RowCap(), proof=Proof("big", SPAN, 90)))
    assert_tiles(complete(receipts)["a"], SPAN)
    assert not [receipt for receipt in receipts if receipt.parent_id == "big"]


def test_no_account_is_no_request():
    """Nothing to read ends at once."""
    api = FakeApi()
    assert read(api) == []
    assert api.seen == []


def test_w1_quiet_accounts_cost_a_request_each():
    """The largest comes first and is proven by its two parts; all others are smaller, and asked once."""
    api = FakeApi(rows={"big": account("big", 50)})
    api.rows |= {f"a{number}": account(f"a{number}", number % 9) for number in range(40)}
    read(api, workers=1)
    assert len(api.seen) == 41 + 2


def test_a_span_of_one_day_is_one_window():
    """Both ends are the same day, and the next day's row is not in it."""
    api = FakeApi(rows={"a": [booked("t", on(0)), booked("u", on(1))]})
    (receipt,) = read(api, span=Window(on(0), on(0)))
    assert (receipt.status, receipt.answer.ids) == (Status.COMPLETE, ["t"])
