"""Computed figures as integers of atoms (10^-16), deterministic noise, and JSON spellings of numbers. Pure."""

from __future__ import annotations

from hashlib import blake2b

from .jsontext import Num

PLACES = 16
ONE: int = 10**PLACES
CENT = ONE // 100
PLAIN = 3
"""The turn at which `as_number` spells a number as people do."""


def noise(*words: object) -> int:
    """A number below 2^64 drawn from *words* alone: the same in every answer, run and process."""
    return int.from_bytes(blake2b(repr(words).encode(), digest_size=8).digest())


def as_number(atoms: int, turn: int) -> Num:
    """*atoms* in one of JSON's spellings of that number, by *turn*: plain, longer than needed, with an exponent."""
    if not atoms:
        return Num(("0", "0.00", "-0")[turn % 3])
    sign, digits = "-" if atoms < 0 else "", f"{abs(atoms):0{PLACES + 1}d}"
    whole, part = digits[:-PLACES], digits[-PLACES:].rstrip("0")
    if turn % 8 == 0:
        return Num(sign + _scientific(abs(atoms)))
    zeros = "000" if turn % 8 == 1 else ""
    return Num(f"{sign}{whole}.{part.ljust(2, '0')}{zeros}" if part or turn % 3 else f"{sign}{whole}")


def _scientific(atoms: int) -> str:
    digits = str(atoms)
    kept = digits.rstrip("0")
    return f"{kept[0]}{'.' if kept[1:] else ''}{kept[1:]}e{len(digits) - 1 - PLACES:+d}"
