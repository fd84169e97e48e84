"""A day or a list that was kept, and has as many rows as a cap that another endpoint showed later."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipelines.run.reading.undivided import UndividedAnswers
from sources.aleta.catalogue.catalogue import CATALOGUE
from sources.aleta.jsonapi.answer import nothing
from sources.aleta.planning.windows import Window
from sources.aleta.reading.rows.receipts import Receipt, Status
from tests.fakes import NOON
from tests.stores import at, on


def kept(resource: str, rows: int, *, chained: bool = False) -> Receipt:
    endpoint = CATALOGUE[resource]
    return Receipt(
        endpoint=endpoint,
        parent_id="d",
        window=Window(on(3), on(3)),
        status=Status.COMPLETE,
        rows=rows,
        fetched_at=NOON,
        answer=replace(nothing(endpoint, parent_id="d", at=NOON), chained=chained),
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
