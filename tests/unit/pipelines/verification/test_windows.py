"""Which windows a sample draws, and what it knows of them."""

from __future__ import annotations

from contextlib import contextmanager

import pytest

from pipelines.ledger.marks import Mark
from pipelines.ledger.readings import Horizon
from pipelines.verification.windows import Windows
from schemas.ledger import SYNC_WINDOWS
from sources.aleta.catalogue.catalogue import CATALOGUE
from sources.aleta.planning.windows import Window
from tests.stores import at, memory_store, on

RATES = CATALOGUE["interest_rates"]
SPAN = Window(on(0), on(30))
HORIZON = Horizon(now=at(9), history_start=on(0), look_back_days=28, look_ahead_days=31, reverify_days=30)


class Warehouse:
    """One that holds the receipts of a test."""

    def __init__(self, store) -> None:
        self._store = store

    @contextmanager
    def open(self):
        yield self._store


def receipt(loan: str, rows: int, night: int, status: str = "complete") -> dict[str, object]:
    window = {"resource": "interest_rates", "parent_id": loan, "from_date": SPAN.first, "to_date": SPAN.last}
    return window | {"run_id": f"{night}", "rows": rows, "status": status, "fetched_at": at(night)}


@pytest.fixture
def sampled():
    """The windows that are sampled of these receipts, and how many rows the sync last took each for."""

    def of(*receipts: dict[str, object], sample: int = 9):
        with memory_store() as store:
            store.put(SYNC_WINDOWS, receipts)
            loans = {str(each["parent_id"]) for each in receipts}
            windows = Windows(Warehouse(store), HORIZON)
            found = windows.sampled(RATES, loans, dict.fromkeys(loans, Mark()), sample)
            return {parent for spans in found.rounds for parent in spans}, set(found.judged)

    return of


def test_l3_a_sample_knows_with_how_many_rows_the_last_sync_took_each_window_for_whole(sampled):
    """It saw the lengths of all, a sample sees the longest: three of one length may be chance."""
    drawn, judged = sampled(*(receipt(loan, 83, 1) for loan in "abc"), receipt("a", 84, 2))

    assert drawn == {"a", "b", "c"}
    assert judged == {("a", SPAN, 84), ("b", SPAN, 83), ("c", SPAN, 83)}


def test_l3_what_the_last_sync_had_in_doubt_is_judged_again(sampled):
    """It was kept first, and quarantined when the others had come; of another it was kept the night after."""
    drawn, judged = sampled(
        *(receipt("a", 83, 1), receipt("a", 83, 2, "quarantined")),
        *(receipt("b", 83, 1, "quarantined"), receipt("b", 83, 2)),
        receipt("c", 83, 1, "failed"),
    )

    assert drawn == {"a", "b"}
    assert judged == {("b", SPAN, 83)}


def test_a_sample_has_no_more_windows_than_it_is_asked_for(sampled):
    drawn, _ = sampled(*(receipt(loan, rows, 1) for rows, loan in enumerate("abcdef")), sample=2)
    assert len(drawn) == 2
