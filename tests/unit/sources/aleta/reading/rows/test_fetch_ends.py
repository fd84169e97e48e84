"""How a fetch ends before its spans do: an API that is down, a stop, a reader who leaves."""

import threading
from dataclasses import replace

import pytest

from sources.aleta.catalogue.catalogue import CATALOGUE
from sources.aleta.errors import (
    AuthError,
    DefectError,
    ParentGoneError,
    StoppedError,
    UnavailableError,
    UnreachableError,
)
from sources.aleta.planning.cap import RowCap
from sources.aleta.planning.planner import Planner
from sources.aleta.planning.trials.budget import FIRST_LOAD
from sources.aleta.planning.trials.ends import Ends
from sources.aleta.planning.trials.prover import Prover
from sources.aleta.planning.windows import Window, without
from sources.aleta.reading.reader import Reader
from sources.aleta.reading.rows.fetch import Status, fetch
from tests.apis import FakeApi, all_end, booked
from tests.fakes import FakeClock
from tests.stores import on
from tests.unit.sources.aleta.reading.rows.fetched import SPAN, account, complete, read


@pytest.mark.parametrize("error", [AuthError("401"), UnreachableError("no host"), KeyError("defect")])
def test_an_api_that_cannot_be_used_ends_the_reading(error):
    """Nobody's private trouble; no thread is left."""
    api = FakeApi(rows={"a": []}, says={"a": error})
    with pytest.raises(type(error)):
        read(api)
    assert all_end("fetch-")


def test_an_outage_names_everyone_and_asks_no_more():
    """Three times the workers failed in a row, and three others: the rest is not tried, and everyone is named (F3)."""
    names = [f"a{number}" for number in range(100)]
    api = FakeApi(rows={name: [] for name in names}, says=dict.fromkeys(names, UnavailableError("503")))
    receipts = read(api, workers=2)
    assert len(api.seen) <= 8 + 3
    assert sorted(receipt.parent_id for receipt in receipts) == sorted(names)
    assert {receipt.status for receipt in receipts} == {Status.FAILED}
    assert {receipt.window for receipt in receipts} == {SPAN}


@pytest.mark.parametrize(
    ("broken", "error"),
    [
        (range(40), UnavailableError("500")),
        (range(30, 70), UnavailableError("500")),
        (range(30, 70), UnreachableError("reset")),
    ],
    ids=["the first", "in the middle", "refused connections"],
)
@pytest.mark.parametrize("workers", [1, 2])
def test_f3_accounts_that_fail_side_by_side_are_no_outage(broken, error, workers):
    """A client's accounts come one after the other, and may all fail for one reason: the others are read."""
    names = [f"a{number:02}" for number in range(100)]
    failing = {names[number] for number in broken}
    rows = {name: [] if name in failing else account(name, 3) for name in names}

    def trouble(asked, *_):
        if asked in failing:
            raise error

    receipts = read(FakeApi(rows=rows, trouble=trouble), workers=workers)

    assert complete(receipts).keys() == set(names) - failing
    assert {receipt.parent_id for receipt in receipts if receipt.status is Status.FAILED} == failing


def test_f3_accounts_that_begin_to_fail_after_they_answered_are_no_outage():
    """The last that answered is one of them: others are asked as well."""
    names = [f"a{number:02}" for number in range(60)]
    failing, seen = set(names[10:40]), set[str]()

    def trouble(asked, *_):
        seen.add(asked)
        if asked in failing and len(seen) > 13:
            raise UnavailableError("500")

    receipts = read(FakeApi(rows={name: account(name, 3) for name in names}, trouble=trouble), workers=1)

    assert complete(receipts).keys() >= set(names) - failing


def test_a_stop_ends_the_reading_and_what_came_before_stands():
    """Receipts given out before stay given; the rest is not waited for, and no thread is left."""
    stop, never = threading.Event(), threading.Event()

    def hang(name, *_):
        if name == "b":
            never.wait()

    api = FakeApi(rows={"a": account("a", 1), "b": []}, trouble=hang)
    receipts = fetch(
        CATALOGUE["transactions"],
        {"a": SPAN, "b": SPAN},
        Reader(api, FakeClock()),
        planner=Planner(cap=RowCap()),
        clock=FakeClock(),
        workers=2,
        stop=stop,
    )
    assert next(receipts).parent_id == "a"
    stop.set()
    with pytest.raises(StoppedError):
        next(receipts)
    never.set()
    assert all_end("fetch-")


def test_a_reader_who_leaves_early_leaves_no_thread():
    """A generator that is closed ends its workers."""
    receipts = fetch(
        CATALOGUE["transactions"],
        {"a": SPAN, "b": SPAN},
        Reader(FakeApi(), FakeClock()),
        planner=Planner(cap=RowCap()),
        clock=FakeClock(),
        workers=2,
        stop=threading.Event(),
    )
    next(receipts)
    receipts.close()
    assert all_end("fetch-")


def fetched(api, spans, prover, *, workers, endpoint=CATALOGUE["transactions"], existing_parents=()):
    return [
        *fetch(
            endpoint,
            spans,
            Reader(api, FakeClock()),
            planner=prover,
            clock=FakeClock(),
            workers=workers,
            stop=threading.Event(),
            existing_parents=existing_parents,
        )
    ]


def unread(receipts, spans):
    """Days of each parent that no receipt tells of."""
    told = {parent: [receipt.window for receipt in receipts if receipt.parent_id == parent] for parent in spans}
    return {parent: gaps for parent, span in spans.items() if (gaps := without([span], *told[parent]))}


@pytest.mark.parametrize("others", range(6))
@pytest.mark.parametrize("workers", [1, 3, 4, 8])
def test_nobody_waits_for_an_account_of_which_every_day_is_at_the_cap(workers, others):
    """It asks ahead of the others, and ends with days that tell nothing: the others were never read, without a word."""
    full = [booked(f"f{day}-{number}", on(day)) for day in range(4) for number in range(6)]
    rows = {f"o{own}": [booked(f"o{own}-{number}", on(number % 4)) for number in range(8)] for own in range(others)}
    api = FakeApi(rows={"full": full, **rows}, cap=3)
    spans = dict.fromkeys(api.rows, Window(on(0), on(3)))
    prover = Prover(planner=Planner(cap=RowCap()), budget=FIRST_LOAD)

    receipts = fetched(api, spans, prover, workers=workers)

    assert unread(receipts, spans) == {}
    assert prover.parents == 0
    assert Status.FAILED not in {receipt.status for receipt in receipts}


def test_what_is_still_on_its_way_of_an_account_that_failed_is_not_waited_for_by_the_next_reading():
    """One window fails while others of the account are out; then its older days are read, with the same planner."""
    failed = threading.Event()

    def trouble(_, first, __):
        if first == on(100):
            failed.set()
            raise ParentGoneError("gone")
        if first > on(100):
            failed.wait(5)

    api = FakeApi(rows={"a": [booked(f"r{number}", on(number % 50)) for number in range(40)]}, trouble=trouble)
    prover = Prover(planner=Planner(cap=RowCap(), max_days=20), budget=FIRST_LOAD)
    fetched(api, {"a": Window(on(100), on(199))}, prover, workers=3)
    spans = {"a": Window(on(0), on(50))}

    assert unread(fetched(api, spans, prover, workers=3), spans) == {}


def test_f3_whoever_is_forgotten_is_named(monkeypatch):
    """F3: a planner that asks for no more, and has not read all, ends nothing in silence."""
    asked = Prover.ask
    monkeypatch.setattr(Prover, "ask", lambda own: asked(own) if own.answers < 2 else None)
    names = [f"a{number}" for number in range(6)]
    api = FakeApi(rows={name: account(name, 1) for name in names})
    spans = dict.fromkeys(names, SPAN)

    receipts = fetched(api, spans, Prover(planner=Planner(cap=RowCap())), workers=1)

    assert unread(receipts, spans) == {}
    errors = [receipt.error for receipt in receipts if receipt.status is Status.FAILED]
    assert len(errors) >= 4
    assert all(isinstance(error, DefectError) for error in errors)


def test_w8_a_404_tells_about_the_ends_of_windows_where_it_means_no_rows():
    """The last day of a window is not read, and days without rows are 404: what lies on that day is kept."""

    def found(_, first, last):
        if not any(on(day) in Window(first, last) for day in (2, 4) if on(day) < last):
            raise ParentGoneError("404")

    class SkipsLastDay(FakeApi):
        def _booked(self, params):
            rows = super()._booked(params)
            return [row for row in rows if row["attributes"]["tradeDate"] < params["toDate"]]

    endpoint = replace(CATALOGUE["transactions"], none_is_404=True)
    api = SkipsLastDay(rows={"a": [booked("r2", on(2)), booked("r4", on(4))]}, trouble=found)
    prover = Prover(planner=Planner(cap=RowCap()), budget=FIRST_LOAD)
    receipts = fetched(api, {"a": Window(on(0), on(4))}, prover, workers=1, endpoint=endpoint, existing_parents=["a"])
    kept = {own_id for receipt in receipts if receipt.answer for own_id in receipt.answer.ids}
    assert kept == {"r2", "r4"}
    assert prover.ends is Ends.SKIPPED
