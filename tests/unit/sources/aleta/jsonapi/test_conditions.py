"""A tree of conditions as rows: one a node, and what becomes of shapes that nobody documented."""

import json

import msgspec
import pytest

from schemas.clients import LIMIT_CONDITIONS
from sources.aleta.jsonapi.conditions import Node, nodes, unfold
from sources.aleta.jsonapi.envelope import Resource

NAMES = ("limitFilter", "filter")


def raw(value: object) -> msgspec.Raw:
    return msgspec.Raw(json.dumps(value).encode())


def condition(kind: str, **values: object) -> dict[str, object]:
    return {
        "type": "condition",
        "condition": {"type": kind, **{name.replace("_", "-"): x for name, x in values.items()}},
    }


def walked(tree: object) -> list[Node]:
    return list(nodes(raw(tree)))


def limit(own_id: str, **attributes: object) -> Resource:
    return Resource(type="limit", id=own_id, attributes=raw(attributes))


DENMARK = condition("country-code-is", country_code="DK")
EUROS = condition("currency-code-is-not", currency_code="EUR")


def test_a_condition_alone_is_one_node():
    """Its operator is the condition's own type; its one member is the field, its value a list of one."""
    assert walked(DENMARK) == [
        Node(path="0", parent_path=None, operator="country-code-is", field="country-code", values='["DK"]')
    ]


@pytest.mark.parametrize("spelt", ["instrument-class-id", "instrumentClassId", "instrument_class_id"])
def test_a_field_is_the_same_whichever_track_it_came_from(spelt):
    """v1 spells members otherwise; the row stays the same."""
    [node] = walked({"type": "condition", "condition": {"type": "instrument-class-is", spelt: "i1"}})
    assert (node.field, node.values) == ("instrument-class-id", '["i1"]')


def test_a_tree_is_one_row_a_node_and_a_path_tells_where_it_is():
    """Children count from 0, a parent comes before them."""
    tree = {"type": "and", "filters": [DENMARK, {"type": "or", "filters": [EUROS, DENMARK]}, EUROS]}
    assert [(node.path, node.parent_path, node.operator) for node in walked(tree)] == [
        ("0", None, "and"),
        ("0.0", "0", "country-code-is"),
        ("0.1", "0", "or"),
        ("0.1.0", "0.1", "currency-code-is-not"),
        ("0.1.1", "0.1", "country-code-is"),
        ("0.2", "0", "currency-code-is-not"),
    ]


def test_and_of_nothing_is_a_node_of_its_own():
    """It counts everything, and has neither field nor values."""
    assert walked({"type": "and", "filters": []}) == [Node(path="0", parent_path=None, operator="and")]


@pytest.mark.parametrize(
    ("said", "field", "values"),
    [
        pytest.param({"country-code": ["DK", "SE"]}, "country-code", '["DK","SE"]', id="a-list-of-values"),
        pytest.param({"level": 1.50}, "level", "[1.5]", id="a-number"),
        pytest.param({"label": None}, "label", "[null]", id="null"),
        pytest.param({"b": 1, "a": "x"}, None, '[{"a":"x","b":1}]', id="several-members"),
        pytest.param({}, None, None, id="no-member"),
    ],
)
def test_of_a_condition_nothing_is_lost(said, field, values):
    """One member is a field with its values; several are one object without a field."""
    [node] = walked({"type": "condition", "condition": {"type": "is", **said}})
    assert (node.operator, node.field, node.values) == ("is", field, values)


def test_numbers_keep_their_text_x1():
    """X1: nothing passes through a float."""
    tree = b'{"type":"condition","condition":{"type":"share-is","share":0.10000000000000000001}}'
    assert [node.values for node in nodes(msgspec.Raw(tree))] == ["[0.10000000000000000001]"]


def test_a_condition_that_is_not_wrapped_is_read_as_it_stands():
    """The vendor's other site has no `condition` around it."""
    assert walked({"type": "CountryFilter", "country": "DK"}) == [
        Node(path="0", parent_path=None, operator="CountryFilter", field="country", values='["DK"]')
    ]


@pytest.mark.parametrize("tree", [None, [], "and", 3, {}, {"type": 1}, {"type": None}, {"filters": []}])
def test_what_is_no_tree_yields_no_node(tree):
    """The column of the whole attribute has it all the same."""
    assert walked(tree) == []


def test_a_child_that_is_no_node_leaves_its_siblings_their_places():
    """The second child is `0.1`, whatever the first was."""
    tree = {"type": "and", "filters": ["?", DENMARK]}
    assert [node.path for node in walked(tree)] == ["0", "0.1"]


def test_rows_are_those_of_every_limit_on_the_page():
    """A limit without a tree, or with null, has none."""
    page = [limit("1", limitFilter=DENMARK), limit("2"), limit("3", limitFilter=None), limit("4", filter=EUROS)]
    batch = unfold(page, NAMES, LIMIT_CONDITIONS)
    assert [(row["limit_id"], row["path"]) for row in batch.to_pylist()] == [("1", "0"), ("4", "0")]
    assert batch.schema.names == ["limit_id", "path", "parent_path", "operator", "field", "values"]


def test_a_page_without_trees_has_the_columns_all_the_same():
    """So that it can be compared: they may all be gone."""
    assert unfold([], NAMES, LIMIT_CONDITIONS).num_rows == 0


@pytest.mark.parametrize(("other", "operator"), [(EUROS, "country-code-is"), (DENMARK, "country-code-is")])
def test_of_two_spellings_the_first_is_taken(other, operator):
    """As for any column; a node is one row, not two under one path."""
    batch = unfold([limit("1", filter=other, limitFilter=DENMARK)], NAMES, LIMIT_CONDITIONS)
    assert batch["operator"].to_pylist() == [operator]


def test_a_spelling_that_is_null_gives_way_to_the_other():
    """Also as for any column."""
    batch = unfold([limit("1", filter=EUROS, limitFilter=None)], NAMES, LIMIT_CONDITIONS)
    assert batch["operator"].to_pylist() == ["currency-code-is-not"]
