"""Items of v1 as JSON:API resources, so that one mapping reads all tracks. Pure.

An item is a JSON:API resource, or a flat object with names in snake_case or camelCase: what it is shows in its members.
Numbers stay the body's own text (rule X1); names come out in camelCase.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from msgspec import Raw

from ..errors import MalformedError, UndecodableError
from ..jsonapi.envelope import NO_MEMBERS, NO_TEXT, Resource
from ..jsonapi.tokens import is_undecodable, repaired
from .names import Names, camel_of

RESERVED = frozenset({"id", "type", "attributes", "relationships", "links", "meta"})
NULL = b"null"
_members = msgspec.json.Decoder(dict[str, Raw])
_list = msgspec.json.Decoder(list[Raw])
_text = msgspec.json.Decoder(str)


def resource_of(item: Raw, names: Names, *, kind: str, identified: bool) -> Resource:
    """One item as a resource.

    Args:
        names: of the table it fills.
        kind: its type, where it gives none and none is stored.
        identified: whether it must have an id.

    Raises:
        MalformedError: rule F1: it is no object, lacks its type or id, or has one name in two spellings.
        UndecodableError: its type or id is no text (rule F8).
    """
    members = _object(item)
    own_id = _word(members, "id") if identified or "id" in members else ""
    if "type" in members or names.typed:
        kind = _word(members, "type")
    if members.keys() <= RESERVED and ("attributes" in members or "relationships" in members):
        attributes = _renamed(_inner(members, "attributes"))
        relationships = {_relation(name, names): raw for name, raw in _inner(members, "relationships").items()}
    else:
        attributes, relationships = _parted(members, names)
    return Resource(type=kind, id=own_id, attributes=_json(attributes), relationships=_json(relationships))


def _object(item: Raw) -> dict[str, Raw]:
    if bytes(item)[:1] != b"{":
        raise MalformedError("an item in the answer is no object")
    try:
        return _members.decode(item)
    except (msgspec.DecodeError, RecursionError):
        return _members.decode(repaired(bytes(item), bare=True))


def _word(members: Mapping[str, Raw], name: str) -> str:
    raw = members.get(name, Raw(NULL))
    if is_undecodable(raw):
        raise UndecodableError(NO_TEXT)
    try:
        word = _text.decode(raw)
    except msgspec.DecodeError:
        word = ""
    if not word:
        raise MalformedError(f"an item in the answer has no `{name}`")
    return word


def _inner(members: Mapping[str, Raw], name: str) -> dict[str, Raw]:
    raw = members.get(name, NO_MEMBERS)
    try:
        return _members.decode(raw)
    except msgspec.DecodeError:
        raise MalformedError(f"the {name} of an item are no JSON object") from None


def _relation(name: str, names: Names) -> str:
    return name if name in names.relations else camel_of(name)


def _parted(members: Mapping[str, Raw], names: Names) -> tuple[dict[str, Raw], dict[str, Raw]]:
    """The attributes and the relationships of a flat object."""
    plain = {name: raw for name, raw in members.items() if name not in {"id", "type"} and not _is_aside(name, raw)}
    attributes = _renamed(plain)
    types = {names.types[name]: attributes.pop(name) for name in names.types.keys() & attributes.keys()}
    relationships: dict[str, Raw] = {}
    for name, raw in list(attributes.items()):
        found = _linked(name, raw, names, types)
        if found is not None and found[0] not in relationships:
            relationships[found[0]] = found[1]
            del attributes[name]
    return attributes, relationships


def _is_aside(name: str, raw: Raw) -> bool:
    """Links and meta data are no content."""
    return name in {"links", "meta"} and bytes(raw)[:1] == b"{"


def _linked(name: str, raw: Raw, names: Names, types: Mapping[str, Raw]) -> tuple[str, Raw] | None:
    """The relationship that a member is, and its linkage; None where it is an attribute."""
    text = bytes(raw)
    if text[:1] == b"[":
        relation = names.many.get(name)
        return (relation, _data(b"[" + b",".join(map(_identifier, _list.decode(raw))) + b"]")) if relation else None
    relation = names.ones.get(name)
    if relation is None or is_undecodable(raw):
        return None
    if text[:1] == b"{":
        return relation, raw if name == camel_of(relation) and b'"data"' in text else _data(text)
    return relation, _data(text if text == NULL else _identifier(raw, types.get(relation)))


def _identifier(raw: Raw, kind: Raw | None = None) -> bytes:
    """An id as an identifier object; an object is one already."""
    if bytes(raw)[:1] == b"{":
        return bytes(raw)
    said = b',"type":' + bytes(kind) if kind is not None and bytes(kind)[:1] == b'"' else b""
    return b'{"id":' + bytes(raw) + said + b"}"


def _data(linkage: bytes) -> Raw:
    return Raw(b'{"data":' + linkage + b"}")


def _renamed(members: Mapping[str, Raw]) -> dict[str, Raw]:
    """The same with names in camelCase, those within values too."""
    renamed = {camel_of(name): _deep(raw) for name, raw in members.items()}
    if len(renamed) < len(members):
        raise MalformedError("an item in the answer gives one attribute in two spellings")
    return renamed


def _deep(raw: Raw) -> Raw:
    text = bytes(raw)
    if text[:1] not in {b"{", b"["} or b"_" not in text or is_undecodable(raw):
        return raw
    if text[:1] == b"[":
        return Raw(b"[" + b",".join(bytes(_deep(part)) for part in _list.decode(raw)) + b"]")
    parts = _members.decode(raw)
    renamed = {(camel_of(name) if "_" in name else name): _deep(value) for name, value in parts.items()}
    return _json(renamed if len(renamed) == len(parts) else parts)


def _json(members: Mapping[str, Raw]) -> Raw:
    return Raw(msgspec.json.encode(members)) if members else NO_MEMBERS
