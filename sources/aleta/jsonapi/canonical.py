"""One form for one JSON value, whatever the order of its keys, its blanks and its escapes. Pure."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from msgspec import Raw

from . import unique

_text = msgspec.json.Decoder(str)
_object = msgspec.json.Decoder(dict[str, Raw])
_list = msgspec.json.Decoder(list[Raw])
_any = msgspec.json.Decoder(float_hook=lambda text: Raw(text.encode()))
_sorted = msgspec.json.Encoder(order="sorted")


def canonical(raw: Raw) -> bytes:
    """The same JSON value in one form: keys sorted, no blanks, strings escaped one way, numbers as written.

    Raises:
        MalformedError: an object in it has a member twice.
    """
    text = bytes(raw)
    if text[:1] not in {b"{", b"["}:
        return msgspec.json.encode(_text.decode(text)) if b"\\" in text else text
    form = _one_form(text)
    if len(form) != len(text):  # blanks, escapes, or a member that is there twice
        unique.check(text)
    return form


def _one_form(text: bytes) -> bytes:
    if b"-0" in text:  # an int would lose the sign
        return _by_parts(text)
    try:
        return _sorted.encode(_any.decode(text))
    except msgspec.ValidationError:  # an int of more digits than Python reads
        return _by_parts(text)


def _by_parts(text: bytes) -> bytes:
    if text[:1] == b"{":
        return as_object({name: canonical(value) for name, value in _object.decode(text).items()})
    return b"[" + b",".join(canonical(item) for item in _list.decode(text)) + b"]"


def whole(raw: Raw) -> bytes:
    """A value its column could not hold, to the last digit: a number as a JSON string, so that no reader rounds it."""
    text = bytes(raw)
    return b'"' + text + b'"' if text[:1].isdigit() or text[:1] == b"-" else canonical(raw)


def as_object(members: Mapping[str, bytes]) -> bytes:
    """The JSON object of *members* that are in the one form already."""
    return _sorted.encode({name: Raw(text) for name, text in members.items()})
