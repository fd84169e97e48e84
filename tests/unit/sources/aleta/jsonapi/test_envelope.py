"""What is an answer and what is none (rule F1)."""

import json

import pytest

from sources.aleta.errors import MalformedError
from sources.aleta.jsonapi import envelope
from sources.aleta.jsonapi.envelope import members, read_either, read_keys, read_list, read_many, read_one
from sources.aleta.jsonapi.paging import paging_of
from sources.aleta.jsonapi.tokens import repaired

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
    pytest.param(b'{"data":[],"data":[]}', id="data-twice"),
    pytest.param(b'{"data":[{"type":"client","id":"1","id":"2"}]}', id="id-twice"),
    pytest.param(b'{"data":[{"type":"client","id":"1", "\\u0069d":"2"}]}', id="id-twice-once-escaped"),
    pytest.param(b'{"data":[{"type":"client","id":"1","type":"account"}]}', id="type-twice"),
    pytest.param(b'{"data":[{"type":"client","id":"1","attributes":{},"attributes":{"a":1}}]}', id="attributes-twice"),
]


@pytest.mark.parametrize("read", [read_list, read_one, read_either])
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


def test_f7_a_name_that_no_repair_mends_is_repaired_once(monkeypatch):
    """Its escapes were escaped, each time twice as many, until the memory was full."""
    passes = []
    monkeypatch.setattr(envelope, "repaired", lambda body: passes.append(body) or repaired(body))
    body = b'{"data":[{"type":"fee-transaction","id":"t2","attributes":{"\\u0064at\x16a":01,"b":"\\ud83d"}}]}'
    with pytest.raises(MalformedError, match="not JSON"):
        read_list(body)
    assert len(passes) == 1


def test_an_empty_list_is_an_answer():
    """`data: []` is the one way to say that there are no rows."""
    assert read_list(b'{"data":[]}') == []


def test_a_list_and_a_single_resource_are_not_the_same():
    """One resource is no list of one, and a list of one is no single resource."""
    assert [resource.id for resource in read_list(b'{"data":[' + ONE + b"]}")] == ["1"]
    assert [resource.id for resource in read_one(b'{"data":' + ONE + b"}")] == ["1"]
    with pytest.raises(MalformedError, match="no list"):
        read_list(b'{"data":' + ONE + b"}")
    with pytest.raises(MalformedError, match="no single resource"):
        read_one(b'{"data":[' + ONE + b"]}")


@pytest.mark.parametrize("ident", ["", ',"id":""', ',"id":null', ',"id":5', ',"id":"1"', ',"id":["1"],"/":"x"'])
def test_where_ids_tell_nothing_apart_none_is_needed(ident):
    """Whatever stands there is not looked at."""
    holding = '{"type":"holding"' + ident + "}"
    assert [row.type for row in read_list(f'{{"data":[{holding},{holding}]}}'.encode(), identified=False)] == [
        "holding"
    ] * 2
    assert [row.type for row in read_one(f'{{"data":{holding}}}'.encode(), identified=False)] == ["holding"]


@pytest.mark.parametrize("resource", ['{"id":"1"}', '{"id":"1","type":""}', '{"id":"1","type":null}', '{"type":"x"]'])
def test_f1_without_ids_the_rest_is_as_strict(resource):
    """A row that does not say what it is, is none."""
    with pytest.raises(MalformedError):
        read_list(f'{{"data":[{resource}]}}'.encode(), identified=False)


def test_members_that_nobody_asked_for_are_no_obstacle():
    """`links`, `meta`, `included` and `jsonapi` beside the data are let go."""
    body = {"jsonapi": {}, "links": {}, "meta": {}, "included": [], "data": [{"type": "x", "id": "1", "meta": 1}]}
    assert len(read_list(json.dumps(body).encode())) == 1


def many(relationships: object) -> list[str] | None:
    body = {"data": {"type": "client", "id": "1", "relationships": {"accounts": relationships}}}
    (resource,) = read_one(json.dumps(body).encode())
    return read_many(resource, "accounts")


@pytest.mark.parametrize(
    ("said", "ids"),
    [
        pytest.param({"data": [{"type": "account", "id": "a"}, {"id": "b"}]}, ["a", "b"], id="linkage"),
        pytest.param([{"id": "a"}], ["a"], id="bare-linkage"),
        pytest.param({"data": []}, [], id="none-at-all"),
        pytest.param([], [], id="bare-none-at-all"),
        pytest.param(None, None, id="null"),
        pytest.param({"data": None}, None, id="null-linkage"),
        pytest.param({"links": {"related": "/x"}}, None, id="links-only"),
        pytest.param({}, None, id="empty-object"),
    ],
)
def test_a_to_many_relationship_says_its_ids_or_nothing(said, ids):
    """An empty list says there are none; one without linkage (JSON:API allows it), or with null, says nothing."""
    assert many(said) == ids


def test_an_absent_relationship_says_nothing():
    """Absent is not empty."""
    (resource,) = read_one(b'{"data":' + ONE + b"}")
    assert read_many(resource, "accounts") is None


@pytest.mark.parametrize("relationships", ["[]", "null", "5", '"accounts"'])
def test_f1_relationships_that_are_no_object_are_a_failed_read(relationships):
    """They say neither that there are links nor that there are none."""
    (resource,) = read_one(f'{{"data":{{"type":"client","id":"1","relationships":{relationships}}}}}'.encode())
    with pytest.raises(MalformedError, match="no JSON object"):
        read_many(resource, "accounts")


@pytest.mark.parametrize("said", [{"data": {"id": "a"}}, {"data": [{}]}, 5, "a", [1], {"data": [{"id": 1}]}])
def test_f1_a_relationship_of_another_shape_is_a_failed_read(said):
    """What is no list of ids is not taken for an empty one."""
    with pytest.raises(MalformedError, match="no list of ids"):
        many(said)


@pytest.mark.parametrize("body", [b'{"data":[' + ONE + b"]}", b'{"data":' + ONE + b"}"])
def test_either_is_a_list_or_one_resource(body):
    """Where the vendor does not say which."""
    assert [resource.id for resource in read_either(body)] == ["1"]


def test_either_may_be_an_empty_list():
    """That is an answer; null is none."""
    assert read_either(b'{"data":[]}') == []


@pytest.mark.parametrize("read", [read_list, read_either])
@pytest.mark.parametrize("own_id", ["", ',"id":""', ',"id":7', ',"id":null', ',"id":"x"', ',"id":[{}]'])
def test_rows_that_a_natural_key_tells_apart_may_have_any_id_or_none(read, own_id):
    """It means nothing, so it is not looked at, and not kept."""
    (row,) = read(b'{"data":[{"type":"holding"%s,"attributes":{"a":1}}]}' % own_id.encode(), identified=False)
    assert (row.type, row.id, bytes(row.attributes)) == ("holding", "", b'{"a":1}')


def test_f1_rows_without_a_type_are_no_answer_whatever_tells_them_apart():
    """JSON:API asks for it of every resource."""
    with pytest.raises(MalformedError, match=r"length >= 1 .*type"):
        read_list(b'{"data":[{"type":"","attributes":{}}]}', identified=False)


KEY = b'{"kid":"k1","kty":"EC","crv":"P-256","x":"ab_-","y":"cd","use":"sig"}'


def test_a_key_is_a_resource_with_its_kid_as_id():
    """Every other member is an attribute, also one that nobody documented."""
    (key,) = read_keys(b'{"keys":[' + KEY + b"]}")
    assert (key.id, key.type) == ("k1", "webhook-key")
    assert {name: json.loads(bytes(value)) for name, value in members(key.attributes).items()} == {
        "kty": "EC",
        "crv": "P-256",
        "x": "ab_-",
        "y": "cd",
        "use": "sig",
    }


@pytest.mark.parametrize(
    "spelt",
    ["-_-_AA", "+/+/AA==", "-_-_AA==", "+/+/AA", "+\\/+\\/AA=="],
    ids=["url", "plain", "padded", "bare", "escaped"],
)
def test_coordinates_come_in_one_spelling_however_the_api_spells_them(spelt):
    """RFC 7518, section 6.2.1.2: base64url without padding. The vendor's sample has the plain alphabet, padded."""
    body = b'{"keys":[{"kid":"k","x":"SPELT","y":"SPELT"}]}'.replace(b"SPELT", spelt.encode())
    (key,) = read_keys(body)
    assert [bytes(members(key.attributes)[name]) for name in ("x", "y")] == [b'"-_-_AA"'] * 2


def test_a_set_without_keys_is_an_answer():
    """There are none."""
    assert read_keys(b'{"keys":[],"more":1}') == []


def test_f5_one_resource_where_a_list_may_be_says_that_there_is_more_as_a_list_does():
    """F5: the total stands beside it."""
    page = read_either(b'{"data":{"type":"limit","id":"l"},"meta":{"total":2}}')
    assert paging_of(page.signs).total == 2


def test_f1_keys_with_errors_beside_them_are_a_failed_read():
    """F1: as for every other answer."""
    with pytest.raises(MalformedError, match="200 with `errors`"):
        read_keys(b'{"keys":[' + KEY + b'],"errors":[{"status":"503"}]}')


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"{}", id="no-keys"),
        pytest.param(b'{"keys":null}', id="null"),
        pytest.param(b'{"keys":{}}', id="no-list"),
        pytest.param(b'{"data":[]}', id="json-api"),
        pytest.param(b'{"errors":[]}', id="errors"),
        pytest.param(b'{"keys":[' + KEY, id="cut-short"),
        pytest.param(b'{"keys":["k1"]}', id="a-key-is-text"),
        pytest.param(b'{"keys":[{"kty":"EC"}]}', id="no-kid"),
        pytest.param(b'{"keys":[{"kid":""}]}', id="empty-kid"),
        pytest.param(b'{"keys":[{"kid":7}]}', id="kid-is-a-number"),
        pytest.param(b'{"keys":[{"kid":"\xff"}]}', id="no-utf-8"),
    ],
)
def test_f1_what_is_no_set_of_keys_is_a_failed_read(body):
    """F1: it never says that there are none, and nothing of it is in the error."""
    with pytest.raises(MalformedError, match="no JWK set"):
        read_keys(body)
