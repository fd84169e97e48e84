"""What is an answer and what is none (rule F1)."""

import json

import pytest

from sources.aleta.envelope import read_list, read_many, read_one
from sources.aleta.errors import MalformedError

ONE = b'{"type":"client","id":"1"}'
NO_ANSWERS = [
    pytest.param(b"", id="empty"),
    pytest.param(b"<html>busy</html>", id="html"),
    pytest.param(b'{"data":[' + ONE, id="cut-short"),
    pytest.param(b'{"data":[' + ONE + b"]}}", id="more-than-json"),
    pytest.param(b"null", id="null"),
    pytest.param(b"[]", id="a-bare-list"),
    pytest.param(b"{}", id="no-data"),
    pytest.param(b'{"meta":{"count":0}}', id="meta-only"),
    pytest.param(b'{"errors":[{"status":"500"}]}', id="errors"),
    pytest.param(b'{"data":[],"errors":[]}', id="data-and-errors"),
    pytest.param(b'{"data":null}', id="null-data"),
    pytest.param(b'{"data":"none"}', id="data-is-text"),
    pytest.param(b'{"data":[null]}', id="null-resource"),
    pytest.param(b'{"data":[{"type":"client"}]}', id="no-id"),
    pytest.param(b'{"data":[{"id":"1"}]}', id="no-type"),
    pytest.param(b'{"data":[{"type":"client","id":""}]}', id="empty-id"),
    pytest.param(b'{"data":[{"type":"","id":"1"}]}', id="empty-type"),
    pytest.param(b'{"data":[{"type":"client","id":1}]}', id="id-is-a-number"),
    pytest.param(b'{"data":[{"type":"client","id":"1","attributes":}]}', id="attributes-are-nothing"),
    pytest.param(b'{"data":[{"type":"client","id":"1","attributes":{"a":01}}]}', id="no-json-number"),
    pytest.param(b'{"data":[{"type":"client","id":"1","attributes":{"a":NaN}}]}', id="nan"),
    pytest.param(b'{"data":[{"type":"client","id":"1","attributes":{"a":"\xff"}}]}', id="no-utf-8-in-a-value"),
    pytest.param(b'{"data":[{"type":"client","id":"1","attributes":{"\xff":1}}]}', id="no-utf-8-in-a-name"),
    pytest.param(b'{"data":[{"type":"client","id":"1","attributes":{"a":"\\ud800"}}]}', id="half-a-character"),
]


@pytest.mark.parametrize("read", [read_list, read_one])
@pytest.mark.parametrize("body", NO_ANSWERS)
def test_f1_a_body_that_is_no_answer_is_a_failed_read(body, read):
    """It says nothing; above all it never says that there are no rows."""
    with pytest.raises(MalformedError):
        read(body)


@pytest.mark.parametrize(
    "body", [b'{"secret":"s3cret"}', b's3cret {"data"', b'{"data":[{"type":"x","id":["s3cret"]}]}']
)
def test_f1_the_error_holds_nothing_of_the_body(body):
    """A body may hold anything, so no byte of it is in the message."""
    with pytest.raises(MalformedError) as caught:
        read_list(body)
    assert "s3cret" not in str(caught.value)


def test_an_empty_list_is_an_answer():
    """`data: []` is the one way to say that there are no rows."""
    assert read_list(b'{"data":[]}') == []


def test_a_list_and_a_single_resource_are_not_the_same():
    """One resource is no list of one, and a list of one is no single resource."""
    assert [one.id for one in read_list(b'{"data":[' + ONE + b"]}")] == ["1"]
    assert [one.id for one in read_one(b'{"data":' + ONE + b"}")] == ["1"]
    with pytest.raises(MalformedError, match="no list"):
        read_list(b'{"data":' + ONE + b"}")
    with pytest.raises(MalformedError, match="no single resource"):
        read_one(b'{"data":[' + ONE + b"]}")


@pytest.mark.parametrize("ident", ["", ',"id":""', ',"id":null', ',"id":5', ',"id":"1"', ',"id":["1"],"/":"x"'])
def test_where_ids_tell_nothing_apart_none_is_needed(ident):
    """Whatever stands there is not looked at."""
    one = '{"type":"holding"' + ident + "}"
    assert [row.type for row in read_list(f'{{"data":[{one},{one}]}}'.encode(), identified=False)] == ["holding"] * 2
    assert [row.type for row in read_one(f'{{"data":{one}}}'.encode(), identified=False)] == ["holding"]


@pytest.mark.parametrize("one", ['{"id":"1"}', '{"id":"1","type":""}', '{"id":"1","type":null}', '{"type":"x"]'])
def test_f1_without_ids_the_rest_is_as_strict(one):
    """A row that does not say what it is, is none."""
    with pytest.raises(MalformedError):
        read_list(f'{{"data":[{one}]}}'.encode(), identified=False)


def test_members_that_nobody_asked_for_are_no_obstacle():
    """`links`, `meta`, `included` and `jsonapi` beside the data are let go."""
    body = {"jsonapi": {}, "links": {}, "meta": {}, "included": [], "data": [{"type": "x", "id": "1", "meta": 1}]}
    assert len(read_list(json.dumps(body).encode())) == 1


def many(relationships: object) -> list[str] | None:
    body = {"data": {"type": "client", "id": "1", "relationships": {"accounts": relationships}}}
    (one,) = read_one(json.dumps(body).encode())
    return read_many(one, "accounts")


@pytest.mark.parametrize(
    ("said", "ids"),
    [
        pytest.param({"data": [{"type": "account", "id": "a"}, {"id": "b"}]}, ["a", "b"], id="linkage"),
        pytest.param([{"id": "a"}], ["a"], id="bare-linkage"),
        pytest.param({"data": []}, [], id="none-at-all"),
        pytest.param([], [], id="bare-none-at-all"),
        pytest.param(None, None, id="null"),
        pytest.param({"links": {"related": "/x"}}, None, id="links-only"),
        pytest.param({}, None, id="empty-object"),
    ],
)
def test_a_to_many_relationship_says_its_ids_or_nothing(said, ids):
    """An empty list says there are none; one without linkage (JSON:API allows it) says nothing."""
    assert many(said) == ids


def test_an_absent_relationship_says_nothing():
    """Absent is not empty."""
    (one,) = read_one(b'{"data":' + ONE + b"}")
    assert read_many(one, "accounts") is None


@pytest.mark.parametrize("relationships", ["[]", "null", "5", '"accounts"'])
def test_f1_relationships_that_are_no_object_are_a_failed_read(relationships):
    """They say neither that there are links nor that there are none."""
    (one,) = read_one(f'{{"data":{{"type":"client","id":"1","relationships":{relationships}}}}}'.encode())
    with pytest.raises(MalformedError, match="no JSON object"):
        read_many(one, "accounts")


@pytest.mark.parametrize(
    "said", [{"data": {"id": "a"}}, {"data": None}, {"data": [{}]}, 5, "a", [1], {"data": [{"id": 1}]}]
)
def test_f1_a_relationship_of_another_shape_is_a_failed_read(said):
    """What is no list of ids is not taken for an empty one."""
    with pytest.raises(MalformedError, match="no list of ids"):
        many(said)
