"""Refuses objects that have a member twice (rule F5): decoders take the last one without a word. Pure.

A decoded object, encoded again without what it does not have, is never longer than its text was. If it is as long,
there was no room for a second member, nor for a blank.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec
from msgspec import Raw

from ..errors import MalformedError
from .tokens import duplicate

AT_A_TIME = 256  # objects encoded at once: bounds the memory
_encoder = msgspec.json.Encoder()


def size(objects: Sequence[msgspec.Struct]) -> int:
    """The bytes of all *objects* as JSON without blanks, defaults left out; without what stands between them."""
    total = 0
    for start in range(0, len(objects), AT_A_TIME):
        part = objects[start : start + AT_A_TIME]
        total += len(_encoder.encode(part)) - len(part) - 1  # the commas and the brackets
    return total


def differing(objects: Sequence[msgspec.Struct], texts: Sequence[Raw]) -> Iterator[int]:
    """The places of those *texts* that are longer than what *objects* say. Escapes are the likeliest cause."""
    if size(objects) == sum(map(len, texts)):
        return
    plain: list[int] = []
    for place, text in enumerate(texts):
        if b"\\" in bytes(text):
            yield place
        else:
            plain.append(place)
    yield from _halved([objects[place] for place in plain], [texts[place] for place in plain], plain)


def _halved(objects: Sequence[msgspec.Struct], texts: Sequence[Raw], places: Sequence[int]) -> Iterator[int]:
    if size(objects) == sum(map(len, texts)):
        return
    if len(objects) == 1:
        yield places[0]
        return
    half = len(objects) // 2
    yield from _halved(objects[:half], texts[:half], places[:half])
    yield from _halved(objects[half:], texts[half:], places[half:])


def check(text: bytes) -> None:
    """Look at every object in *text*.

    Raises:
        MalformedError: one has a member twice.
    """
    if (name := duplicate(text)) is not None:
        raise MalformedError(f"the answer gives {name} twice in one object")


def check_members(text: bytes, members: Mapping[str, Raw], *, lax: bool = False) -> None:
    """Look at one object whose *members* are decoded already.

    Args:
        lax: they are linkages, read by a decoder that overlooks what it does not know: look into them, too.

    Raises:
        MalformedError: it has a member twice.
    """
    least = 1 + 4 * len(members) + sum(map(len, members)) + sum(map(len, members.values()))
    if members and least != len(text):
        check(text)  # of a name that is no ASCII, too
    elif lax:
        for value in members.values():
            _check_linkage(bytes(value))


def _check_linkage(text: bytes) -> None:
    if b"\\" in text or any(text.count(name) > 1 for name in (b'"data"', b'"id"', b'"type"')):
        check(text)
