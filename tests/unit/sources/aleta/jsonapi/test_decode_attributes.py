"""Decoding attributes and kinds: where each value goes."""

from decimal import Decimal

import pytest

from schemas.performance import PERFORMANCE
from schemas.table import EXTRA, described_by_api, number, resource_id, table
from schemas.transactions import TRANSACTIONS
from sources.aleta.errors import MalformedError
from sources.aleta.jsonapi.decode import decode
from sources.aleta.jsonapi.envelope import read_list
from tests.stores import on
from tests.unit.sources.aleta.jsonapi.shapes import row


def test_a_page_without_resources_is_a_batch_without_rows():
    """With exactly the columns that the API fills."""
    batch = decode([], schema=TRANSACTIONS).batch
    assert (batch.num_rows, batch.schema) == (0, described_by_api(TRANSACTIONS))


@pytest.mark.parametrize("part", ["attributes", "relationships"])
@pytest.mark.parametrize("said", ["[]", "null", "5", '"x"', "true", '[{"units":1}]'])
def test_f1_attributes_that_are_no_object_are_a_failed_read(part, said):
    """Such a resource says nothing, and with it the whole answer."""
    page = read_list(f'{{"data":[{{"type":"t","id":"1"}},{{"type":"t","id":"2","{part}":{said}}}]}}'.encode())
    with pytest.raises(MalformedError, match="no JSON object"):
        decode(page, schema=TRANSACTIONS)


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


def test_tables_with_the_same_columns_read_what_each_of_them_names():
    """Two schemas are equal to Arrow when only the attributes behind their columns differ."""
    body = b'{"data":[{"type":"t","id":"1","attributes":{"here":1,"there":2}}]}'
    tables = [
        table("t", "one", [resource_id("id"), number("value", "it", api=f"attributes/{name}"), EXTRA])
        for name in ("here", "there")
    ]
    assert tables[0] == tables[1]
    assert [decode(read_list(body), schema=schema).batch["value"].to_pylist() for schema in tables] == [[1], [2]]


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
