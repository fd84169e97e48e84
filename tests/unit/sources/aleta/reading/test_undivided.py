"""A day or a list that was kept, and has as many rows as a cap that another endpoint showed later."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa
import pytest

from sources.aleta.catalogue.catalogue import CATALOGUE
from sources.aleta.jsonapi.answer import nothing
from sources.aleta.planning.windows import Window
from sources.aleta.reading.rows.receipts import Receipt, Status
from sources.aleta.reading.undivided import UndividedAnswers
from tests.fakes import NOON
from tests.stores import at, on


def kept(
    resource: str, rows: int, *, chained: bool = False, parent: str = "d", batch: pa.RecordBatch | None = None
) -> Receipt:
    endpoint = CATALOGUE[resource]
    answer = replace(nothing(endpoint, parent_id=parent, at=NOON), chained=chained)
    return Receipt(
        endpoint=endpoint,
        parent_id=parent,
        window=Window(on(3), on(3)),
        status=Status.COMPLETE,
        rows=rows,
        fetched_at=NOON,
        answer=replace(answer, batch=batch) if batch else answer,
    )


def noted(*receipts: Receipt) -> UndividedAnswers:
    answers = UndividedAnswers()
    for receipt in receipts:
        answers.note(receipt)
    return answers


@pytest.mark.parametrize("resource", ["custodian_holdings", "interest_rates"])
def test_w4_what_has_just_the_rows_of_a_cap_proven_later_is_in_quarantine(resource):
    """Its window, told once; others with more rows or fewer are not."""
    answers = noted(kept(resource, 11), kept(resource, 12), kept(resource, 13))

    [found] = answers.cut({12, 40}, now=at(9))

    assert (found.status, found.rows, found.answer, found.fetched_at) == (Status.QUARANTINED, 12, None, at(9))
    assert (found.window, found.parent_id) == (Window(on(3), on(3)), "d")
    assert "row cap" in found.reason
    assert list(answers.cut({12}, now=at(9))) == []


@pytest.mark.parametrize(
    "receipt",
    [
        pytest.param(kept("transactions", 12), id="its-parts-were-asked"),
        pytest.param(kept("custodian_holdings", 12, chained=True), id="its-last-page-said-so"),
        pytest.param(replace(kept("custodian_holdings", 12), answer=None), id="not-kept"),
    ],
)
def test_what_another_proof_covers_is_not_in_doubt(receipt):
    assert list(noted(receipt).cut({12}, now=at(9))) == []


def test_one_row_is_no_cap():
    assert list(noted(kept("custodian_holdings", 1)).cut({1}, now=at(9))) == []


def series(rows: int, first: int = 0, *, loan: str = "a") -> Receipt:
    """A rate every week, from the day *first* on."""
    endpoint = CATALOGUE["interest_rates"]
    schema = nothing(endpoint, parent_id=loan, at=NOON).batch.schema
    points = [
        {"id": f"{loan}{number}", "instrument_id": loan, "date": on(first + 7 * number)} for number in range(rows)
    ]
    batch = pa.RecordBatch.from_pylist([{name: point.get(name) for name in schema.names} for point in points], schema)
    return kept("interest_rates", rows, parent=loan, batch=batch)


def told(*receipts: Receipt) -> list[str]:
    return sorted(receipt.parent_id for receipt in noted(*receipts).equally_long(now=at(9)))


def test_l3_series_with_other_days_that_are_all_equally_long_are_in_quarantine():
    """Three loans that begin on other days, cut at fifty rates; the reason says how many and what they have."""
    answers = noted(*(series(50, first, loan=f"loan{first}") for first in (0, 3, 9)), series(12, loan="short"))

    found = list(answers.equally_long(now=at(9)))

    assert [(receipt.parent_id, receipt.status) for receipt in found] == [
        (f"loan{first}", Status.QUARANTINED) for first in (0, 3, 9)
    ]
    assert {receipt.reason.partition(",")[0] for receipt in found} == {
        "3 answers with other contents have exactly 50 rows"
    }


@pytest.mark.parametrize(
    "receipts",
    [
        pytest.param([series(50, loan=loan) for loan in "abcdef"], id="the-same-days-as-of-one-index"),
        pytest.param([series(50, 0), series(50, 3, loan="b")], id="two"),
        pytest.param([series(40, first, loan=f"l{first}") for first in range(5)], id="as-many-as-a-bond-has-quarters"),
        pytest.param(
            [*(series(50, first, loan=f"l{first}") for first in range(5)), series(51, 9, loan="z")], id="one-is-longer"
        ),
        pytest.param([series(100 + first, first, loan=f"l{first}") for first in range(20)], id="all-differ"),
    ],
)
def test_series_that_are_as_long_as_others_for_a_reason_are_complete(receipts):
    assert told(*receipts) == []


def test_a_row_cap_that_is_configured_is_the_only_one():
    """So whoever knows that their series are all equally long says so."""
    answers = noted(*(series(50, first, loan=f"loan{first}") for first in (0, 3, 9)))

    assert list(answers.doubtful((), row_cap=1000, now=at(9))) == []
    assert len(list(answers.doubtful((), row_cap=0, now=at(9)))) == 3


def test_l3_days_of_other_companies_that_are_all_equally_long_are_in_quarantine():
    """A company counts once, with its fullest day: its positions are as many on every day, by their nature."""

    def day(company: str, number: int, rows: int = 50) -> Receipt:
        endpoint = CATALOGUE["custodian_holdings"]
        schema = nothing(endpoint, parent_id=company, at=NOON).batch.schema
        held = [{"id": f"{company}{row}", "instrument_id": f"{company}{row}"} for row in range(rows)]
        batch = pa.RecordBatch.from_pylist([{name: row.get(name) for name in schema.names} for row in held], schema)
        window = Window(on(number), on(number))
        return replace(kept("custodian_holdings", rows, parent=company, batch=batch), window=window)

    assert told(*(day("a", number) for number in range(7))) == []
    assert told(day("a", 1), day("a", 2), day("b", 1), day("c", 1), day("c", 2, rows=49)) == ["a", "a", "b", "c"]
