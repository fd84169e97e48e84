"""How a fetch ends before its spans do: an API that is down, a stop, a reader who leaves."""

import threading

import pytest

from sources.aleta.catalogue.catalogue import CATALOGUE
from sources.aleta.errors import (
    AuthError,
    StoppedError,
    UnavailableError,
    UnreachableError,
)
from sources.aleta.planning.cap import RowCap
from sources.aleta.planning.planner import Planner
from sources.aleta.reading.reader import Reader
from sources.aleta.reading.rows.fetch import Status, fetch
from tests.apis import FakeApi, all_end
from tests.fakes import FakeClock
from tests.unit.sources.aleta.reading.rows.fetched import SPAN, account, read


@pytest.mark.parametrize("error", [AuthError("401"), UnreachableError("no host"), KeyError("defect")])
def test_an_api_that_cannot_be_used_ends_the_reading(error):
    """Nobody's private trouble; no thread is left."""
    api = FakeApi(rows={"a": []}, says={"a": error})
    with pytest.raises(type(error)):
        read(api)
    assert all_end("fetch-")


def test_an_outage_names_everyone_and_asks_no_more():
    """Three times the workers failed in a row: the rest is not tried, and every one of them is named (F3)."""
    names = [f"a{number}" for number in range(100)]
    api = FakeApi(rows={name: [] for name in names}, says=dict.fromkeys(names, UnavailableError("503")))
    receipts = read(api, workers=2)
    assert len(api.seen) <= 8
    assert sorted(receipt.parent_id for receipt in receipts) == sorted(names)
    assert {receipt.status for receipt in receipts} == {Status.FAILED}
    assert {receipt.window for receipt in receipts} == {SPAN}


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
