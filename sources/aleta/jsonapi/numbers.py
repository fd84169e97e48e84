"""JSON numbers to decimals: exact where 38 digits with 12 decimals hold them, else rounded half-even. Pure.

Arrow casts text to decimals fast, but it takes a number beyond 38 digits for another one without a word. Only short,
plain numbers go there; the others are read one by one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation
from typing import TypeAlias

import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Raw

from schemas.table import DECIMAL

from .canonical import canonical

SCALE = Decimal("0.000000000001")
WIDE = Context(prec=4000, rounding=ROUND_HALF_EVEN, Emin=-9999, Emax=9999)
LIMIT = Decimal(10) ** 26  # 38 digits, 12 of them decimals
PLAIN = 26  # characters of a number without exponent that is below the limit, whatever its digits
_NUMBER = re.compile(r'("?)(-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)\1')  # RFC 8259, section 6
_HELD = r'^"?-?(?:0|[1-9][0-9]{0,25})(?:\.[0-9]{1,12})?"?$'

Found: TypeAlias = tuple[pa.Array, Sequence[int]]  # decimals, and the places of those that are not the whole value


def numbers(cells: Sequence[Raw]) -> Found:
    """A decimal for each of *cells*, and the places of the values that it does not hold, or not wholly.

    Args:
        cells: any JSON values; a number may stand in a string (an index factor comes as both). `null` and no text at
            all are nothing.
    """
    joined = b"\n".join(cells)
    texts = _lines(joined) if cells else pa.array([], pa.string())
    if len(texts) != len(cells):  # a nested value spans lines
        texts = pa.array([canonical(cell) for cell in cells], pa.string())
    there = pc.not_equal(texts, "")
    if b"null" in joined:
        there = pc.and_(there, pc.not_equal(texts, "null"))
    if not joined.translate(None, b"0123456789-.\nnul"):  # in JSON the letters can only be a `null`
        try:
            return _plain(pc.if_else(there, texts, None)), ()
        except pa.ArrowInvalid:  # more decimals or digits than the column has
            pass
    values, misfits = _mixed(texts.filter(there))
    column = pc.replace_with_mask(pa.nulls(len(cells), DECIMAL), there, values)
    return column, pc.indices_nonzero(there).take(pa.array(misfits, pa.int64())).to_pylist()


def _lines(joined: bytes) -> pa.Array:
    return pc.split_pattern(pa.array([joined], pa.string()), "\n").flatten()


def _plain(texts: pa.Array) -> pa.Array:
    """Digits, sign and point alone, at most PLAIN of them, else ArrowInvalid."""
    if (pc.max(pc.binary_length(texts)).as_py() or 0) > PLAIN:
        raise pa.ArrowInvalid("a number is longer than the cast can be trusted with")
    return texts.cast(DECIMAL)


def _mixed(texts: pa.Array) -> Found:
    short = pc.match_substring_regex(texts, _HELD)
    values = pc.replace_substring(pc.if_else(short, texts, None), '"', "").cast(DECIMAL)
    return _with_odd(values, pc.invert(short), texts)


def _with_odd(values: pa.Array, odd: pa.Array, texts: pa.Array) -> Found:
    places = pc.indices_nonzero(odd).to_pylist()
    exact = [_exact(text) for text in texts.filter(odd).to_pylist()]
    held = [fit(value) if value is not None else None for value in exact]
    misfits = [place for place, meant, kept in zip(places, exact, held, strict=True) if meant is None or meant != kept]
    return pc.replace_with_mask(values, odd, pa.array(held, DECIMAL)), misfits


def _exact(text: str) -> Decimal | None:
    """None for what is no number, and for an exponent of more digits than `Decimal` takes."""
    found = _NUMBER.fullmatch(text)
    try:
        return Decimal(found[2]) if found else None
    except InvalidOperation:
        return None


def fits(text: bytes) -> bool:
    """Whether *text* is a JSON number that a column holds, if rounded."""
    value = _exact(text.decode())
    return value is not None and fit(value) is not None


def fit(value: Decimal) -> Decimal | None:
    """*value* at 12 decimals, rounded half-even; None when 38 digits cannot hold it."""
    if value and value.adjusted() > 30:  # noqa: PLR2004 - far beyond 26 digits: not even worth a quantize
        return None
    rounded = Decimal(0) if value.adjusted() < -20 else value.quantize(SCALE, context=WIDE)  # noqa: PLR2004
    return rounded if -LIMIT < rounded < LIMIT else None  # compared exactly: `abs` would round to 28 digits
