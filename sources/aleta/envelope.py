"""JSON:API bodies of v2 and v3 into typed pages. Pure.

Values stay `msgspec.Raw` slices of the body, so that no number passes through a float (rule X1).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import msgspec
from msgspec import UNSET, Raw, UnsetType

from .errors import MalformedError


class Resource(msgspec.Struct, gc=False):
    """One JSON:API resource object; attribute and relationship values are the body's own bytes.

    `id` is empty where nobody asked for it.
    """

    type: str
    id: str = ""
    attributes: dict[str, Raw] = {}
    relationships: dict[str, Raw] = {}


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


def _data(body: bytes, *, identified: bool) -> object:
    try:
        body.decode()  # RFC 8259, section 8.1: UTF-8; msgspec looks at what it decodes only
        document = _identified.decode(body) if identified else _unnamed.decode(body)
    except UnicodeDecodeError:
        raise MalformedError("the answer is no JSON:API document (not UTF-8)") from None
    except msgspec.DecodeError as error:  # never the text: a body may hold anything
        raise MalformedError(f"the answer is no JSON:API document ({_shape(error)})") from None
    if document.errors is not UNSET:
        raise MalformedError("the answer is a 200 with `errors`")
    if document.data is UNSET:
        raise MalformedError("the answer has no `data`")
    if any(not one.type or (identified and not one.id) for one in _listed(document.data)):
        raise MalformedError("a resource in the answer has no type or id")
    return document.data


def _listed(data: object) -> Page:
    return data if isinstance(data, list) else [data] if isinstance(data, Resource) else []


def _shape(error: msgspec.DecodeError) -> str:
    """What is wrong and where, without a byte of the body: msgspec names types and paths only."""
    return str(error) if isinstance(error, msgspec.ValidationError) else "not JSON, or cut short"


class _Identifier(msgspec.Struct, gc=False):
    id: str


class _ToMany(msgspec.Struct, gc=False):
    data: list[_Identifier] | UnsetType = UNSET


_to_many = msgspec.json.Decoder(_ToMany | None)
_identifiers = msgspec.json.Decoder(list[_Identifier])


def read_many(resource: Resource, relation: str) -> list[str] | None:
    """The ids at the other end of a to-many relationship; None where the resource does not give it.

    Raises:
        MalformedError: it is there and is no to-many relationship.
    """
    raw = resource.relationships.get(relation)
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
