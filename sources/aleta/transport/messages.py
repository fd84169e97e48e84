"""What a server says about an error, made safe to print: the words of the three shapes we meet. Pure."""

from __future__ import annotations

import re

import msgspec

LONGEST = 300
MASK = "***"
LONG_RUN = re.compile(r"[A-Za-z0-9+/=_.~-]{40,}")  # tokens and assertions are longer than any id (a UUID has 36)


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


def of_problem(body: bytes, *, hide: str = "") -> str:
    """Title and detail of a JSON:API or RFC 9457 error, without *hide*; empty when *body* is neither."""
    try:
        said = msgspec.json.decode(body, type=_Problems)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return ""
    first = said.errors[0] if said.errors else said
    return clean(": ".join(part for part in (first.title, first.detail) if part), hide=hide)


def of_refusal(body: bytes) -> str:
    """A token endpoint's `error` and `error_description`; empty when *body* has neither."""
    try:
        said = msgspec.json.decode(body, type=_Refusal)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return ""
    return clean(": ".join(part for part in (said.error, said.error_description) if part))


def clean(text: str, *, hide: str = "") -> str:
    """*text* on one line, of bounded length, without control characters, *hide*, or anything as long as a token."""
    shown = text.replace(hide, MASK) if hide else text
    printable = "".join(letter if letter.isprintable() else " " for letter in shown)
    masked = LONG_RUN.sub(MASK, " ".join(printable.split()))
    return masked if len(masked) <= LONGEST else masked[: LONGEST - 1] + "…"
