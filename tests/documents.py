"""Any JSON, with numbers as written: what an API might say under any name."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation

from hypothesis import strategies as st

JSON_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
EXACTLY = Context(prec=5000, Emax=99999, Emin=-99999)


@dataclass(frozen=True)
class Number:
    """A JSON number, as written."""

    text: str

    @property
    def exact(self) -> Decimal | None:
        """None where the exponent is beyond what `Decimal` takes."""
        try:
            return Decimal(self.text)
        except InvalidOperation:
            return None


def parse(text: str | bytes):
    return json.loads(text, parse_int=Number, parse_float=Number)


def dump(value, *, ascii_only: bool, blanks: bool) -> str:
    """JSON text of *value*, numbers as written."""
    holes: list[str] = []

    def hole(number: Number) -> str:
        holes.append(number.text)
        return f"@@{len(holes) - 1}@@"

    separators = (" , ", " : ") if blanks else (",", ":")
    text = json.dumps(value, default=hole, ensure_ascii=ascii_only, separators=separators)
    return re.sub(r'"@@([0-9]+)@@"', lambda found: holes[int(found[1])], text)


digits = st.text("0123456789", min_size=1, max_size=45)
ODD_NUMBERS = [
    *("0", "-0", "-0.0", "0e400", "0E-400", "1e-12", "1e-13", "5e-13", "15e-13", "25e-13", "-15e-13", "1e25", "1e26"),
    *(
        "99999999999999999999999999.9999999999995",
        "-99999999999999999999999999.999999999999",
        "-99999999999999999999999999.9999999999994",
        "1e31",
        "1e400",
    ),
    *("9007199254740993", "0.1000000000000000055511151231257827", "1e99999999999999999999", "-1E-99999999999999999999"),
    *("1.0000000000000", "123456789012345678901234567.8", "0." + "3" * 400, "7" * 400),
]
numbers = st.one_of(
    st.sampled_from(ODD_NUMBERS),
    st.builds(
        "{}{}{}{}".format,
        st.sampled_from(["", "-"]),
        digits.map(lambda text: text.lstrip("0") or "0"),
        st.one_of(st.just(""), digits.map(".{}".format)),
        st.one_of(
            st.just(""),
            st.builds(
                "{}{}{}".format,
                st.sampled_from("eE"),
                st.sampled_from(["", "+", "-"]),
                digits.map(lambda text: text[:3]),
            ),
        ),
    ),
).map(Number)
NUMBER_LIKE = [
    "1.05",
    "-3e2",
    "NaN",
    "Infinity",
    "1_000",
    " 1",
    "+1",
    "007",
    "\u0661",
    "",
    "0x1",
    "1e99999999999999999999",
]
DAY_LIKE = ["2024-02-29", "2023-02-29", "2024-W27-1", "20240701", "2024-07-01T00:00:00Z", "0001-01-01", "2024-7-01"]
texts = st.one_of(st.sampled_from(NUMBER_LIKE + DAY_LIKE), st.text(max_size=12)).filter(lambda text: "@@" not in text)
plain = st.one_of(st.none(), st.booleans(), numbers, texts)
values = st.recursive(
    plain, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=5
)


def rounded(exact: Decimal) -> Decimal | None:
    """Half-even at 12 decimals; None beyond 38 digits."""
    if exact.is_zero():
        return Decimal(0)
    if exact.adjusted() > 100:
        return None
    if exact.adjusted() < -100:
        return Decimal(0)
    near = exact.quantize(Decimal("1e-12"), rounding=ROUND_HALF_EVEN, context=EXACTLY)
    return near if near.copy_abs() < Decimal(10) ** 26 else None
