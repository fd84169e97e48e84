"""A 404 may say that there are no rows, or no such object, or nothing at all: when which is believed."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest

from sources.aleta.catalogue.catalogue import CATALOGUE
from sources.aleta.errors import ParentGoneError
from sources.aleta.planning.cap import RowCap
from sources.aleta.planning.planner import Planner
from sources.aleta.planning.windows import Window
from sources.aleta.reading.objects import by_id
from sources.aleta.reading.objects.by_id import read_by_id
from sources.aleta.reading.reader import Reader
from sources.aleta.reading.rows.fetch import Status, fetch
from tests.apis import FakeApi, thing
from tests.fakes import FakeClock
from tests.stores import on

STATUS, CLASSES = CATALOGUE["limit_status"], CATALOGUE["instrument_classes"]
WEEK = Window(on(0), on(6))


@dataclass
class Api:
    """Knows the status of limits on some days, and answers 404 for every other day and for every other prefix."""

    days: dict[str, set[str]]
    asked: list[tuple[str, str, str]] = field(default_factory=list)

    def get(self, path, *, params, parse, hear, resource, parent_id=""):
        self.asked.append((path, parent_id, params["date"]))
        if not path.startswith("/v2/") or params["date"] not in self.days.get(parent_id, ()):
            raise ParentGoneError("Nothing is computed for that day")
        row = {"type": "limit-status", "id": "x", "attributes": {"status": "within"}}
        return parse(json.dumps({"data": row}).encode())


def read(
    api: Api,
    *limits: str,
    span: Window = WEEK,
    existing_parents=None,
    had_rows: Sequence[str] = (),
    remembered: bool = False,
    workers: int = 3,
    none_is_404: bool = True,
):
    reader = Reader(api, FakeClock())
    if remembered:
        reader.dialects.remember({STATUS.name: "v2 instrument"})
    receipts = fetch(
        replace(STATUS, none_is_404=none_is_404),
        dict.fromkeys(limits, span),
        reader,
        planner=Planner(cap=RowCap(divisible=False), max_days=1),
        clock=FakeClock(),
        workers=workers,
        stop=threading.Event(),
        existing_parents=limits if existing_parents is None else existing_parents,
        had_rows=had_rows,
    )
    return list(receipts), reader.dialects


def days(*numbers: int) -> set[str]:
    return {f"{on(number)}" for number in numbers}


def outcome(receipts) -> dict[str, list[tuple[Status, int]]]:
    found: dict[str, list[tuple[Status, int]]] = {}
    for receipt in receipts:
        found.setdefault(receipt.parent_id, []).append((receipt.status, receipt.rows))
    return found


@pytest.mark.parametrize("workers", [1, 3, 20])
def test_days_without_rows_are_complete_and_empty_also_before_the_first_answer(workers):
    """Oldest first: what is computed since Thursday is 404 on the days before, when nothing has answered yet."""
    receipts, _ = read(Api({"a": days(4, 5, 6)}), "a", workers=workers)

    assert outcome(receipts) == {"a": [(Status.COMPLETE, 0)] * 4 + [(Status.COMPLETE, 1)] * 3}
    assert [receipt.window.first for receipt in receipts] == [on(number) for number in range(7)]
    assert [receipt.answer.batch["date"].to_pylist() for receipt in receipts[4:]] == [[on(4)], [on(5)], [on(6)]]


def test_limits_without_a_status_do_not_hide_the_one_that_has():
    """Twelve groups have none, on any day; the thirteenth is a limit."""
    groups = [f"group{number:02}" for number in range(12)]
    receipts, dialects = read(Api({"limit": days(6)}), *groups, "limit")

    assert outcome(receipts)["limit"] == [(Status.COMPLETE, 0)] * 6 + [(Status.COMPLETE, 1)]
    assert {receipt.status for receipt in receipts} == {Status.COMPLETE}
    assert not dialects.missing(STATUS)


def test_f2_a_day_without_rows_may_be_404_wherever_days_are_asked_for_one_by_one():
    """F2: of a table whose 404 says that a parent is gone, a day is empty once that parent is answered on another."""
    receipts, _ = read(Api({"a": days(0, 3, 6)}), "a", "b", none_is_404=False)

    rows = [(Status.COMPLETE, int(number in {0, 3, 6})) for number in range(7)]
    assert outcome(receipts) == {"a": rows, "b": [(Status.FAILED, 0)]}
    assert {receipt.error.code for receipt in receipts if receipt.error} == {"gone"}


def test_404_to_everybody_is_no_answer():
    """Every parent is named once, none is complete: the API may not offer it."""
    receipts, dialects = read(Api({}), "a", "b")

    assert outcome(receipts) == {"a": [(Status.FAILED, 0)], "b": [(Status.FAILED, 0)]}
    assert {receipt.error.code for receipt in receipts} == {"gone"}
    assert dialects.missing(STATUS)


def test_d3_404_to_everybody_tonight_is_no_answer_though_it_answered_last_night():
    """A route that is broken for a night must not count as a night without rows: that would remove them."""
    receipts, dialects = read(Api({}), "a", "b", remembered=True)

    assert {receipt.status for receipt in receipts} == {Status.FAILED}
    assert not dialects.missing(STATUS)


def test_a_parent_that_had_rows_and_was_not_seen_tonight_may_be_gone():
    """Its 404 is a failed read, whatever the others answered."""
    receipts, _ = read(Api({"a": days(*range(7))}), "a", "b", existing_parents=["a"])

    assert [receipt.parent_id for receipt in receipts if receipt.status is Status.FAILED] == ["b"]


@pytest.mark.parametrize("workers", [1, 20])
def test_d3_a_parent_that_had_rows_and_is_404_on_every_day_tonight_has_not_lost_them(workers):
    """Others answer, and so it may for other days: of none of them it is known that there are no rows."""
    receipts, _ = read(Api({"a": days(*range(7))}), "a", "b", "c", had_rows=["a", "b"], workers=workers)

    found = outcome(receipts)
    assert {status for status, _ in found["b"]} == {Status.FAILED}
    assert found["a"] == [(Status.COMPLETE, 1)] * 7
    assert found["c"] == [(Status.COMPLETE, 0)] * 7


@pytest.mark.parametrize("workers", [1, 20])
def test_a_parent_that_had_rows_has_none_on_a_day_that_is_404_where_it_answers_another(workers):
    """A status that was taken back."""
    receipts, _ = read(Api({"b": days(6)}), "b", had_rows=["b"], workers=workers)

    assert outcome(receipts)["b"] == [(Status.COMPLETE, 0)] * 6 + [(Status.COMPLETE, 1)]


def test_no_request_is_sent_twice():
    """What was held back is judged, not asked again."""
    api = Api({"a": days(6), "b": days(0)})
    read(api, "a", "b")

    assert len(api.asked) == len(set(api.asked))
    assert sum(path.startswith("/v2/") for path, *_ in api.asked) == 2 * 7


def test_more_days_without_rows_than_may_be_out_at_once_do_not_stand_in_the_way():
    """C5 bounds rows in memory, and there are none: the only day with a row is the last of thirty."""
    receipts, _ = read(Api({"a": days(29)}), "a", span=Window(on(0), on(29)))

    assert [receipt.status for receipt in receipts] == [Status.COMPLETE] * 30


def visited(there: list[str], *asked: str, remembered: bool = False, shown: Sequence[str] = ()):
    """What is read of *asked*, of which the API has those of *there*: ids, gone and the problems' codes."""
    api = FakeApi(says={f"/v2/instrument-classes/{group}": thing(group) for group in there})
    for path in ("/v2/instrument-classes", "/v2/asset-classes"):
        api.says |= {f"{path}/{group}": ParentGoneError("404") for group in {*asked, *shown}.difference(there)}
    reader = Reader(api, FakeClock())
    if remembered:
        reader.dialects.remember({CLASSES.name: "v2 instrument"})
    found = [*read_by_id(CLASSES, asked, reader, shown=shown, workers=2, stop=threading.Event())]
    return (
        sorted(own_id for listed in found for own_id in listed.ids),
        sorted(own_id for listed in found for own_id in listed.gone),
        [problem.code for listed in found for problem in listed.problems],
    )


def test_an_object_that_is_not_known_beside_others_that_are_is_gone():
    """Read one by one: the API shows two of three."""
    assert visited(["a", "c"], "a", "b", "c") == (["a", "c"], ["b"], [])


@pytest.mark.parametrize("remembered", [False, True])
def test_d3_objects_are_not_gone_where_none_is_shown_tonight(remembered):
    """The route fails, or went elsewhere: each is a failed read, and none is removed."""
    assert visited([], "a", "b", remembered=remembered) == ([], [], ["gone", "gone"])


def test_objects_that_were_never_there_wait_for_one_that_answers_later(monkeypatch):
    """More of them than a batch holds, and they sort first."""
    monkeypatch.setattr(by_id, "BATCH", 2)

    assert visited(["f"], *"abcdef") == (["f"], [*"abcde"], [])


def test_where_only_unknown_objects_are_asked_for_one_that_was_shown_tells_that_the_route_is_there():
    """A night's turn may be all of what rows name in vain; of those shown before, one may be gone as well."""
    assert visited(["y"], "a", "b", remembered=True, shown=["x", "y"]) == (["y"], ["a", "b", "x"], [])


def test_d3_where_those_that_were_shown_are_not_there_either_nothing_is_gone():
    """The route fails tonight: no object is removed, though each of them was asked for."""
    assert visited([], "a", remembered=True, shown=["x", "y"]) == ([], [], ["gone"] * 3)


def test_no_other_object_is_asked_for_where_those_of_the_turn_tell_it():
    """The night costs no request more."""
    assert visited(["a", "x"], "a", "b", shown=["a", "x"]) == (["a"], ["b"], [])
