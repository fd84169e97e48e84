"""Decoding values that are objects: nested columns, members, two spellings."""

from decimal import Decimal

import msgspec
import pytest

from schemas.clients import LIMITS
from schemas.holdings import CUSTODIAN_HOLDINGS
from schemas.instruments import INSTRUMENTS
from sources.aleta.jsonapi.decode import decode
from sources.aleta.jsonapi.envelope import read_list
from tests.unit.sources.aleta.jsonapi.shapes import OPENED, SHAPED, row


def test_a_nested_column_holds_json_in_one_form():
    """Keys sorted, no blanks, numbers as written; null is null."""
    assert row('{"steps": [ {"b": 1.0, "a": [ ] } ]}', schema=SHAPED) == {"steps": '[{"a":[],"b":1.0}]'}
    assert row('{"steps": null}', schema=SHAPED) == {}


@pytest.mark.parametrize(
    ("said", "wanted", "drift"),
    [
        ('{"sort":"a","values":{"min":0.5}}', {"low": Decimal("0.5"), "sort": "a"}, {}),
        (
            '{"sort":"a","more":{"b":1.0,"a":2},"values":{"max":5}}',
            {"sort": "a", "extra": '{"range/more":{"a":2,"b":1.0},"range/values/max":5}'},
            {"range/more": 1, "range/values/max": 1},
        ),
        (
            '{"sort":5,"values":"none"}',
            {"extra": '{"range/sort":"5","range/values":"none"}'},
            {"range/sort": 1, "range/values": 1},
        ),
        ('{"values":{"min":1e-13}}', {"low": Decimal(0), "extra": '{"range/values/min":"1e-13"}'}, {}),
        ('{"sort":null,"values":null}', {}, {}),
        ("[1.50]", {"extra": '{"range":[1.50]}'}, {"range": 1}),
        ("7.0", {"extra": '{"range":"7.0"}'}, {"range": 1}),
        ("null", {}, {}),
        ("{}", {"extra": '{"range":{}}'}, {}),
    ],
)
def test_x2_members_of_an_object_that_is_no_column(said, wanted, drift):
    """Known ones are in their columns; of the others, and of what is no object, nothing is lost."""
    body = f'{{"data":[{{"type":"t","id":"1","attributes":{{"range":{said}}}}}]}}'.encode()
    found = decode(read_list(body), schema=OPENED)
    (cells,) = found.batch.to_pylist()
    assert {name: value for name, value in cells.items() if value is not None and name != "id"} == wanted
    assert found.drift == drift


def test_x2_an_attribute_that_is_called_as_a_member_of_an_object_is_kept_apart():
    """JSON:API forbids the slash; nothing is lost all the same, in whatever order they come."""
    said = ['"range/more":2', '"range":{"more":1.50}']
    found = [row("{" + ",".join(members) + "}", schema=OPENED)["extra"] for members in (said, said[::-1])]
    assert found == ['{"attributes/range/more":1.50,"range/more":2}'] * 2


@pytest.mark.parametrize(
    ("fund", "wanted"),
    [
        ('{"strategy":5}', {"extra": '{"fund/strategy":"5"}'}),
        ('{"vintageDate":"2026"}', {"extra": '{"fund/vintageDate":"2026"}'}),
        ('{"hurdle":{"rate":1.0}}', {}),
        ('{"name":null}', {}),
        ("5", {}),
    ],
)
def test_members_of_an_object_that_is_a_column_are_views_of_it(fund, wanted):
    """It is kept whole there, so nothing more of it is left over but what a member's own column cannot hold."""
    found = row(f'{{"fund":{fund}}}', schema=INSTRUMENTS)
    assert found == {"type": "fee", "fund": fund} | wanted


@pytest.mark.parametrize(
    ("attributes", "wanted"),
    [
        ('{"unitsInHolding":1,"quantity":2}', {"units_in_holding": Decimal(1), "extra": '{"quantity":2}'}),
        ('{"quantity":2,"unitsInHolding":1}', {"units_in_holding": Decimal(1), "extra": '{"quantity":2}'}),
        ('{"unitsInHolding":1,"quantity":1}', {"units_in_holding": Decimal(1)}),
        ('{"unitsInHolding":null,"quantity":2}', {"units_in_holding": Decimal(2)}),
        ('{"unitsInHolding":1,"quantity":null}', {"units_in_holding": Decimal(1)}),
        ('{"quantity":1e-13}', {"units_in_holding": Decimal(0), "extra": '{"quantity":"1e-13"}'}),
        ('{"quantity":[]}', {"extra": '{"quantity":[]}'}),
        ('{"unitsInHolding":[],"quantity":2}', {"extra": '{"quantity":2,"unitsInHolding":[]}'}),
        ('{"unitsInHolding":[],"quantity":[]}', {"extra": '{"quantity":[],"unitsInHolding":[]}'}),
        (
            '{"unitsInHolding":1e-13,"quantity":1e-13}',
            {"units_in_holding": Decimal(0), "extra": '{"quantity":"1e-13","unitsInHolding":"1e-13"}'},
        ),
    ],
)
def test_of_two_spellings_the_first_listed_wins_and_the_other_is_not_lost(attributes, wanted):
    """Whatever their order in the answer; a value that is left over keeps the name it came under."""
    assert row(attributes, schema=CUSTODIAN_HOLDINGS) == wanted


@pytest.mark.parametrize("names", [["filter"], ["limitFilter"], ["filter", "limitFilter"]])
def test_f8_a_nested_value_that_cannot_be_decoded_keeps_the_names_it_came_under(names):
    half = r'{"a":"\ud83d"}'
    found = row("{" + ",".join(f'"{name}":{half}' for name in names) + "}", schema=LIMITS)
    assert msgspec.json.decode(found["extra"]) == dict.fromkeys(names, half)


def test_of_two_spellings_of_a_member_the_first_listed_wins():
    """A path into an object is a spelling like any other."""
    found = row('{"min":2,"range":{"values":{"min":1}}}', schema=OPENED)
    assert found == {"low": Decimal(1), "extra": '{"min":2}'}
