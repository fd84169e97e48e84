"""Members that are there twice, and values that cannot be decoded (rules F5 and F8)."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime

import pytest

from sources.aleta.catalogue.catalogue import CATALOGUE
from sources.aleta.errors import MalformedError, UndecodableError
from sources.aleta.jsonapi.answer import Answer, parser
from sources.aleta.jsonapi.tokens import DEEPEST, duplicate, repaired

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ROW = '{"type":"fee-transaction","id":"t1","attributes":%s,"relationships":%s}'
ACCOUNT = '{"account":{"data":{"type":"account","id":"a1"}}}'


def read(body: str | bytes, *, table: str = "transactions") -> Answer:
    return parser(CATALOGUE[table], parent_id="a1", now=lambda: NOON)(body.encode() if isinstance(body, str) else body)


def page(attributes: str, relationships: str = ACCOUNT) -> str:
    plain = ROW % ('{"accountAmount":1.50,"tradeDate":"2026-01-02","comment":null}', ACCOUNT)
    return f'{{"data":[{plain.replace("t1", "t0")},{ROW % (attributes, relationships)}]}}'


TWICE = {
    "amount": ('{"accountAmount":1,"accountAmount":2}', ACCOUNT),
    "text": ('{"comment":"a","tradeDate":"2026-01-02","comment":"b"}', ACCOUNT),
    "with-null": ('{"comment":null,"comment":"b"}', ACCOUNT),
    "same-value": ('{"tradeDate":"2026-01-02","tradeDate":"2026-01-02"}', ACCOUNT),
    "unknown": ('{"mood":1,"mood":2}', ACCOUNT),
    "unknown-among-blanks": ('{ "mood" : 1 , "mood" : 2 }', ACCOUNT),
    "once-escaped": ('{"comment":"a","c\\u006fmment":"b"}', ACCOUNT),
    "nested": ('{"mood":{"a":1,"b":[{"c":1,"c":2}]}}', ACCOUNT),
    "mistyped": ('{"comment":5,"comment":"a"}', ACCOUNT),
    "relationship": ("{}", '{"account":{"data":{"type":"account","id":"a1"}},"account":{"data":null}}'),
    "linkage": ("{}", '{"account":{"data":{"type":"account","id":"a1"},"data":{"type":"account","id":"a2"}}}'),
    "id-of-a-linkage": ("{}", '{"account":{"data":{"type":"account","id":"a1","id":"a2"}}}'),
    "id-of-a-linkage-with-links": ("{}", '{"account":{"links":{},"data":{"type":"account","id":"a1","id":"a2"}}}'),
}


@pytest.mark.parametrize(
    ("attributes", "relationships"), [pytest.param(*case, id=name) for name, case in TWICE.items()]
)
def test_f5_a_member_that_is_there_twice_is_a_failed_read(attributes, relationships):
    """Which of the two is meant nobody can say."""
    with pytest.raises(MalformedError, match="twice in one object"):
        read(page(attributes, relationships))


ONCE = {
    "blanks": '{ "comment" : "a: b" ,\n\t"accountAmount" : 1.50 }',
    "colons-and-quotes": '{"comment":"say \\"comment\\":\\"comment\\": twice, \\"comment\\":"}',
    "escapes": '{"comment":"\\u00e9 \\/ \\u003a \\ud83d\\ude00","c\\u0061tegory":"x"}',
    "letters-beyond-ascii": '{"comment":"Zürich — 納税","größe":{"ä":1}}',
    "unknown-nested": '{"mood":{"a":{"a":{"a":1}}},"extra":{"a":[{"a":1},{"a":2}]}}',
    "numbers": '{"accountAmount":-0.0,"units":1E+2,"commission":"5","unitPrice":1234567890123456789012345678901}',
    "null": '{"comment":null,"accountAmount":null,"tradeDate":null}',
}


@pytest.mark.parametrize("attributes", [pytest.param(case, id=name) for name, case in ONCE.items()])
def test_members_that_are_there_once_are_read(attributes):
    """No blank, escape, quoted name or foreign letter is taken for a second member."""
    answer = read(page(attributes))
    assert answer.ids == ["t0", "t1"]


def test_the_same_names_in_different_objects_are_no_matter():
    """Each object has its own."""
    assert duplicate(b'{"a":{"a":1},"b":[{"a":1},{"a":2}]}') is None


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ('{"accountAmount":"1,234.50"}', {"accountAmount": "1,234.50"}),
        ('{"comment":{"text":"x"}}', {"comment": {"text": "x"}}),
        ('{"comment":5}', {"comment": "5"}),
        ('{"tradeDate":"2026-11-23T00:00:00Z"}', {"tradeDate": "2026-11-23T00:00:00Z"}),
        ('{"affectsIrr":"yes"}', {"affectsIrr": "yes"}),
    ],
)
def test_d9_an_attribute_of_another_type_is_drift(given, kept):
    """Its column is null, `extra` has it to the last digit, and the report counts it under its name."""
    answer = read(page(given))
    assert json.loads(answer.batch.to_pylist()[1]["extra"]) == kept
    assert answer.drift == Counter(dict.fromkeys(kept, 1))


def test_a_number_that_is_rounded_is_no_drift():
    """It is in its column, and exact in `extra`."""
    answer = read(page('{"accountAmount":0.12345678901234567}'))
    assert json.loads(answer.batch.to_pylist()[1]["extra"]) == {"accountAmount": "0.12345678901234567"}
    assert not answer.drift


# -- half a surrogate pair


@pytest.mark.parametrize("text", ["kurs \\ud83d", "\\ude00 kurs", "a \\ud83d\\ud83d b", "\\ud83d\\u0041"])
@pytest.mark.parametrize("name", ["comment", "mood"])
def test_f8_half_a_pair_costs_one_value(text, name):
    """The row is there, `extra` has the escape as text, and drift counts it; the other values stand."""
    answer = read(page(f'{{"accountAmount":2.50,"{name}":"{text}"}}'))
    row = answer.batch.to_pylist()[1]
    assert (row["id"], str(row["account_amount"]), row["comment"]) == ("t1", "2.500000000000", None)
    assert json.loads(row["extra"]) == {name: text}
    assert answer.drift == Counter({name: 1})


def test_f8_half_a_pair_in_a_nested_value_keeps_the_value_as_text():
    """As in a value that no schema names, however deep it stands."""
    answer = read(page('{"mood":{"a":[1,"x\\ud83d"]}}'))
    assert json.loads(answer.batch.to_pylist()[1]["extra"]) == {"mood": '{"a":[1,"x\\ud83d"]}'}


def test_f8_half_a_pair_in_a_name_spells_the_name_out():
    """The value stands under the name as it was written."""
    answer = read(page('{"mo\\ud83d":7,"comment":"c"}'))
    row = answer.batch.to_pylist()[1]
    assert (row["comment"], json.loads(row["extra"])) == ("c", {"mo\\ud83d": 7})


def test_f8_an_objects_name_with_half_a_pair_keeps_the_object():
    """The other objects of its list, and it, are there."""
    body = '{"data":[{"type":"account","id":"a1","attributes":{"name":"x\\ud83d"}},{"type":"account","id":"a2"}]}'
    answer = read(body, table="accounts")
    assert answer.ids == ["a1", "a2"]
    assert json.loads(answer.batch.to_pylist()[0]["extra"]) == {"name": "x\\ud83d"}


@pytest.mark.parametrize("body", ['{"data":[{"type":"x","id":"\\ud83d"}]}', '{"data":[{"type":"\\ud83d","id":"1"}]}'])
def test_f8_an_id_that_cannot_be_read_is_a_failed_read_that_no_attempt_mends(body):
    """It could be any object's; what is cut short besides may be whole the next time."""
    with pytest.raises(MalformedError, match="cut short"):
        read(body[:-1], table="accounts")
    with pytest.raises(UndecodableError, match="half a surrogate pair"):
        read(body, table="accounts")


def test_a_body_without_anything_odd_is_not_touched():
    """It is the same object."""
    body = b'{"data":[{"attributes":{"a":"\\ud83d\\ude00"}}]}'
    assert repaired(body) is body


def test_a_body_that_is_cut_short_is_not_repaired():
    """F1 stands."""
    with pytest.raises(MalformedError, match="not JSON, or cut short"):
        read('{"data":[{"type":"x","id":"1","attributes":{"a":"\\ud83d"}}')


DEEP_PLACES = {
    "unknown": ("transactions", "mood"),
    "number": ("transactions", "accountAmount"),
    "text": ("transactions", "comment"),
    "json": ("custodian_auth_flows", "expectedFiles"),
    "within": ("instruments", "fund"),
}


@pytest.mark.parametrize("depth", [98, 99, 100, 101, 102, 300])
@pytest.mark.parametrize(("table", "name"), [pytest.param(*case, id=name) for name, case in DEEP_PLACES.items()])
@pytest.mark.parametrize("ends", ["[]", "{}"])
def test_f8_x3_what_a_deep_value_becomes_does_not_depend_on_its_neighbours(table, name, depth, ends):
    """One that cannot be decoded has the whole body repaired; a row is the same row all the same."""
    opening, closing = ("[", "]") if ends == "[]" else ('{"a":', "}")
    value = opening * (depth - 1) + ends + closing * (depth - 1)
    deep = f'{{"type":"x","id":"1","attributes":{{"{name}":{value}}}}}'
    odd = r'{"type":"x","id":"2","attributes":{"note":"\ud83d"}}'

    alone, beside = (read(f'{{"data":[{rows}]}}', table=table).batch.to_pylist()[0] for rows in (deep, f"{deep},{odd}"))

    assert alone == beside
    said = json.loads(alone["extra"] or "{}").get(name)
    assert isinstance(said, str) == (depth > DEEPEST)
