"""When rows that an answer leaves out are too many to be believed gone, though no share of an account guards them."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa
import pytest

from pipelines.compare.rows.differences import differences
from pipelines.compare.rows.findings import Differences, Loss, Proven
from pipelines.compare.rows.suspicions import Answered, shrunk
from schemas.table import answered, key_of
from sources.aleta.catalogue.catalogue import CATALOGUE
from sources.aleta.planning.windows import Window
from tests.stores import on
from tests.unit.pipelines.compare.stored import FIRST_RUN, RUN, removed

RATES, DAYS = CATALOGUE["interest_rates"], CATALOGUE["custodian_holdings"]
SPAN = Window(on(0), on(10))


def load(store, endpoint, shown: dict[str, list[dict[str, object]]], *, run=None, chained: bool = False) -> Differences:
    """What each parent shows now, against what the store has."""
    schema = answered(endpoint.schema).remove_metadata()
    batches = [
        pa.RecordBatch.from_pylist([{name: row.get(name) for name in schema.names} for row in rows], schema)
        for rows in shown.values()
    ]
    proven = [
        Proven(
            parent_id=parent,
            span=SPAN,
            new=SPAN,
            covered=SPAN,
            first_load=False,
            ended=True,
            chained=chained,
        )
        for parent in shown
    ]
    run = run or replace(RUN, max_removed_share=0.5)
    return differences(
        store, endpoint, batches, proven, asked=[(parent, None) for parent in shown], seen_before=(), run=run
    )


def series(loan: str, rows: int, *, first: int = 0) -> list[dict[str, object]]:
    return [{"id": f"{loan}{row}", "instrument_id": loan, "date": on(row)} for row in range(first, first + rows)]


def day(number: int, rows: int, company: str = "a") -> list[dict[str, object]]:
    key = key_of(DAYS.schema)[0]
    held = ({key: f"{company}{number}-{row}", "legal_entity_id": company, "date": on(number)} for row in range(rows))
    return list(held)


def nights(store, endpoint, before, after, **more) -> Differences:
    store.merge(load(store, endpoint, before, run=FIRST_RUN).rows)
    return load(store, endpoint, after, **more)


def test_d3_series_that_all_shrink_to_one_length_are_cut(store):
    """Rows of three loans are gone, and each shows 25 now: none is removed, and each loan is named."""
    before = {"a": series("a", 43), "b": series("b", 40), "c": series("c", 31), "d": series("d", 9)}
    found = nights(store, RATES, before, {loan: rows[:25] for loan, rows in before.items()})

    assert removed(found) == set()
    assert list(found.suspicions) == [
        Loss(parent_id=loan, gone=gone, rows=gone + 25, left=25) for loan, gone in (("a", 18), ("b", 15), ("c", 6))
    ]


def test_d3_a_series_that_loses_more_than_its_share_is_not_believed(store):
    """Also by itself, and to nothing; one that loses less, or has few rows, is."""
    before = {"a": series("a", 40), "b": series("b", 40), "c": series("c", 19), "d": series("d", 60)}
    found = nights(store, RATES, before, {"a": [], "b": series("b", 19), "c": [], "d": series("d", 31)})

    assert {suspicion.parent_id for suspicion in found.suspicions} == {"a", "b"}
    assert removed(found) == {f"c{row}" for row in range(19)} | {f"d{row}" for row in range(31, 60)}


def test_d3_days_that_shrink_to_one_length_are_cut(store):
    """Each day is an answer of its own; those that were not asked for again are no sign."""
    before = {"a": [*day(1, 60), *day(2, 40), *day(3, 33)]}
    found = nights(store, DAYS, before, {"a": [*day(1, 60)[:25], *day(2, 40)[:25], *day(3, 33)[:25]]})

    assert [suspicion.parent_id for suspicion in found.suspicions] == ["a"]
    assert removed(found) == set()


@pytest.mark.parametrize(("caps", "believed"), [((), True), ((25,), False)])
def test_l3_a_series_as_long_as_a_cap_that_is_known_removes_nothing(store, caps, believed):
    """It lost a tenth of its rows or less, which by itself is believed; or it shows others than it did."""
    before = {"a": series("a", 27), "b": series("b", 25), "c": series("c", 30)}
    after = {"a": before["a"][2:], "b": series("b", 26)[1:], "c": before["c"][1:]}
    found = nights(store, RATES, before, after, run=replace(RUN, max_removed_share=0.5, caps=caps))

    assert removed(found) == ({"a0", "a1", "b0", "c0"} if believed else {"c0"})
    assert [suspicion.parent_id for suspicion in found.suspicions] == ([] if believed else ["a", "b"])


def test_l3_a_cap_that_the_operator_set_is_the_only_one(store):
    """Neither what answers proved, nor that three are equally long, says more: `row_cap` ends such doubts."""
    before = {loan: series(loan, 50, first=first) for first, loan in enumerate("abc")} | {"d": series("d", 100)}
    after = {loan: series(loan, 50, first=first + 10) for first, loan in enumerate("abc")} | {"d": series("d", 101)[1:]}
    found = nights(store, RATES, before, after, run=replace(RUN, max_removed_share=0.5, caps=(50,), row_cap=100))

    assert [suspicion.parent_id for suspicion in found.suspicions] == ["d"]
    assert found.counts["removed"] == 30


@pytest.mark.parametrize("chained", [False, True])
def test_l3_series_that_show_others_of_their_rows_each_night_remove_nothing(store, chained):
    """Any fifty of them: none shrank, and what last night showed is there still; unless pages say that it is all."""
    before = {loan: series(loan, 50, first=first) for first, loan in enumerate("abc")}
    after = {loan: series(loan, 50, first=first + 10) for first, loan in enumerate("abc")}
    found = nights(store, RATES, before, after, chained=chained)

    doubted = [Loss(parent_id=loan, gone=10, rows=50, left=50) for loan in "abc"]
    assert (found.counts["removed"], list(found.suspicions)) == ((30, []) if chained else (0, doubted))
    assert found.counts["added"] == 30


def test_series_of_one_index_that_all_lose_a_day_lose_it(store):
    """The same days of three loans are equally long by their nature."""
    before = {loan: series(loan, 51) for loan in "abc"}
    found = nights(store, RATES, before, {loan: rows[1:] for loan, rows in before.items()})

    assert (removed(found), found.suspicions) == ({"a0", "b0", "c0"}, [])


@pytest.mark.parametrize(("gone", "believed"), [((1,), True), ((1, 2), False)])
def test_d4_a_day_that_became_empty_removes_its_rows_where_the_others_stay(store, gone, believed):
    """What is counted is a parent's days together: one of three may be empty, two are too much at once."""
    found = nights(
        store,
        DAYS,
        {"a": [row for number in (1, 2, 3) for row in day(number, 30)]},
        {"a": [row for number in (1, 2, 3) if number not in gone for row in day(number, 30)]},
    )

    assert (found.counts["removed"], list(found.suspicions)) == (
        (30, []) if believed else (0, [Loss(parent_id="a", gone=60, rows=90, left=30)])
    )


def test_a_share_of_one_believes_everything(store):
    """As the report says: for one run, where it is right."""
    before = {"a": series("a", 43), "b": series("b", 40)}
    found = nights(store, RATES, before, {"a": series("a", 25), "b": series("b", 25)}, run=RUN)

    assert (len(removed(found)), found.suspicions) == (33, [])


def said(*counts: tuple[int, int]) -> list[Answered]:
    return [Answered(parent_id=f"{place}", rows=rows, before=before) for place, (before, rows) in enumerate(counts)]


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param(said((30, 29), (30, 29)), id="a-position-sold-in-both"),
        pytest.param(said((43, 25), (40, 26)), id="other-lengths"),
        pytest.param(said((43, 25), (40, 25), (50, 50)), id="another-is-longer"),
        pytest.param(said((43, 25), (25, 25)), id="only-one-shrank"),
        pytest.param(said((30, 19), (25, 19)), id="shorter-than-caps-are"),
        pytest.param(said((0, 25), (12, 25)), id="they-grew"),
    ],
)
def test_answers_that_lose_rows_for_a_reason_are_believed(answers):
    assert shrunk(answers, most=0.5) == {}
