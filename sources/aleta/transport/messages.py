"""What a server says about an error, made safe to print: the words of the three shapes we meet. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TypeAlias, TypeVar

import msgspec

from ..safe_text import MASK, printable, without_pieces

LONGEST = 300
READ = 20_000  # characters looked at: what follows would not be shown
LONG_RUN = re.compile(r"[A-Za-z0-9+/=_.~-]{40,}")  # tokens and assertions are longer than any id (a UUID has 36)
T = TypeVar("T")
Json: TypeAlias = bytes | msgspec.Raw


def of_problem(body: bytes, *, hide: Sequence[str] = ()) -> str:
    """Title and detail of a JSON:API or RFC 9457 error, without any piece of *hide*; empty when *body* is neither.

    RFC 9457 lets a body have members of its own: an `errors` that is no list of problems hides no title.
    """
    said = _members(body)
    problems = [*map(_members, _list(said.get("errors"))), said]
    return clean(next(filter(None, (_joined(each, "title", "detail") for each in problems)), ""), hide=hide)


def of_refusal(body: bytes, *, hide: Sequence[str] = ()) -> str:
    """A token endpoint's `error` and `error_description`, without any piece of *hide*; empty when there is neither.

    RFC 6749 section 5.2.
    """
    return clean(_joined(_members(body), "error", "error_description"), hide=hide)


def _joined(members: Mapping[str, msgspec.Raw], *names: str) -> str:
    return ": ".join(filter(None, (_read(members[name], str) for name in names if name in members)))


def _members(json: Json) -> Mapping[str, msgspec.Raw]:
    return _read(json, dict[str, msgspec.Raw]) or {}


def _list(json: Json | None) -> Sequence[msgspec.Raw]:
    return _read(json or b"", list[msgspec.Raw]) or ()


def _read(json: Json, kind: type[T]) -> T | None:
    """*json*, if it is of that *kind*."""
    try:
        return msgspec.json.decode(json, type=kind)
    except (ValueError, RecursionError):  # no JSON, no text, nested too deep: such words are not shown
        return None


def clean(text: str, *, hide: Sequence[str] = ()) -> str:
    """*text* on one bounded line, safe to print, without a piece of *hide* or anything as long as a token."""
    line = " ".join(text[:READ].split())
    masked = LONG_RUN.sub(MASK, printable(without_pieces(line, hide)))
    return masked if len(masked) <= LONGEST else masked[: LONGEST - 1] + "…"
