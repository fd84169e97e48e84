"""Receipts are held back for a while, for a trial may still put their windows in doubt."""

from sources.aleta.catalogue.catalogue import CATALOGUE
from sources.aleta.jsonapi.answer import nothing
from sources.aleta.planning.windows import Window
from sources.aleta.reading.rows.holding import HELD_S, Holding
from sources.aleta.reading.rows.receipts import Receipt, Status
from tests.fakes import NOON, FakeClock
from tests.stores import on

ENDPOINT = CATALOGUE["transactions"]


def receipt(number: int, *, rows: int = 1, status: Status = Status.COMPLETE) -> Receipt:
    return Receipt(
        endpoint=ENDPOINT,
        parent_id="a",
        window=Window(on(number), on(number)),
        status=status,
        rows=rows,
        fetched_at=NOON,
        answer=nothing(ENDPOINT, parent_id="a", at=NOON) if status is Status.COMPLETE else None,
    )


def test_receipts_are_handed_on_in_their_order_when_all_is_done():
    """Nothing is handed on while it is young and little."""
    holding = Holding(FakeClock())
    for number in range(3):
        holding.add(receipt(number))

    assert list(holding.release()) == []
    assert [receipt.window.first for receipt in holding.release(everything=True)] == [on(0), on(1), on(2)]


def test_what_is_old_is_handed_on():
    """C1: a crash loses some seconds."""
    clock = FakeClock()
    holding = Holding(clock)
    holding.add(receipt(0))
    clock.sleep(HELD_S)
    holding.add(receipt(1))

    assert [receipt.window.first for receipt in holding.release()] == [on(0)]


def test_what_is_too_much_is_handed_on():
    """C5: the oldest first."""
    holding = Holding(FakeClock(), rows=10)
    for number in range(4):
        holding.add(receipt(number, rows=4))

    assert [receipt.window.first for receipt in holding.release()] == [on(0), on(1)]


def test_a_window_that_was_read_again_while_it_was_held_is_handed_on_once():
    """The newer answer is; it is counted once, and can be taken back."""
    holding = Holding(FakeClock(), rows=10)
    holding.add(receipt(0, rows=6))
    again = receipt(0, rows=7)
    holding.add(again)

    assert list(holding.release()) == []
    assert list(holding.release(everything=True)) == [again]


def test_a_window_in_doubt_is_taken_back_once():
    """W6: what was handed on cannot be."""
    holding = Holding(FakeClock())
    holding.add(receipt(0))
    holding.add(receipt(1, status=Status.SPLIT))

    assert holding.take_back("a", Window(on(0), on(0))) is not None
    assert holding.take_back("a", Window(on(0), on(0))) is None
    assert [receipt.status for receipt in holding.release(everything=True)] == [Status.SPLIT]


def test_without_trials_nothing_is_held():
    """What cannot be tried cannot be put in doubt."""
    holding = Holding(FakeClock(), rows=0)
    holding.add(receipt(0))

    assert len(list(holding.release())) == 1
