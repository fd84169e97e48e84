"""What is stored of series and days, by which a sample tells chance from a cap (L3)."""

from __future__ import annotations

from contextlib import contextmanager

import pyarrow as pa
import pytest

from pipelines.verification.lengths import hold_against_stored, longest_answers
from sources.aleta.catalogue.catalogue import CATALOGUE
from sources.aleta.reading.undivided import Longest, UndividedAnswers
from tests.stores import on

RATES, DAYS = CATALOGUE["interest_rates"], CATALOGUE["custodian_holdings"]


def test_l3_each_loan_has_the_length_of_its_series_and_copies_have_one_content(store):
    days = {"a": [1, 2, 3], "copy": [1, 2, 3], "other": [1, 2, 4], "short": [1]}
    put = [
        {"id": f"{loan}{day}", "instrument_id": loan, "date": on(day)}
        for loan, points in days.items()
        for day in points
    ]
    store.put(RATES.schema, put)

    found = longest_answers(store, RATES)

    assert {loan: answer.rows for loan, answer in found.items()} == {"a": 3, "copy": 3, "other": 3, "short": 1}
    assert found["a"] == found["copy"] != found["other"]


def test_l3_a_stored_answer_has_the_content_that_it_has_as_it_is_read(store):
    """Of a company, of its fullest day; an instrument that is not told is none."""
    held = [("x", 1), ("y", 2), (None, 2), ("z", 3)]
    put = [
        {"row_key": f"{number}", "legal_entity_id": "a", "instrument_id": instrument, "date": on(day)}
        for number, (instrument, day) in enumerate(held)
    ]
    store.put(DAYS.schema, put)
    read = pa.RecordBatch.from_pydict({"instrument_id": [None, "y"], "date": [on(2), on(2)]})

    assert longest_answers(store, DAYS) == {"a": Longest.of(column.to_pylist() for column in read.columns)}


def test_nothing_stored_is_no_length(store):
    assert longest_answers(store, RATES) == {}


class OneStore:
    """A warehouse that is opened once."""

    def __init__(self, store) -> None:
        self._left = [store]

    @contextmanager
    def open(self):
        yield self._left.pop()


@pytest.mark.parametrize(("others", "alike"), [(range(70, 83), []), (range(5, 18), ["interest_rates"])])
def test_l3_a_sample_that_is_alike_is_held_against_what_is_stored(store, others, alike):
    """Three of 83 rates among many that are nearly as long, or among short ones."""
    put = [
        {"id": f"{rows} {day}", "instrument_id": f"of {rows}", "date": on(day)}
        for rows in others
        for day in range(rows)
    ]
    store.put(RATES.schema, put)
    answers = UndividedAnswers()
    answers.note_stored(RATES.name, {loan: Longest(83, content) for content, loan in enumerate("abc")})
    assert answers.alike == ["interest_rates"]

    hold_against_stored(answers, OneStore(store), [RATES, DAYS])

    assert answers.alike == alike


def test_of_a_sample_that_is_not_alike_nothing_stored_is_read():
    warehouse = OneStore(None)
    hold_against_stored(UndividedAnswers(), warehouse, [RATES, DAYS])
    with warehouse.open() as left:
        assert left is None
