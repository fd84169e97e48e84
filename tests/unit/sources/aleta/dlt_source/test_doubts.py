"""Days and series that may have been cut, in someone else's pipeline (rules W4, L3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

import pyarrow as pa
import pytest

from sources.aleta.catalogue.catalogue import CATALOGUE
from sources.aleta.dlt_source.doubts import Doubts, Undivided
from sources.aleta.dlt_source.receipts import receipts, settle
from sources.aleta.dlt_source.spans import Horizon, Spans
from sources.aleta.jsonapi.answer import nothing
from sources.aleta.planning.windows import Window
from sources.aleta.reading.rows.receipts import Receipt, Status

NOW = datetime(2026, 3, 10, 6, tzinfo=UTC)


def read(resource: str, number: int, rows: int, *, parent: str = "a", held: str = "i") -> Receipt:
    """A day of *parent*, with rows of one instrument."""
    day, endpoint = date(2026, 3, number), CATALOGUE[resource]
    batch = pa.RecordBatch.from_pylist([{"instrument_id": held}] * rows, endpoint.answered)
    return Receipt(
        endpoint=endpoint,
        parent_id=parent,
        window=Window(day, day),
        status=Status.COMPLETE,
        rows=rows,
        fetched_at=NOW,
        answer=replace(nothing(endpoint, parent_id=parent, at=NOW), batch=batch),
    )


def ended(*package: Receipt) -> Undivided:
    undivided = Undivided()
    assert undivided.take(package) == []
    return undivided


def settled(*read: Undivided, caps: set[int] = frozenset(), row_cap: int = 0) -> list[Sequence[Receipt]]:
    """The receipts of all of them, which have read theirs."""
    doubts = Doubts()
    for undivided in read:
        doubts.note(undivided)
    return [doubts.settle(undivided, caps, row_cap=row_cap, now=NOW) for undivided in read]


def statuses(found: Sequence[Receipt]) -> list[str]:
    return [receipt.status for receipt in found]


def test_what_can_be_asked_for_in_parts_does_not_wait():
    """Its receipts are told with its rows."""
    receipt, undivided = read("transactions", 3, 12), Undivided()

    assert (undivided.take([receipt]), undivided.waiting) == ([receipt], [])


def test_w4_a_day_that_has_as_many_rows_as_a_cap_is_due_again_and_no_span_has_it():
    """In the order of reading; what is no cap is complete, and does not wait for it."""
    days = ended(*(read("custodian_holdings", number, 12 if number == 4 else 7) for number in (3, 4, 5)))
    horizon = Horizon(now=NOW, history_start=date(2026, 3, 3), look_back_days=30, look_ahead_days=31)
    spans = Spans({}, horizon, CATALOGUE["custodian_holdings"].dates)

    own = settled(days, caps={12})[0]
    told = receipts(own, spans)
    settle(own, spans)

    assert statuses(own) == ["complete", "quarantined", "complete"]
    assert told["span_from_date"].to_pylist() == [date(2026, 3, 3), None, date(2026, 3, 5)]
    assert (spans.state["through"], spans.state["unread"]) == ({"a": "2026-03-05"}, {"a": ["2026-03-04"]})


@pytest.mark.parametrize("row_cap", [0, 12])
def test_w4_a_cap_holds_for_whatever_was_read_in_whatever_order(row_cap):
    """It is the same answer that was cut, whichever resource ended first."""
    for order in (1, -1):
        read_by = [ended(read("custodian_holdings", 3, 12)), ended(read("interest_rates", 3, 9))][::order]
        found = settled(*read_by, caps={12}, row_cap=row_cap)[::order]
        assert [*map(statuses, found)] == [["quarantined"], ["complete"]]


def test_w4_a_length_that_one_table_shows_to_be_a_cap_holds_for_the_others():
    """L3: equally long days with other contents; a day of another table is as long, and was read before."""
    alike = ended(*(read("custodian_holdings", 3, 60, parent=name, held=name) for name in "abc"))

    found = settled(ended(read("private_market_performance", 3, 60)), alike)

    assert [*map(statuses, found)] == [["quarantined"], ["quarantined"] * 3]
