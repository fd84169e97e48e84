"""Decoding relationships, and what many rows say."""

import pytest

from schemas.transactions import TRANSACTIONS
from sources.aleta.jsonapi.decode import decode
from sources.aleta.jsonapi.envelope import read_list
from tests.unit.sources.aleta.jsonapi.shapes import row


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
        ('{"inflow-account":{"data":{"id":"t"}}}', {"inflow_account_id": "t"}),  # as the other one is spelt
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
        f'{{"type":"t","id":"{place}","attributes":{{"{name}":1}},"relationships":{links}}}'
        for place, (name, links) in enumerate(zip(names, said, strict=True))
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
