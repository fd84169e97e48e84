"""Items of v1 in all spellings are the resources that v2 would give."""

from __future__ import annotations

import json

import pytest
from msgspec import Raw

from sources.aleta.catalogue.catalogue import CATALOGUE
from sources.aleta.errors import MalformedError
from sources.aleta.v1.items import resource_of
from sources.aleta.v1.names import names_of, singular

TRANSACTIONS = names_of(CATALOGUE["transactions"])


def read(item: object, *, table: str = "transactions", identified: bool = True) -> dict[str, object]:
    """An item as a JSON:API resource."""
    text = item if isinstance(item, str) else json.dumps(item)
    names = names_of(CATALOGUE[table])
    found = resource_of(Raw(text.encode()), names, kind=table, identified=identified)
    parts = {"attributes": found.attributes, "relationships": found.relationships}
    return {"id": found.id, "type": found.type} | {name: json.loads(bytes(raw)) for name, raw in parts.items()}


def one(own_id: str | None, **more: str) -> dict[str, object]:
    return {"data": None if own_id is None else {"id": own_id} | more}


JSON_API = {
    "id": "t",
    "type": "fee-transaction",
    "attributes": {"accountAmount": 1, "note": {"aB": 2}},
    "relationships": {"account": one("a"), "instrument": one(None), "counterpartyTransaction": one("c")},
}


@pytest.mark.parametrize(
    "item",
    [
        pytest.param(JSON_API, id="json-api"),
        pytest.param(
            JSON_API | {"attributes": {"account_amount": 1, "note": {"a_b": 2}}, "links": {"self": "/x"}},
            id="json-api-in-snake-case",
        ),
        pytest.param(
            {
                "id": "t",
                "type": "fee-transaction",
                "account_amount": 1,
                "note": {"a_b": 2},
                "account_id": "a",
                "instrument_id": None,
                "counterparty_transaction_id": "c",
                "links": {"self": "/x"},
            },
            id="snake",
        ),
        pytest.param(
            {
                "type": "fee-transaction",
                "id": "t",
                "accountAmount": 1,
                "note": {"aB": 2},
                "accountId": "a",
                "instrumentId": None,
                "counterpartyTransactionId": "c",
            },
            id="camel",
        ),
        pytest.param(
            {
                "type": "fee-transaction",
                "id": "t",
                "accountAmount": 1,
                "note": {"aB": 2},
                "account": {"id": "a"},
                "instrument": None,
                "counterpartyTransaction": {"data": {"id": "c"}},
            },
            id="objects",
        ),
    ],
)
def test_every_spelling_is_the_same_resource(item):
    """One mapping reads them all."""
    assert read(item) == JSON_API


@pytest.mark.parametrize(
    "name",
    ["legal_entities_id", "legal_entity_ids", "legalEntityIds", "legalEntitiesIds", "legalEntities", "legalEntityId"],
)
def test_a_to_many_is_a_list_of_ids_under_any_of_its_names(name):
    """`NAME_id`, its singular, its plural: only the table knows that it is one."""
    found = read({"id": "c", "name": "Client", name: ["x", "y"]}, table="clients")
    assert found["relationships"] == {"legalEntities": {"data": [{"id": "x"}, {"id": "y"}]}}
    assert found["attributes"] == {"name": "Client"}


def test_a_to_one_and_a_to_many_of_one_name_are_told_apart_by_their_values():
    """An account has a depository, and depositories."""
    found = read({"id": "a", "depository_id": "d", "depositories_id": ["d", "e"]}, table="accounts")
    assert found["relationships"] == {"depository": one("d"), "depositories": {"data": [{"id": "d"}, {"id": "e"}]}}


def test_what_no_table_knows_is_an_attribute_in_camel_case():
    """Also where it looks like a relation: nobody can say."""
    item = {"id": "t", "type": "fee", "broker_id": "b", "tag_ids": ["x"], "some_flag": True}
    assert read(item)["attributes"] == {"brokerId": "b", "tagIds": ["x"], "someFlag": True}


def test_the_type_of_a_relation_is_taken_where_it_is_given():
    """`instrument_type` beside `instrument_id`."""
    found = read({"id": "t", "type": "fee", "instrument_id": "i", "instrument_type": "bond-instrument"})
    assert found["relationships"] == {"instrument": one("i", type="bond-instrument")}
    assert found["attributes"] == {}


def test_numbers_keep_their_text():
    """X1: nothing passes through a float."""
    raw = resource_of(
        Raw(b'{"id":"t","type":"f","account_amount":1.10,"x":{"a_b":-0.0}}'), TRANSACTIONS, kind="", identified=True
    )
    assert bytes(raw.attributes) == b'{"accountAmount":1.10,"x":{"aB":-0.0}}'


@pytest.mark.parametrize(
    ("item", "words"),
    [
        pytest.param("[]", "no object", id="list"),
        pytest.param('{"type":"f"}', "no `id`", id="no-id"),
        pytest.param('{"id":5,"type":"f"}', "no `id`", id="number"),
        pytest.param('{"id":"t"}', "no `type`", id="no-type"),
        pytest.param('{"id":"t","type":"f","trade_date":"x","tradeDate":"y"}', "two spellings", id="two-spellings"),
        pytest.param('{"id":"t","type":"f","attributes":[]}', "attributes of an item", id="attributes"),
    ],
)
def test_what_is_no_item_is_a_failed_read(item, words):
    """F1: never passed over."""
    with pytest.raises(MalformedError, match=words):
        read(item)


def test_a_type_may_be_missing_where_none_is_stored():
    """Rows that a natural key tells apart need no id either."""
    assert read({"id": "c"}, table="clients")["type"] == "clients"
    assert read({"date": "2026-01-01"}, table="holdings", identified=False)["id"] == ""


def test_half_a_surrogate_pair_costs_one_value():
    """F8: in a flat object, too."""
    found = read('{"id":"t","type":"f","comment":"kurs \\ud83d","note":1}')
    assert found["attributes"]["note"] == 1
    assert "/undecodable" in found["attributes"]["comment"]


@pytest.mark.parametrize(
    ("plural", "expected"),
    [("depositories", "depository"), ("children", "child"), ("accounts", "account"), ("legalEntities", "legalEntity")],
)
def test_singular(plural, expected):
    """Of the names that the API has."""
    assert singular(plural) == expected


def test_x3_what_lies_between_two_digits_is_no_spelling():
    """Keys of a map: `1_12` and `11_2` are not one."""
    for tiers in ({"1_12": 1}, {"11_2": 1}, {"2025_1_12": 1}):
        assert read({"id": "t", "type": "fee-transaction", "tiers": tiers})["attributes"] == {"tiers": tiers}
