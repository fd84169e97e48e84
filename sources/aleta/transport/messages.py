"""What a server says about an error, made safe to print: the words of the three shapes we meet. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TypeVar

import msgspec

from ..safe_text import MASK, printable, without_pieces

LONGEST = 300
READ = 20_000  # characters looked at: what follows would not be shown
LONG_RUN = re.compile(r"[A-Za-z0-9+/=_.~-]{40,}")  # tokens and assertions are longer than any id (a UUID has 36)
Shape = TypeVar("Shape", bound="_Problem | _Refusal")


class _Problem(msgspec.Struct):
    """One JSON:API error (section 'Error Objects'), or a whole body of RFC 9457."""

    title: str | None = None
    detail: str | None = None


class _Problems(_Problem):
    errors: list[_Problem] = []


class _Refusal(msgspec.Struct):
    """RFC 6749 section 5.2."""

    error: str | None = None
    error_description: str | None = None


def of_problem(body: bytes, *, hide: Sequence[str] = ()) -> str:
    """Title and detail of a JSON:API or RFC 9457 error, without any piece of *hide*; empty when *body* is neither."""
    said = _read(body, _Problems)
    if said is None:
        return ""
    first = said.errors[0] if said.errors else said
    return clean(": ".join(part for part in (first.title, first.detail) if part), hide=hide)


def of_refusal(body: bytes, *, hide: Sequence[str] = ()) -> str:
    """A token endpoint's `error` and `error_description`, without any piece of *hide*; empty when there is neither."""
    said = _read(body, _Refusal)
    if said is None:
        return ""
    return clean(": ".join(part for part in (said.error, said.error_description) if part), hide=hide)


def _read(body: bytes, shape: type[Shape]) -> Shape | None:
    try:
        return msgspec.json.decode(body, type=shape)
    except (ValueError, RecursionError):  # no JSON, no text, nested too deep: such words are not shown
        return None


def clean(text: str, *, hide: Sequence[str] = ()) -> str:
    """*text* on one bounded line, safe to print, without a piece of *hide* or anything as long as a token."""
    line = " ".join(text[:READ].split())
    masked = LONG_RUN.sub(MASK, printable(without_pieces(line, hide)))
    return masked if len(masked) <= LONGEST else masked[: LONGEST - 1] + "…"
