"""Which ids rows name of what nothing lists, and where they are kept."""

import pyarrow as pa

from schemas.table import answered
from sources.aleta.catalogue.catalogue import CATALOGUE
from sources.aleta.dlt_source.named_ids import keep, kept, named_in

INSTRUMENTS = CATALOGUE["instruments"]


def holdings(*named: tuple[str | None, str | None]) -> pa.RecordBatch:
    """Instrument holdings that name these instruments and classes."""
    endpoint = CATALOGUE["instrument_holdings"]
    columns = {"instrument_id": [pair[0] for pair in named], "instrument_class_id": [pair[1] for pair in named]}
    arrays = [pa.array(columns.get(field.name, [None] * len(named)), field.type) for field in answered(endpoint.schema)]
    return pa.RecordBatch.from_arrays(arrays, names=answered(endpoint.schema).names)


def test_rows_name_what_has_no_list():
    """By table; a row may name none."""
    found = named_in(CATALOGUE["instrument_holdings"], holdings(("i1", "c1"), ("i2", None), ("i1", "c1")))

    assert found == {"instruments": {"i1", "i2"}, "instrument_classes": {"c1"}, "instrument_classes_detailed": set()}


def test_what_lists_name_is_no_matter_here():
    """Lists show themselves what there is."""
    clients = answered(CATALOGUE["clients"].schema)
    assert named_in(CATALOGUE["clients"], pa.RecordBatch.from_pylist([], clients)) == {}


def test_ids_of_all_packages_and_resources_are_kept_together():
    """L1: of whatever resource named them; those that an earlier version kept elsewhere, too."""
    transactions: dict = {}
    keep(transactions, [{"instruments": {"i2"}}, {"instruments": {"i2"}, "instrument_classes": set()}])
    keep(transactions, [{"instruments": {"i1"}}])
    states = [transactions, {"named": {"instruments": ["i3"], "instrument_classes": ["c1"]}}, {"through": {}}]

    assert transactions == {"named": {"instruments": ["i1", "i2"]}}
    assert kept(states, {"met": ["i0"]}, INSTRUMENTS) == {"i0", "i1", "i2", "i3"}
    assert kept([], {}, INSTRUMENTS) == set()


def test_answers_that_name_nothing_new_write_nothing():
    """Many thousand answers name the same ids every night."""
    state: dict = {}
    keep(state, [{"instruments": {"i1", "i2"}}])
    known = state["named"]["instruments"]

    keep(state, [{"instruments": {"i2"}}, {"instruments": {"i1"}}])

    assert state["named"]["instruments"] is known
