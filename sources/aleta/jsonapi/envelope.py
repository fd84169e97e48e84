"""JSON:API bodies of v2 and v3 into typed pages. Pure.

Values stay `msgspec.Raw` slices of the body, so that no number passes through a float (rule X1).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, TypeAlias

import msgspec
import pyarrow as pa
from msgspec import UNSET, Raw, UnsetType
from msgspec.structs import replace

from ..errors import MalformedError, UndecodableError
from . import unique
from .tokens import is_json, repaired

NO_MEMBERS = Raw(b"{}")
NO_TEXT = "an id, a type or a name in the answer is no text (half a surrogate pair)"
WITH_ERRORS = "the answer is a 200 with `errors`"
_Said = Annotated[str, msgspec.Meta(min_length=1)]


class Resource(msgspec.Struct, gc=False, omit_defaults=True):
    """One JSON:API resource object; its attributes and relationships are the body's own bytes, not looked into yet.

    `id` is empty where nobody asked for it.
    """

    type: _Said
    id: _Said
    attributes: Raw = NO_MEMBERS
    relationships: Raw = NO_MEMBERS
    links: Raw | UnsetType = UNSET
    meta: Raw | UnsetType = UNSET


class _Unnamed(Resource, gc=False, omit_defaults=True):
    """A resource whose `id`, whatever it is, is not looked at: no member is called `/` (JSON:API 1.1, section 5.8)."""

    id: str = msgspec.field(default="", name="/")
    ignored: Raw | UnsetType = msgspec.field(default=UNSET, name="id")


class _Signs(msgspec.Struct, gc=False, omit_defaults=True):
    """What JSON:API knows beside `data`; an answer seldom has anything else, and it may say that there is more (F5)."""

    errors: Raw | UnsetType = UNSET
    links: Raw | UnsetType = UNSET
    meta: Raw | UnsetType = UNSET
    included: Raw | UnsetType = UNSET
    jsonapi: Raw | UnsetType = UNSET


_QUIET = frozenset({"data", "keys", "errors", "included", "jsonapi"})


class _Document(_Signs, gc=False, omit_defaults=True):
    data: list[Resource] | Resource | UnsetType | None = UNSET


class _UnnamedDocument(_Signs, gc=False, omit_defaults=True):
    data: list[_Unnamed] | _Unnamed | UnsetType | None = UNSET


class Resources(list[Resource]):
    """The resources of one answer, in server order.

    Attributes:
        signs: what stands beside `data` and may say that there is more.
        cursor: of the next page, where pages go on by cursors (v1).
    """

    def __init__(self, found: Sequence[Resource], signs: Mapping[str, Raw], *, cursor: str = "") -> None:
        super().__init__(found)
        self.signs = signs
        self.cursor = cursor


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
        UndecodableError: it is one, with an id, a type or a name that is no text.
    """
    document, beside = _document(body, identified=identified)
    if not isinstance(document.data, list):
        raise MalformedError("the answer holds no list under `data`")
    return _resources(document.data, beside)


def read_one(body: bytes, *, identified: bool = True) -> Page:
    """The one resource of a single answer, as a page of one.

    Args:
        body: the whole answer.
        identified: as for `read_list`.

    Raises:
        MalformedError: as for `read_list`.
    """
    document, _ = _document(body, identified=identified)
    if not isinstance(document.data, Resource):
        raise MalformedError("the answer holds no single resource under `data`")
    return [document.data]


def read_either(body: bytes, *, identified: bool = True) -> Page:
    """A list or one resource, where the vendor does not say which; arguments and errors as for `read_list`."""
    document, beside = _document(body, identified=identified)
    if isinstance(document.data, list):
        return _resources(document.data, beside)
    if isinstance(document.data, Resource):
        return _resources([document.data], beside)
    raise MalformedError("the answer holds neither a list nor a resource under `data`")


def read_keys(body: bytes, *, identified: bool = True) -> Page:  # noqa: ARG001  as its siblings; a key has its `kid`
    """The keys of a JWK set (RFC 7517, section 5) as resources: `kid` is the id, every other member an attribute.

    Coordinates come in base64url without padding (RFC 7518, section 6.2.1.2), however the API spells them.

    Raises:
        MalformedError: it is no JWK set, has `errors`, or a key has no `kid`.
    """
    try:
        unique.check(body)
        found = _key_set.decode(body)
        keys = [_key(parts) for parts in found.keys]
    except (msgspec.DecodeError, UnicodeDecodeError, KeyError):
        raise MalformedError("the answer is no JWK set whose keys have a `kid`") from None
    if found.errors is not UNSET:
        raise MalformedError(WITH_ERRORS)
    return _resources(keys, _beside(found, body))


class _KeySet(_Signs, gc=False, kw_only=True):
    keys: list[dict[str, Raw]]


_key_set = msgspec.json.Decoder(_KeySet)
_kid = msgspec.json.Decoder(_Said)


def _key(parts: dict[str, Raw]) -> Resource:
    own_id = _kid.decode(parts.pop("kid"))
    attributes = {name: _coordinate(raw) if name in {"x", "y"} else raw for name, raw in parts.items()}
    return Resource(type="webhook-key", id=own_id, attributes=Raw(msgspec.json.encode(attributes)))


def _coordinate(raw: Raw) -> Raw:
    return Raw(bytes(raw).translate(bytes.maketrans(b"+/", b"-_")).replace(b"=", b"").replace(b"\\", b""))


def _resources(found: Sequence[Resource], beside: Mapping[str, Raw]) -> Page:
    return Resources(found, beside) if beside else found


def _beside(document: _Signs, text: bytes = b"{}") -> dict[str, Raw]:
    """What stands beside the data: links, meta data, and what of *text* JSON:API does not know."""
    known = {name: raw for name in ("links", "meta") if (raw := getattr(document, name)) is not UNSET}
    return {name: raw for name, raw in _members.decode(text).items() if name not in _QUIET} | known


def _document(body: bytes, *, identified: bool) -> tuple[_Either, dict[str, Raw]]:
    """The document, and what stands beside its data."""
    check_utf8(body)
    decode = _identified.decode if identified else _unnamed.decode
    document, rest = _unique(*_decoded(body, decode), decode)
    if document.errors is not UNSET:
        raise MalformedError(WITH_ERRORS)
    if document.data is UNSET:
        raise MalformedError("the answer has no `data`")
    try:
        return document, _beside(document, rest)
    except msgspec.DecodeError:
        raise MalformedError("what the answer has beside `data` cannot be read") from None


_Either: TypeAlias = "_Document | _UnnamedDocument"
_Decode: TypeAlias = Callable[[bytes], _Document] | Callable[[bytes], _UnnamedDocument]


def _decoded(body: bytes, decode: _Decode, *, mends: bool = True) -> tuple[bytes, _Either]:
    """The body, repaired where that was necessary, and what it holds."""
    try:
        return body, decode(body)
    except msgspec.ValidationError as error:  # it names types and paths only, never a byte of the body
        raise MalformedError(f"the answer is no JSON:API document ({error})") from None
    except (msgspec.DecodeError, RecursionError):
        if not mends:
            raise _undecodable(body) from None
        return _decoded(repaired(body), decode, mends=False)


def _undecodable(body: bytes) -> MalformedError | UndecodableError:
    if is_json(body):
        return UndecodableError(NO_TEXT)
    return MalformedError("the answer is no JSON:API document (not JSON, or cut short)")


def _unique(body: bytes, document: _Either, decode: _Decode) -> tuple[_Either, bytes]:
    """*document*, once it is known that nothing but the values of its resources may have a member twice (rule F5).

    With the text in which JSON:API does not know all members.
    """
    if len(body) == _least(document):
        return document, b"{}"
    try:
        plain = msgspec.json.format(body, indent=-1)  # blanks are no sign of anything
        document = decode(plain)
    except (msgspec.DecodeError, RecursionError):  # somewhere that nobody decodes
        plain = body
    if len(plain) == _least(document):
        return document, b"{}"
    unique.check(plain)
    return document, plain


def _least(document: _Either) -> int:
    """The bytes that *document* has at least."""
    data = document.data
    if not isinstance(data, list):
        return unique.size([document])
    commas = max(0, len(data) - 1)
    return unique.size([replace(document, data=[])]) + unique.size(data) + commas


def check_utf8(body: bytes) -> None:
    """RFC 8259, section 8.1; msgspec looks at what it decodes only, and Python is ten times as slow as Arrow.

    Raises:
        MalformedError: it is no UTF-8.
    """
    if body.isascii():
        return
    try:
        pa.array([body], pa.binary()).cast(pa.string())
    except pa.ArrowInvalid:
        raise MalformedError("the answer is no JSON:API document (not UTF-8)") from None


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
    data: list[_Identifier] | UnsetType | None = UNSET


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
    unique.check(bytes(raw))
    try:  # some of the vendor's samples print the linkage without its `data` object
        found = _identifiers.decode(raw) if bytes(raw)[:1] == b"[" else _linked(_to_many.decode(raw))
    except msgspec.DecodeError:
        raise MalformedError(f"relationship `{relation}` of a {resource.type} is no list of ids") from None
    return None if found is None else [identifier.id for identifier in found]


def _linked(many: _ToMany | None) -> list[_Identifier] | None:
    """Links alone, without linkage, are allowed and say nothing of the ids; nor does null, which is of to-one's."""
    return None if many is None or many.data is UNSET else many.data
