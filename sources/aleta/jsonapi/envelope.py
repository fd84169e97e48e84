"""JSON:API bodies of v2 and v3 into typed pages. Pure.

Values stay `msgspec.Raw` slices of the body, so that no number passes through a float (rule X1).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, TypeAlias

import msgspec
import pyarrow as pa
from msgspec import UNSET, Raw, UnsetType

from ..errors import MalformedError

NO_MEMBERS = Raw(b"{}")
_Said = Annotated[str, msgspec.Meta(min_length=1)]


class Resource(msgspec.Struct, gc=False):
    """One JSON:API resource object; its attributes and relationships are the body's own bytes, not looked into yet.

    `id` is empty where nobody asked for it.
    """

    type: _Said
    id: _Said
    attributes: Raw = NO_MEMBERS
    relationships: Raw = NO_MEMBERS


class _Document(msgspec.Struct, gc=False):
    data: list[Resource] | Resource | UnsetType | None = UNSET
    errors: Raw | UnsetType = UNSET


class _Unnamed(Resource, gc=False):
    """A resource whose `id`, whatever it is, is not looked at: no member is called `/` (JSON:API 1.1, section 5.8)."""

    id: str = msgspec.field(default="", name="/")


class _UnnamedDocument(msgspec.Struct, gc=False):
    data: list[_Unnamed] | _Unnamed | UnsetType | None = UNSET
    errors: Raw | UnsetType = UNSET


Page: TypeAlias = Sequence[Resource]
_identified = msgspec.json.Decoder(_Document)
_unnamed = msgspec.json.Decoder(_UnnamedDocument)


def read_list(body: bytes, *, identified: bool = True) -> Page:
    """The resources of a list answer, in server order.

    Args:
        body: the whole answer.
        identified: whether rows are told apart by their ids; where a natural key does that, they may have none.

    Raises:
        MalformedError: rule F1: the answer is no JSON:API list, so it says nothing; it is never zero rows.
    """
    data = _data(body, identified=identified)
    if not isinstance(data, list):
        raise MalformedError("the answer holds no list under `data`")
    return data


def read_one(body: bytes, *, identified: bool = True) -> Page:
    """The one resource of a single answer, as a page of one.

    Args:
        body: the whole answer.
        identified: as for `read_list`.

    Raises:
        MalformedError: as for `read_list`.
    """
    data = _data(body, identified=identified)
    if not isinstance(data, Resource):
        raise MalformedError("the answer holds no single resource under `data`")
    return [data]


def read_either(body: bytes, *, identified: bool = True) -> Page:
    """A list or one resource, where the vendor does not say which; arguments and errors as for `read_list`."""
    data = _data(body, identified=identified)
    if isinstance(data, list):
        return data
    if isinstance(data, Resource):
        return [data]
    raise MalformedError("the answer holds neither a list nor a resource under `data`")


def read_keys(body: bytes, *, identified: bool = True) -> Page:  # noqa: ARG001  as its siblings; a key has its `kid`
    """The keys of a JWK set (RFC 7517, section 5) as resources: `kid` is the id, every other member an attribute.

    Coordinates come in base64url without padding (RFC 7518, section 6.2.1.2), however the API spells them.

    Raises:
        MalformedError: it is no JWK set, or a key has no `kid`.
    """
    try:
        return [_key(one) for one in _key_set.decode(body).keys]
    except (msgspec.DecodeError, UnicodeDecodeError, KeyError):
        raise MalformedError("the answer is no JWK set whose keys have a `kid`") from None


class _KeySet(msgspec.Struct, gc=False):
    keys: list[dict[str, Raw]]


_key_set = msgspec.json.Decoder(_KeySet)
_kid = msgspec.json.Decoder(_Said)


def _key(parts: dict[str, Raw]) -> Resource:
    own_id = _kid.decode(parts.pop("kid"))
    attributes = {name: _coordinate(raw) if name in {"x", "y"} else raw for name, raw in parts.items()}
    return Resource(type="webhook-key", id=own_id, attributes=Raw(msgspec.json.encode(attributes)))


def _coordinate(raw: Raw) -> Raw:
    return Raw(bytes(raw).translate(bytes.maketrans(b"+/", b"-_")).replace(b"=", b"").replace(b"\\", b""))


def _data(body: bytes, *, identified: bool) -> object:
    if not body.isascii():
        _check_utf8(body)
    try:
        document = _identified.decode(body) if identified else _unnamed.decode(body)
    except msgspec.DecodeError as error:  # never the text: a body may hold anything
        raise MalformedError(f"the answer is no JSON:API document ({_shape(error)})") from None
    if document.errors is not UNSET:
        raise MalformedError("the answer is a 200 with `errors`")
    if document.data is UNSET:
        raise MalformedError("the answer has no `data`")
    return document.data


def _check_utf8(body: bytes) -> None:
    """RFC 8259, section 8.1; msgspec looks at what it decodes only, and Python is ten times as slow as Arrow."""
    try:
        pa.array([body], pa.binary()).cast(pa.string())
    except pa.ArrowInvalid:
        raise MalformedError("the answer is no JSON:API document (not UTF-8)") from None


def _shape(error: msgspec.DecodeError) -> str:
    """What is wrong and where, without a byte of the body: msgspec names types and paths only."""
    return str(error) if isinstance(error, msgspec.ValidationError) else "not JSON, or cut short"


_members = msgspec.json.Decoder(dict[str, Raw])


def members(raw: Raw) -> dict[str, Raw]:
    """The members of the attributes or relationships of a resource.

    Raises:
        MalformedError: they are no object.
    """
    try:
        return _members.decode(raw)
    except msgspec.DecodeError:
        raise MalformedError("the attributes or relationships of a resource are no JSON object") from None


class _Identifier(msgspec.Struct, gc=False):
    id: str


class _ToMany(msgspec.Struct, gc=False):
    data: list[_Identifier] | UnsetType = UNSET


_to_many = msgspec.json.Decoder(_ToMany | None)
_identifiers = msgspec.json.Decoder(list[_Identifier])


def read_many(resource: Resource, relation: str) -> list[str] | None:
    """The ids at the other end of a to-many relationship; None where the resource does not give it.

    Raises:
        MalformedError: it is there and is no to-many relationship, or there is no object of relationships.
    """
    raw = members(resource.relationships).get(relation)
    if raw is None:
        return None
    try:  # some of the vendor's samples print the linkage without its `data` object
        found = _identifiers.decode(raw) if bytes(raw)[:1] == b"[" else _linked(_to_many.decode(raw))
    except msgspec.DecodeError:
        raise MalformedError(f"relationship `{relation}` of a {resource.type} is no list of ids") from None
    return None if found is None else [one.id for one in found]


def _linked(many: _ToMany | None) -> list[_Identifier] | None:
    """Links alone, without linkage, are allowed and say nothing of the ids."""
    return None if many is None or many.data is UNSET else many.data
