"""JSON whose numbers keep their text, for numbers that no float can represent. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from json.encoder import encode_basestring, encode_basestring_ascii
from typing import TypeAlias, cast


@dataclass(frozen=True, slots=True)
class Num:
    """A JSON number as text: `1.5E+3`, `-0`, `0.1234567890123456`."""

    text: str


Json: TypeAlias = "bool | str | Num | list[Json] | dict[str, Json] | None"
Document: TypeAlias = dict[str, Json]


def load(body: str | bytes) -> Document:
    """The JSON object in *body*, every number a `Num`."""
    return cast("Document", json.loads(body, parse_float=Num, parse_int=Num))


def exact(body: str | bytes) -> dict[str, object]:
    """The JSON object in *body*, every number a Decimal."""
    return cast("dict[str, object]", json.loads(body, parse_float=Decimal, parse_int=Decimal))


def dump(value: Json, *, escaped: bool = False) -> str:
    """*value* as JSON text; *escaped* escapes everything beyond ASCII."""
    if isinstance(value, str):
        return encode_basestring_ascii(value) if escaped else encode_basestring(value)
    if isinstance(value, Num):
        return value.text
    if isinstance(value, dict):
        inside = [f"{encode_basestring_ascii(key)}:{dump(item, escaped=escaped)}" for key, item in value.items()]
        return f"{{{','.join(inside)}}}"
    if isinstance(value, list):
        return f"[{','.join([dump(item, escaped=escaped) for item in value])}]"
    return json.dumps(value)


def inner(document: Json, *path: str) -> Document:
    """The object at *path* inside *document*; an assertion fails where there is none."""
    for step in path:
        assert isinstance(document, dict)
        document = document[step]
    assert isinstance(document, dict)
    return document


def linkage(kind: str, ident: str) -> Document:
    """A JSON:API to-one relationship."""
    return {"data": {"type": kind, "id": ident}}
