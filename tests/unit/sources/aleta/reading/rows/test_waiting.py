"""Answers wait in memory as far as they fit, and in a file that nobody else sees (rule C5)."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import replace

import pyarrow as pa
import pytest

from sources.aleta.catalogue.catalogue import CATALOGUE
from sources.aleta.jsonapi.answer import Answer, parser
from sources.aleta.planning.windows import Window
from sources.aleta.reading.rows.waiting import WaitingAnswers
from tests.apis import booked
from tests.fakes import NOON
from tests.stores import on


def window(number: int) -> Window:
    return Window(on(number), on(number))


def answer(number: int, *, rows: int = 4) -> Answer:
    """So many rows of one day, and links."""
    parse = parser(CATALOGUE["transactions"], parent_id="a", now=lambda: NOON)
    body = json.dumps({"data": [booked(f"{number}-{row}", on(number)) for row in range(rows)]})
    said = parse(body.encode())
    return replace(said, links={"pairs": pa.RecordBatch.from_pydict({"from": ["x"] * rows, "to": ["y"] * rows})})


@pytest.fixture
def waiting(tmp_path):
    answers = WaitingAnswers(folder=tmp_path, memory_rows=10)
    yield answers
    answers.close()


def test_c5_what_does_not_fit_into_memory_comes_back_as_it_was(waiting):
    """Rows, links, types and what columns say of themselves; in any order."""
    put = {number: answer(number) for number in range(6)}
    for number, said in put.items():
        waiting.add("a", window(number), said)

    for number in (5, 0, 3, 2, 4, 1):
        taken = waiting.take("a", window(number))
        assert taken == put[number]
        assert taken.batch.schema.equals(put[number].batch.schema, check_metadata=True)
        assert waiting.take("a", window(number)) is None


def test_c5_no_more_rows_than_may_are_in_memory(waiting):
    """Those of ten rows: two answers."""
    for number in range(6):
        waiting.add("a", window(number), answer(number))

    kept = [waits for waits in waiting._answers.values() if isinstance(waits, Answer)]

    assert sum(said.batch.num_rows for said in kept) == 8


def test_a_newer_answer_takes_the_place_of_an_older_one(waiting):
    for rows in (4, 9, 2):
        waiting.add("a", window(1), answer(1, rows=rows))

    assert waiting.take("a", window(1)) == answer(1, rows=2)


def test_what_waits_of_one_parent_is_dropped_alone(waiting):
    for number in range(4):
        waiting.add("a", window(number), answer(number))
        waiting.add("b", window(number), answer(number))

    waiting.drop("a")

    assert [waiting.take("a", window(number)) for number in range(4)] == [None] * 4
    assert [waiting.take("b", window(number)) for number in range(4)] == [answer(number) for number in range(4)]


def test_no_name_is_left_in_the_folder_and_the_space_is_given_back(waiting, tmp_path):
    """Also where the process is killed; the file is empty as soon as nothing waits in it."""
    for number in range(6):
        waiting.add("a", window(number), answer(number))
    size = used(waiting)

    waiting.drop("a")

    assert size > 0
    assert used(waiting) == 0
    assert list(tmp_path.iterdir()) == []


def used(waiting: WaitingAnswers) -> int:
    """Bytes of all files."""
    return sum(segment.file.seek(0, 2) for segment in waiting._segments)


def test_c5_an_answer_that_waits_for_long_keeps_the_space_of_few_others(tmp_path, monkeypatch):
    """Where the last rows are shown, one nearly always waits: the file held all rows that ever had."""
    monkeypatch.setattr("sources.aleta.reading.rows.waiting.SEGMENT", 20_000)
    with closing(WaitingAnswers(folder=tmp_path, memory_rows=0)) as waiting:
        waiting.add("a", window(0), answer(0))
        one = used(waiting)
        for number in range(1, 40):
            waiting.add("a", window(number), answer(number))
            assert waiting.take("a", window(number)) == answer(number)

        assert used(waiting) < 20_000 + 2 * one < 40 * one
        assert waiting.take("a", window(0)) == answer(0)


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path):
    answers = WaitingAnswers(folder=tmp_path / "nowhere", memory_rows=0)

    with pytest.raises(OSError, match="nowhere"):
        answers.add("a", window(1), answer(1))
