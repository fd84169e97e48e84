"""Words from outside, made safe to show on a terminal, in a log or on a page (rule S2). Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

MASK = "***"
SHORTEST_PIECE = 6  # characters: shorter runs that a secret and a text share are chance
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")  # as libraries write for a terminal (ECMA-48, section 8.3.117)
_LAST_OF_BYTE, _LAST_OF_BMP = 0xFF, 0xFFFF


def printable(text: str, *, keep: str = "") -> str:
    r"""*text* with every control, escape, bidirectional or invisible character written as its escape (`\x1b`).

    Args:
        text: of any origin.
        keep: characters to leave as they are, a line's end for example.
    """
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() or letter in keep else _escape(letter) for letter in text)


def first_line(error: BaseException) -> str:
    """What an error of a library says, in a line; its further ones may quote rows. Its kind, where it says nothing."""
    text = _COLOUR.sub("", f"{error}")
    return next((line.strip() for line in text.splitlines() if line.strip()), type(error).__name__)


def _escape(letter: str) -> str:
    code = ord(letter)
    if code <= _LAST_OF_BYTE:
        return {"\n": r"\n", "\r": r"\r", "\t": r"\t"}.get(letter, f"\\x{code:02x}")
    return f"\\u{code:04x}" if code <= _LAST_OF_BMP else f"\\U{code:08x}"


def without_pieces(text: str, secrets: Iterable[str]) -> str:
    """*text* with every run of six characters or more that occurs in one of *secrets* masked, and short secrets whole.

    A server may quote only the beginning of what it was sent, or a piece from its middle.
    """
    masked = [False] * len(text)
    for secret in filter(None, secrets):
        size = min(SHORTEST_PIECE, len(secret))
        pieces = {secret[place : place + size] for place in range(len(secret) - size + 1)}
        for place in range(len(text) - size + 1):
            if text[place : place + size] in pieces:
                masked[place : place + size] = [True] * size
    return _masked(text, masked) if any(masked) else text


def _masked(text: str, masked: list[bool]) -> str:
    shown: list[str] = []
    for letter, hidden in zip(text, masked, strict=True):
        if not hidden:
            shown.append(letter)
        elif not shown or shown[-1] != MASK:
            shown.append(MASK)
    return "".join(shown)
