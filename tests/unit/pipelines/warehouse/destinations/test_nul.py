"""NUL is stored as near as it can be, and kept exactly (rule F9)."""

from __future__ import annotations

import json
from collections import Counter

import pyarrow as pa

from pipelines.warehouse.destinations.nul import without_nul
from schemas.transactions import TRANSACTIONS
from sources.aleta.jsonapi.decode import decode
from sources.aleta.jsonapi.envelope import read_list


def stored(*attributes: str) -> tuple[list[dict[str, object]], Counter[str], pa.RecordBatch, pa.RecordBatch]:
    rows = ",".join(f'{{"type":"x","id":"t{at}","attributes":{text}}}' for at, text in enumerate(attributes))
    batch = decode(read_list(f'{{"data":[{rows}]}}'.encode()), schema=TRANSACTIONS).batch
    found: Counter[str] = Counter()
    kept = without_nul(batch, TRANSACTIONS, found)
    return kept.to_pylist(), found, batch, kept


def test_a_text_goes_without_it_and_extra_has_it_whole():
    """Under the API's own name, beside what was there; other rows are untouched."""
    rows, found, _, _ = stored('{"comment":"a\\u0000b","mood":1}', '{"comment":"c"}')
    assert [row["comment"] for row in rows] == ["ab", "c"]
    assert json.loads(str(rows[0]["extra"])) == {"comment": r"a\u0000b", "mood": 1}
    assert rows[1]["extra"] is None
    assert found == {"comment": 1}


def test_json_spells_it_out():
    """PostgreSQL refuses the escape in JSON; a backslash before it that is escaped itself makes it no escape."""
    rows, found, _, _ = stored(r'{"mood":{"a":"x\u0000"},"b":"\\u0000","c\u0000":1}')
    assert json.loads(str(rows[0]["extra"])) == {"mood": {"a": r"x\u0000"}, "b": r"\u0000", r"c\u0000": 1}
    assert found == {"extra": 1}


def test_rows_without_it_are_the_same_rows():
    """Not even copied."""
    _, found, batch, kept = stored('{"comment":"plain","mood":"x"}')
    assert kept is batch
    assert not found
