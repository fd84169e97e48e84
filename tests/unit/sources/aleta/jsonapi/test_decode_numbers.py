"""Decoding numbers: exact, rounded half even, or kept whole in `extra`."""

import json
from decimal import Decimal

import pyarrow as pa
import pytest

from schemas.table import DECIMAL
from schemas.transactions import TRANSACTIONS
from sources.aleta.jsonapi.canonical import canonical
from sources.aleta.jsonapi.decode import decode
from sources.aleta.jsonapi.envelope import Raw, read_list
from sources.aleta.jsonapi.numbers import fit, numbers
from tests.unit.sources.aleta.jsonapi.shapes import row


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


@pytest.mark.parametrize(("text", "counted"), [("1e26", 1), ("1e60", 1), ("0.0000000000005", 0), ("12.5", 0)])
def test_f9_a_number_that_no_column_holds_is_counted_as_drift(text, counted):
    """Its column is empty, and somebody is told; what is rounded is there."""
    body = f'{{"data":[{{"type":"fee","id":"1","attributes":{{"units":{text}}}}}]}}'
    assert decode(read_list(body.encode()), schema=TRANSACTIONS).drift["units"] == counted


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
    column, misfits = numbers([Raw(cell.encode()) for cell in cells])
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
