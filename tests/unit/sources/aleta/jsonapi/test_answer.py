"""A body into the columns of its tables, and whose it is."""

import json
from datetime import date

import pyarrow as pa
import pytest

from sources.aleta.catalogue.catalogue import CATALOGUE
from sources.aleta.errors import MalformedError
from sources.aleta.jsonapi.answer import days, parser
from sources.aleta.planning.windows import Window
from tests.fakes import NOON
from tests.stores import on


def body(*resources, single=False) -> bytes:
    full = [{"type": "x", **resource} for resource in resources]
    return json.dumps({"data": full[0] if single else full}).encode()


def parse(resource: str, *resources, parent_id: str = "p", **more):
    read = parser(CATALOGUE[resource], parent_id=parent_id, now=lambda: NOON, **more)
    return read(body(*resources, single="own_id" in more))


def linked(own_id: str, **relations) -> dict[str, object]:
    return {"id": own_id, "relationships": {name: {"data": said} for name, said in relations.items()}}


def test_an_answer_knows_its_ids_in_order_and_when_it_came():
    """Rows stay in server order."""
    answer = parse("clients", {"id": "2"}, {"id": "1"})
    assert (answer.ids, answer.fetched_at) == (["2", "1"], NOON)


def test_a_row_that_names_no_parent_is_the_one_it_was_asked_for():
    """The answer's own word comes first; where it says nothing, the request does."""
    answer = parse("legal_entities", linked("1"), linked("2", client={"id": "other"}))
    assert answer.batch["client_id"].to_pylist() == ["p", "other"]


def test_an_fx_spot_names_its_accounts_and_gets_no_third():
    """It has an inflow and an outflow account, and `account_id` stays null."""
    spot = linked("1", inflowAccount={"id": "a"}, outflowAccount={"id": "b"})
    answer = parse("transactions", spot, linked("2"))
    assert answer.batch["account_id"].to_pylist() == [None, "p"]


def test_a_root_has_no_parent():
    """What was asked for nobody belongs to nobody."""
    assert parse("clients", linked("1"), parent_id="").batch["parent_id"].to_pylist() == [None]


def test_links_are_one_row_a_pair_and_drift_nowhere():
    """A to-many relationship with a table of its own is neither `extra` nor drift, and a pair given twice is one."""
    answer = parse("accounts", linked("1", depositories=[{"id": "d"}, {"id": "e"}, {"id": "d"}]))
    assert answer.links["accounts__depositories"].to_pylist() == [
        {"account_id": "1", "depository_id": "d"},
        {"account_id": "1", "depository_id": "e"},
    ]
    assert not answer.drift
    assert answer.batch["extra"].to_pylist() == [None]


def test_only_objects_that_give_a_relationship_own_its_links():
    """Given and empty says that there are no links; absent says nothing."""
    answer = parse("accounts", linked("1", depositories=[]), linked("2"))
    assert answer.owners == {"accounts__depositories": ["1"]}


def test_relationships_to_walk_on_with_are_handed_over_only_where_given():
    """An object without the relationship is not one without children."""
    answer = parse("reporting_entities", linked("1", portfolios=[{"id": "f"}]), linked("2"), linked("3", portfolios=[]))
    assert answer.related == {"portfolios": {"1": ["f"], "3": []}}


def test_what_no_schema_names_is_counted():
    """Drift counts attributes and relationships over the whole page."""
    answer = parse("clients", {"id": "1", "attributes": {"mood": 1}}, {"id": "2", "attributes": {"mood": 2}})
    assert answer.drift == {"mood": 2}


def test_one_object_by_its_id():
    """A single answer is a page of one."""
    assert parse("portfolios", {"id": "1"}, own_id="1").ids == ["1"]


def test_f1_another_object_than_the_one_asked_for_is_no_answer():
    """Or the one asked for would count as gone."""
    with pytest.raises(MalformedError, match="another object"):
        parse("portfolios", {"id": "2"}, own_id="1")


@pytest.mark.parametrize(("depth", "bottom"), [(700, b"-0"), (3_000, b""), (50_000, b"")])
def test_f8_a_bottomless_value_is_kept_as_its_text(depth, bottom):
    """It costs itself: the row is there, and `extra` has the value as text, counted as drift."""
    value = b"[" * depth + bottom + b"]" * depth
    deep = b'{"data":[{"type":"x","id":"1","attributes":{"name":"n","a":' + value + b"}}]}"
    answer = parser(CATALOGUE["clients"], parent_id="", now=lambda: NOON)(deep)
    [row] = answer.batch.to_pylist()
    assert (row["id"], row["name"]) == ("1", "n")
    assert json.loads(row["extra"]) == {"a": value.decode()}
    assert answer.drift == {"a": 1}


@pytest.mark.parametrize("place", ["relationships", "links", "meta"])
def test_f1_a_bottomless_answer_is_no_answer(place):
    """Where it is no value of a row, it is a failed read of one parent."""
    deep = b'{"data":[{"type":"x","id":"1","%s":{"a":' % place.encode() + b"[" * 50_000 + b"]" * 50_000 + b"}}]}"
    with pytest.raises(MalformedError):
        parser(CATALOGUE["clients"], parent_id="", now=lambda: NOON)(deep)


def test_days_are_the_first_date_of_each_row_that_lies_inside():
    """Which date the server compares is unknown, so a row lies where any of its dates does."""
    batch = pa.RecordBatch.from_pylist(
        [
            {"trade": on(1), "value": on(9)},
            {"trade": on(9), "value": on(2)},
            {"trade": None, "value": on(3)},
            {"trade": on(9), "value": None},
            {"trade": on(2), "value": on(1)},
        ]
    )
    assert days(batch, ("trade", "value"), Window(on(1), on(3))) == [on(1), on(2), on(3), on(2)]


def day_row(**attributes) -> dict[str, object]:
    return {"id": "1", "attributes": attributes}


@pytest.mark.parametrize(
    ("resource", "whole"),
    [
        ("holdings", {"date": "2026-03-01", "ccyCode": "EUR"}),
        ("custodian_holdings", {"date": "2026-03-01"}),
        ("limit_status", {"date": "2026-03-01"}),
    ],
)
@pytest.mark.parametrize("broken", [{}, {"date": None}, {"date": 1}, {"date": "yesterday"}, {"name": "nobody"}])
def test_f1_a_row_of_a_day_that_names_no_day_is_no_answer(resource, whole, broken):
    """Nothing else tells such a row from the next: it would stay for ever, for no window could show that it is gone."""
    assert parse(resource, day_row(**whole)).batch.num_rows == 1
    with pytest.raises(MalformedError, match="names no day"):
        parse(resource, day_row(**whole), day_row(**{**whole, "date": None, **broken}))


def test_a_row_with_an_id_may_lack_a_day():
    """It is known by its id, and what its day should be is in `extra`."""
    assert parse("prices", day_row(date="soon")).batch["extra"].to_pylist() == ['{"date":"soon"}']


def test_where_nobody_says_what_is_answered_a_row_without_a_day_is_of_the_day_asked_for():
    """A limit's status may be a bare word; its own date goes first."""
    bare, dated = day_row(status="within"), day_row(date="2026-03-02")
    assert parse("limit_status", bare, dated, day=on(3)).batch["date"].to_pylist() == [on(3), date(2026, 3, 2)]
