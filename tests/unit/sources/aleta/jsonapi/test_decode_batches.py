"""Decoding, case by case: where each value goes."""

import json
from decimal import Decimal

import pyarrow as pa
import pytest

from schemas.holdings import CUSTODIAN_HOLDINGS
from schemas.instruments import INSTRUMENTS
from schemas.performance import PERFORMANCE
from schemas.table import DECIMAL, EXTRA, described_by_api, nested, number, resource_id, table, text
from schemas.transactions import TRANSACTIONS
from sources.aleta.errors import MalformedError
from sources.aleta.jsonapi.canonical import canonical
from sources.aleta.jsonapi.decode import decode
from sources.aleta.jsonapi.envelope import Raw, read_list
from sources.aleta.jsonapi.numbers import fit, numbers
from tests.stores import on

SHAPED = table(
    "shaped", "with a nested column", [resource_id("id"), nested("steps", "how"), TRANSACTIONS.field("extra")]
)
OPENED = table(
    "opened",
    "with columns for members of objects that are no column",
    [
        resource_id("id"),
        number("low", "from", api="attributes/range/values/min attributes/min"),
        text("sort", "which", api="attributes/range/sort"),
        TRANSACTIONS.field("extra"),
    ],
)


def row(attributes: str = "{}", relationships: str = "{}", *, kind: str = "fee", schema: pa.Schema = TRANSACTIONS):
    """One resource, as columns that are not null."""
    body = f'{{"data":[{{"type":"{kind}","id":"1","attributes":{attributes},"relationships":{relationships}}}]}}'
    (found,) = decode(read_list(body.encode()), schema=schema).batch.to_pylist()
    return {name: value for name, value in found.items() if value is not None and name != "id"}


def test_a_page_without_resources_is_a_batch_without_rows():
    """With exactly the columns that the API fills."""
    batch = decode([], schema=TRANSACTIONS).batch
    assert (batch.num_rows, batch.schema) == (0, described_by_api(TRANSACTIONS))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.1", "0.1"),
        ("-0", "0"),
        ("1e5", "100000"),
        ("1.5E-3", "0.0015"),
        ("9007199254740993", "9007199254740993"),
        ("99999999999999999999999999.999999999999", "99999999999999999999999999.999999999999"),
        ("1.0000000000000000", "1"),
        ('"1.05"', "1.05"),
        ("0e999", "0"),
    ],
)
def test_x1_a_number_that_fits_is_exact_and_nowhere_else(text, value):
    """No float on the way, and no copy in `extra`."""
    assert row(f'{{"indexFactor":{text}}}') == {"type": "fee", "index_factor": Decimal(value)}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.0000000000005", "0"),
        ("0.0000000000015", "0.000000000002"),
        ("0.0000000000025", "0.000000000002"),
        ("-0.00000000000251", "-0.000000000003"),
        ("1e-13", "0"),
        ("1e-99999", "0"),
        ("1E-999999999999999999999999", None),
        ("1e26", None),
        ("103000000000000e13", None),
        ("26889923044380359696488757002", None),
        ("-5161315174821663186110232836", None),
        ("7493760064558488123804558187969104500000000000e-12", None),
        ("99999999999999999999999999.9999999999995", None),
        ("1e99999", None),
        ("1e999999999999999999999999", None),
    ],
)
def test_x1_a_number_that_does_not_fit_is_rounded_half_even_and_whole_in_extra(text, value):
    """At 12 decimals where 38 digits hold it, else null; its text to the last digit beside it."""
    found = row(f'{{"units":{text}}}')
    assert json.loads(found["extra"]) == {"units": text}
    assert found.get("units") == (None if value is None else Decimal(value))


@pytest.mark.parametrize("text", ["NaN", "Infinity", "1_000", " 1", "+1", "007", "", "0x1", "\u0661", "1."])
def test_x1_text_that_is_no_json_number_is_no_number(text):
    """What only Python would take for a number stays the text that it is."""
    assert row(json.dumps({"units": text})) == {
        "type": "fee",
        "extra": json.dumps({"units": text}, separators=(",", ":"), ensure_ascii=False),
    }


@pytest.mark.parametrize("part", ["attributes", "relationships"])
@pytest.mark.parametrize("said", ["[]", "null", "5", '"x"', "true", '[{"units":1}]'])
def test_f1_attributes_that_are_no_object_are_a_failed_read(part, said):
    """Such a resource says nothing, and with it the whole answer."""
    page = read_list(f'{{"data":[{{"type":"t","id":"1"}},{{"type":"t","id":"2","{part}":{said}}}]}}'.encode())
    with pytest.raises(MalformedError, match="no JSON object"):
        decode(page, schema=TRANSACTIONS)


def test_one_odd_number_does_not_touch_its_neighbours():
    """A column that holds an odd number is decoded number by number, with the same result for the others."""
    cells = ["1e-13", "2.5", "null", '"x"', "3e30"]
    things = ",".join(
        f'{{"type":"t","id":"{place}","attributes":{{"units":{cell}}}}}' for place, cell in enumerate(cells)
    )
    batch = decode(read_list(f'{{"data":[{things}]}}'.encode()), schema=TRANSACTIONS).batch
    assert batch["units"].to_pylist() == [Decimal(0), Decimal("2.5"), None, None, None]
    assert batch["extra"].to_pylist() == ['{"units":"1e-13"}', None, None, '{"units":"x"}', '{"units":"3e30"}']


@pytest.mark.parametrize(
    ("name", "text", "left"),
    [
        ("comment", "12.50", '"12.50"'),
        ("comment", "true", "true"),
        ("comment", '{"b":1,"a":2}', '{"a":2,"b":1}'),
        ("units", "[1]", "[1]"),
        ("affectsIrr", '"yes"', '"yes"'),
        ("affectsIrr", "1", '"1"'),
        ("tradeDate", "20240701", '"20240701"'),
        ("tradeDate", '"2024-07-01T00:00:00Z"', '"2024-07-01T00:00:00Z"'),
        ("tradeDate", '"2024-W27-1"', '"2024-W27-1"'),
        ("tradeDate", '"2023-02-29"', '"2023-02-29"'),
        ("type", "5", '"5"'),
    ],
)
def test_x2_a_value_of_another_type_is_in_extra(name, text, left):
    """Its column stays null; a number is kept there as text, so that no reader rounds it."""
    assert row(f'{{"{name}":{text}}}') == {"type": "fee", "extra": f'{{"{name}":{left}}}'}


def test_x2_what_no_schema_names_is_in_extra_and_counted():
    """Attributes and relationships, under the API's names, in one order; each counts as drift."""
    body = b"""{"data":[{"type":"t","id":"1","attributes":{"zeta": 1.50, "alpha": {"b": 2e-3, "a": "\\u00e9"}},
        "relationships": {"custodian": {"data": {"id": "c", "type": "custodian"}}}}]}"""
    found = decode(read_list(body), schema=TRANSACTIONS)
    assert found.batch["extra"].to_pylist() == [
        '{"alpha":{"a":"é","b":2e-3},"custodian":{"data":{"id":"c","type":"custodian"}},"zeta":1.50}'
    ]
    assert found.drift == {"alpha": 1, "custodian": 1, "zeta": 1}


def test_null_is_nothing():
    """An attribute that is null is neither in a column nor in `extra`; one that no schema names is said to be null."""
    assert row('{"units":null,"comment":null,"tradeDate":null,"affectsIrr":null,"mood":null}') == {
        "type": "fee",
        "extra": '{"mood":null}',
    }


def test_plain_values():
    """Text with escapes, a day, a flag."""
    assert row('{"comment":"a\\"\\u0000\\n\\ud83d\\ude00","tradeDate":"2024-01-02","affectsIrr":false}') == {
        "type": "fee",
        "comment": 'a"\x00\n😀',
        "trade_date": on(1),
        "affects_irr": False,
    }


@pytest.mark.parametrize(
    ("kind", "attributes", "wanted"),
    [
        ("fee-transaction", "{}", {"type": "fee-transaction"}),
        ("transaction", '{"type":"fee-transaction"}', {"type": "fee-transaction"}),
        ("transaction", "{}", {"type": "transaction"}),
        ("transaction", '{"type":null}', {"type": "transaction"}),
        ("fee-transaction", '{"type":"inner"}', {"type": "fee-transaction", "extra": '{"type":"inner"}'}),
    ],
)
def test_both_dialects_name_the_kind(kind, attributes, wanted):
    """The resource's type, or the attribute where the resource is just a transaction; a second name is kept."""
    assert row(attributes, kind=kind) == wanted


def test_each_row_of_a_page_names_its_own_kind():
    """Rows of both dialects may come in one page."""
    things = '{"type":"transaction","id":"1","attributes":{"type":"fee"}},{"type":"refund","id":"2"}'
    batch = decode(read_list(f'{{"data":[{things}]}}'.encode()), schema=TRANSACTIONS).batch
    assert batch["type"].to_pylist() == ["fee", "refund"]


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ('{"instrument":{"data":{"id":"i","type":"bond"}}}', {"instrument_id": "i", "instrument_type": "bond"}),
        ('{"asset":{"data":{"id":"i","type":"bond"}}}', {"instrument_id": "i", "instrument_type": "bond"}),
        ('{"asset":{"id":"i","type":"bond"}}', {"instrument_id": "i", "instrument_type": "bond"}),
        ('{"asset":{"data":{"id":"i"}}}', {"instrument_id": "i"}),
        ('{"asset":{"data":null}}', {}),
        ('{"asset":{}}', {}),
        ('{"asset":null}', {"extra": '{"asset":null}'}),
        ('{"asset":{"links":{}}}', {"extra": '{"asset":{"links":{}}}'}),
        ('{"asset":{"data":[{"id":"i"}]}}', {"extra": '{"asset":{"data":[{"id":"i"}]}}'}),
        (
            '{"asset":{"data":{"id":"i"}},"instrument":{"data":{"id":"i","type":"bond"}}}',
            {"instrument_id": "i", "instrument_type": "bond"},
        ),
        (
            '{"asset":{"data":{"id":"i"}},"instrument":{"data":{"id":"j"}}}',
            {"instrument_id": "j", "extra": '{"asset":{"data":{"id":"i"}}}'},
        ),
        (
            '{"instrument":{"data":{"id":"i","type":"bond"}},"asset":{"data":{"id":"i"}}}',
            {"instrument_id": "i", "instrument_type": "bond"},
        ),
        ('{"instrument":{"data":{"id":"i"}},"asset":{"data":null}}', {"instrument_id": "i"}),
        ('{"account":{"data":{"id":"a"}},"depository":5}', {"account_id": "a", "extra": '{"depository":5}'}),
        ('{"counterparty-transaction":{"data":{"id":"t"}}}', {"counterparty_transaction_id": "t"}),
        ('{"counterpartyTransaction":{"data":{"id":"t"}}}', {"counterparty_transaction_id": "t"}),
    ],
)
def test_x2_a_to_one_relationship_is_in_its_columns_or_in_extra(said, wanted):
    """Either spelling, bare or not, absent or null; what is no to-one, or says it twice differently, is kept whole."""
    assert row("{}", said) == {"type": "fee"} | wanted


def test_x2_what_many_rows_say_is_in_each_of_them():
    """Relationships that several rows share are read once, and what no column holds of them is left over in each."""
    odd = '{"account":{"data":{"id":"a"}},"custodian":{"data":{"id":"c"}}}'
    said = [odd, '{"account":{"data":{"id":"b"}}}', odd, "{}", '{"account":{"data":{"id":""}}}', odd]
    names = ["mood", "mood", "custodian", "mood", "mood", "mood"]
    things = ",".join(
        f'{{"type":"t","id":"{place}","attributes":{{"{name}":1}},"relationships":{one}}}'
        for place, (name, one) in enumerate(zip(names, said, strict=True))
    )
    found = decode(read_list(f'{{"data":[{things}]}}'.encode()), schema=TRANSACTIONS)
    left = '"custodian":{"data":{"id":"c"}}'
    assert found.batch["account_id"].to_pylist() == ["a", "b", "a", None, None, "a"]
    assert found.batch["extra"].to_pylist() == [
        f'{{{left},"mood":1}}',
        '{"mood":1}',
        f'{{"custodian":1,"relationships/{left[1:]}}}',
        '{"mood":1}',
        '{"mood":1}',
        f'{{{left},"mood":1}}',
    ]
    assert found.drift == {"mood": 5, "custodian": 4}


def test_x2_a_relationship_that_shares_an_attributes_name_is_kept_apart():
    """JSON:API forbids it; nothing is lost all the same."""
    found = row('{"category":5}', '{"category":{"data":[]}}')
    assert found == {"type": "fee", "extra": '{"category":"5","relationships/category":{"data":[]}}'}


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
        ('{"sort":5,"values":"none"}', {"extra": '{"range/sort":"5","range/values":"none"}'}, {}),
        ('{"values":{"min":1e-13}}', {"low": Decimal(0), "extra": '{"range/values/min":"1e-13"}'}, {}),
        ('{"sort":null,"values":null}', {}, {}),
        ("[1.50]", {"extra": '{"range":[1.50]}'}, {}),
        ("7.0", {"extra": '{"range":"7.0"}'}, {}),
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
    ],
)
def test_of_two_spellings_the_first_listed_wins_and_the_other_is_not_lost(attributes, wanted):
    """Whatever their order in the answer; a value that is left over keeps the name it came under."""
    assert row(attributes, schema=CUSTODIAN_HOLDINGS) == wanted


def test_of_two_spellings_of_a_member_the_first_listed_wins():
    """A path into an object is a spelling like any other."""
    found = row('{"min":2,"range":{"values":{"min":1}}}', schema=OPENED)
    assert found == {"low": Decimal(1), "extra": '{"min":2}'}


def test_tables_with_the_same_columns_read_what_each_of_them_names():
    """Two schemas are equal to Arrow when only the attributes behind their columns differ."""
    body = b'{"data":[{"type":"t","id":"1","attributes":{"here":1,"there":2}}]}'
    tables = [
        table("t", "one", [resource_id("id"), number("value", "it", api=f"attributes/{name}"), EXTRA])
        for name in ("here", "there")
    ]
    assert tables[0] == tables[1]
    assert [decode(read_list(body), schema=one).batch["value"].to_pylist() for one in tables] == [[1], [2]]


def test_what_a_table_leaves_out_is_nowhere():
    """Neither in a column, nor in `extra`, nor counted as unknown."""
    body = b'{"data":[{"type":"p","attributes":{"dailyTwr":0.1,"accumulatedTwr":0.2,"accumulatedReturn":3}}]}'
    found = decode(read_list(body, identified=False), schema=PERFORMANCE)
    assert found.batch["daily_twr"].to_pylist() == [Decimal("0.1")]
    assert found.batch["extra"].to_pylist() == [None]
    assert not found.drift


def test_rows_without_ids_are_rows():
    """A table with a natural key needs none, and its `row_key` is not the decoder's to fill."""
    body = b'{"data":[{"type":"p"},{"type":"p","id":null,"attributes":{"dailyTwr":1}}]}'
    batch = decode(read_list(body, identified=False), schema=PERFORMANCE).batch
    assert batch["daily_twr"].to_pylist() == [None, Decimal(1)]
    assert not {"id", "row_key"} & set(batch.schema.names)


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ('{"b" : [1, {"d":2 , "c":1}], "a":null}', '{"a":null,"b":[1,{"c":1,"d":2}]}'),
        ('"\\u0041\\/"', '"A/"'),
        ("1.0E+2", "1.0E+2"),
        (
            '[ -0, {"b":-0.0 , "a":"-0\\n"}, 18446744073709551616, 1e400 ]',
            '[-0,{"a":"-0\\n","b":-0.0},18446744073709551616,1e400]',
        ),
        (f'{{"b": {"7" * 5000}, "a": true}}', f'{{"a":true,"b":{"7" * 5000}}}'),
        ('{"é":1,"z":2,"\\ud83d\\ude00":3,"\\uffff":4,"Z":5}', '{"Z":5,"z":2,"é":1,"\uffff":4,"😀":3}'),
    ],
)
def test_x3_one_form_for_one_value(text, form):
    """Whatever the order of keys, the blanks and the escapes; a number's text is its own."""
    assert canonical(Raw(text.encode())) == form.encode()


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param("[1,\n2]", id="a list over two lines"),
        pytest.param('{"a":null,\n"b":{"c":[\n1.50]}}', id="an object over more"),
        pytest.param('"1null2"', id="null within text"),
        pytest.param('"null"', id="null as text"),
        pytest.param("true", id="a flag"),
        pytest.param('""', id="text without a character"),
    ],
)
def test_what_is_no_number_moves_no_other_number(odd):
    """All numbers of a page are read in one go, and each comes back to its own place."""
    cells = ["1", odd, "null", "", '"2.5"', "12345678901234567890123456.123456789012", "1e2"]
    column, misfits = numbers([Raw(one.encode()) for one in cells])
    largest = Decimal("12345678901234567890123456.123456789012")
    assert column.to_pylist() == [Decimal(1), None, None, None, Decimal("2.5"), largest, Decimal(100)]
    assert misfits == [1]


def test_what_fits_a_decimal_column():
    """38 digits, 12 of them decimals, rounded half-even; Arrow takes exactly what `fit` lets through."""
    largest = Decimal("99999999999999999999999999.999999999999")
    assert fit(largest) == largest
    assert fit(Decimal(f"{largest}4")) == largest
    assert fit(Decimal(f"{largest}6")) is None
    assert fit(Decimal("1e30")) is None
    assert pa.array([fit(largest.copy_negate())], DECIMAL).to_pylist() == [largest.copy_negate()]
