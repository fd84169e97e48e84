"""Days and series that may have been cut, in someone else's pipeline (rules W4, L3)."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from sources.aleta.catalogue.catalogue import CATALOGUE
from sources.aleta.dlt_source.doubts import Doubts, Undivided
from sources.aleta.dlt_source.receipts import receipts, settle
from sources.aleta.dlt_source.spans import Horizon, Spans
from sources.aleta.jsonapi.answer import nothing
from sources.aleta.planning.windows import Window
from sources.aleta.reading.rows.receipts import Receipt, Status

NOW = datetime(2026, 3, 10, 6, tzinfo=UTC)


def read(resource: str, number: int, rows: int) -> Receipt:
    day, endpoint = date(2026, 3, number), CATALOGUE[resource]
    return Receipt(
        endpoint=endpoint,
        parent_id="a",
        window=Window(day, day),
        status=Status.COMPLETE,
        rows=rows,
        fetched_at=NOW,
        answer=nothing(endpoint, parent_id="a", at=NOW),
    )


def ended(*package: Receipt) -> Undivided:
    undivided = Undivided()
    assert undivided.take(package) == []
    return undivided


def statuses(found: list[Receipt]) -> list[str]:
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

    own, others = Doubts().settle(days, {12}, row_cap=0, now=NOW)
    told = receipts(own, spans)
    settle(own, spans)

    assert (statuses(own), others) == (["complete", "quarantined", "complete"], [])
    assert told["span_from_date"].to_pylist() == [date(2026, 3, 3), None, date(2026, 3, 5)]
    assert (spans.state["through"], spans.state["unread"]) == ({"a": "2026-03-05"}, {"a": ["2026-03-04"]})


@pytest.mark.parametrize("row_cap", [0, 12])
def test_w4_a_cap_that_is_proven_later_holds_for_what_has_ended_before(row_cap):
    """Told once, and not of the resource that has just ended."""
    doubts = Doubts()
    early, late = ended(read("custodian_holdings", 3, 12)), ended(read("interest_rates", 3, 9))
    assert statuses(doubts.settle(early, (), row_cap=row_cap, now=NOW)[0]) == ["complete"]

    own, others = doubts.settle(late, {12}, row_cap=row_cap, now=NOW)

    assert statuses(own) == ["complete"]
    assert [(receipt.endpoint.name, receipt.status) for receipt in others] == [("custodian_holdings", "quarantined")]
    assert doubts.settle(Undivided(), {12}, row_cap=row_cap, now=NOW) == ([], [])
