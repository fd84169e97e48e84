"""One world in all spellings: the same content is the same row, whichever track it came from."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox import SandboxSettings
from sandbox.http.api.flat import flattened, without_nulls
from sandbox.state.store import Store
from sandbox.world.jsontext import Num, dump, load
from sandbox.world.world import build
from sources.aleta.catalogue.catalogue import CATALOGUE
from sources.aleta.jsonapi.answer import parser
from sources.aleta.v1.document import list_reader
from tests.lengths import examples
from tests.stores import memory_store
from tests.unit.pipelines.compare.stored import FIRST_RUN, RUN, compare

TRANSACTIONS = CATALOGUE["transactions"]
SPELLINGS = ("snake", "camel", "jsonapi", "mixed")

ids = st.text("abc123", min_size=1, max_size=4)
numbers = st.sampled_from(["0", "-0.0", "1.10", "1e3", "12345678901234567890.1234567890123"]).map(Num)
texts = st.sampled_from(["", "a", "2026-01-02", "null", 'quoted "twice"', "é"])
plain = st.one_of(st.none(), st.booleans(), numbers, texts)
nested = st.recursive(
    plain,
    lambda inner: st.one_of(
        st.lists(inner, max_size=2), st.dictionaries(st.sampled_from(["fundHouse", "note", "aB"]), inner, max_size=2)
    ),
    max_leaves=4,
)
known = st.sampled_from(["tradeDate", "valueDate", "accountAmount", "comment", "affectsIrr", "category", "indexFactor"])
unknown = st.sampled_from(["reviewedBy", "barrierLevel", "observations", "deskId", "partyIds", "x"])
linkages = st.fixed_dictionaries({"type": st.sampled_from(["account", "issuer"]), "id": ids})
ones = st.one_of(linkages, st.none()).map(lambda data: {"data": data})
many = st.lists(linkages, max_size=2).map(lambda data: {"data": data})
relationships = st.fixed_dictionaries(
    {"account": ones},
    optional={"instrument": ones, "counterparty-transaction": ones, "issuer": ones, "underlying-parties": many},
)
resources = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["fee-transaction", "fx-spot-transaction"]),
        "id": ids,
        "attributes": st.one_of(
            st.dictionaries(known, plain, max_size=4), st.dictionaries(st.one_of(known, unknown), nested, max_size=5)
        ),
        "relationships": relationships,
    }
)


def as_v2(rows: list) -> pa.RecordBatch:
    read = parser(TRANSACTIONS, parent_id="", now=lambda: datetime.now(UTC))
    return read(dump({"data": rows}).encode()).batch


def as_v1(rows: list, spelling: str) -> pa.RecordBatch:
    read = parser(TRANSACTIONS, parent_id="", now=lambda: datetime.now(UTC), read=list_reader(TRANSACTIONS))
    return read(dump({"data": [flattened(row, spelling) for row in rows], "has_more": False}).encode()).batch


def check_unchanged(batches: list[pa.RecordBatch]) -> None:
    """Each after the other, in one warehouse."""
    with memory_store() as store:
        store.merge(compare(store, batches[:1], [], run=FIRST_RUN).rows)
        for batch in batches[1:]:
            found = compare(store, [batch], [], run=RUN)
            assert (found.counts["added"], found.counts["modified"]) == (0, 0)
            assert found.rows.data.num_rows == 0


@settings(max_examples=examples(16), deadline=None)
@given(rows=st.lists(resources, min_size=1, max_size=4, unique_by=lambda row: row["id"]))
def test_the_same_content_is_the_same_row_in_every_spelling(rows):
    """From v2 to v1 and back: nothing is modified, whatever no schema knows."""
    check_unchanged([as_v2(rows), *(as_v1(rows, spelling) for spelling in SPELLINGS), as_v2(rows)])


@settings(max_examples=examples(8), deadline=None)
@given(
    rows=st.lists(resources, min_size=1, max_size=4, unique_by=lambda row: row["id"]),
    spelling=st.sampled_from(SPELLINGS),
)
def test_what_is_null_on_one_track_may_be_left_out_on_another(rows, spelling):
    """Attributes and relationships, whether a schema names them or not."""
    left_out = [without_nulls(row) for row in rows]
    check_unchanged([as_v2(rows), as_v1(left_out, spelling), as_v2(left_out), as_v1(rows, spelling)])


@pytest.mark.parametrize("seed", range(2))
def test_a_whole_world_is_the_same_in_every_spelling(seed):
    """Every kind of transaction that the sandbox has, with its oddities."""
    made = SandboxSettings(seed=seed, accounts=6, rows=400, years=2, relation="mixed")
    store = Store(build(made, tenant="acme", today=date(2026, 3, 2)), seed=f"{seed}")
    rows = [load(row.body) for row in store.rows()]
    check_unchanged([as_v1(rows, "snake"), as_v2(rows), *(as_v1(rows, spelling) for spelling in SPELLINGS)])


def test_other_content_is_another_row():
    """What is equal in all spellings is not equal to everything."""
    rows = [{"type": "fee", "id": "1", "attributes": {"x": Num("1.0")}, "relationships": {"issuer": {"data": None}}}]
    others = [rows[0] | {"attributes": {"x": Num("1.00")}}]
    with pytest.raises(AssertionError):
        check_unchanged([as_v2(rows), as_v1(others, "snake")])
