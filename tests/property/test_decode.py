"""Decoding loses nothing: an oracle rebuilds every attribute and relationship from the columns and `extra`."""

import json
import os
import re
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.table import DECIMAL, fact
from schemas.transactions import TRANSACTIONS
from sources.aleta.decode import decode
from sources.aleta.envelope import read_list

DEEP = int(os.environ.get("DEEP", "1"))  # `make oracle` draws many times as many examples
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

    def hole(one: Number) -> str:
        holes.append(one.text)
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

COLUMNS = {
    path.removeprefix("attributes/"): field
    for field in TRANSACTIONS
    for path in fact(field, "api").split()
    if path.startswith("attributes/")
}
ENDS = {
    spelling: [
        one.name for one in TRANSACTIONS if f"relationships/{spelling}" in fact(one, "api").replace("/type", "").split()
    ]
    for field in TRANSACTIONS
    for path in fact(field, "api").split()
    if path.startswith("relationships/") and (spelling := path.split("/")[1])
}
ELSEWHERE = "documents"

ids = st.text("abc123", min_size=1, max_size=4)
linkages = st.fixed_dictionaries({"id": ids}, optional={"type": st.sampled_from(["account", "bond"])})
relationships = st.dictionaries(
    st.sampled_from([*ENDS, "custodian", "comment", "accountAmount", ELSEWHERE]),
    st.one_of(
        linkages.map(lambda one: {"data": one}),
        linkages,
        st.just({"data": None}),
        st.just({}),
        st.none(),
        st.lists(linkages, max_size=2).map(lambda many: {"data": many}),
        st.just({"links": {"related": "/x"}}),
        st.just({"data": {"id": Number("5")}}),
        plain,
    ),
)
resources = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["transaction", "fee-transaction", "fx-spot-transaction"]),
        "id": ids,
        "attributes": st.dictionaries(st.sampled_from([*COLUMNS, "settlement", "x y", "é"]), values, max_size=8),
        "relationships": relationships,
    }
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


def check_number(value, column, left) -> None:
    number = Number(value) if isinstance(value, str) and JSON_NUMBER.fullmatch(value) else value
    if not isinstance(number, Number):
        assert (column, left) == (None, value)
    elif number.exact is None:
        assert (column, left) == (None, number.text)
    else:
        assert column == rounded(number.exact)
        assert left == (None if column == number.exact else number.text)


def check_attribute(name, value, row, extra) -> None:
    """The value is in its column, or in `extra`; a number in the wrong place is there as text."""
    field = COLUMNS.get(name)
    if field is None:
        assert extra[name] == value
        return
    column, left = row[field.name], extra.get(name)
    if name == "type":
        return
    if value is None:
        assert column is None
        assert name not in extra
    elif field.type == DECIMAL:
        check_number(value, column, left)
    elif str(field.type) == "date32[day]" and isinstance(value, str):
        assert (column.isoformat() if isinstance(column, date) else left) == value
        assert (column is None) == (name in extra)
    elif (str(field.type), type(value)) in {("string", str), ("bool", bool)}:
        assert (column, left) == (value, None)
    else:
        assert column is None
        assert left == (value.text if isinstance(value, Number) else value)


def check_kind(resource, row, extra) -> None:
    """The kind is the resource's type; where that is `transaction`, the attribute's, if it is one."""
    named, kind = resource["attributes"].get("type"), resource["type"]
    if isinstance(named, str) and kind == "transaction":
        assert row["type"] == named
        assert "type" not in extra
    else:
        assert row["type"] == kind
        assert extra.get("type") == (named.text if isinstance(named, Number) else named)


def linkage_of(value):
    """Whether it is a to-one relationship, and its linkage."""
    data = value.get("data", value) if isinstance(value, dict) else 0
    if data is None or value == {}:
        return True, None
    known = isinstance(data, dict) and isinstance(data.get("id"), str)
    return known, data if known else None


def check_relationships(resource, row, extra) -> None:
    """Spellings in the order of the schema: one that contradicts an earlier one is left over."""
    seen: dict[str, str] = {}
    given = resource["relationships"]
    for name, value in {name: given[name] for name in [*ENDS, *given] if name in given}.items():
        known, linkage = linkage_of(value) if name in ENDS else (False, None)
        left = extra.get(f"relationships/{name}" if name in resource["attributes"] else name)
        if name == ELSEWHERE:
            assert left is None
        elif not known:
            assert left == value
        elif linkage:
            said = {end: linkage.get("type" if end.endswith("_type") else "id") for end in ENDS[name]}
            if any(one and seen.get(end) not in (None, one) for end, one in said.items()):
                assert left == value
            else:
                seen |= {end: one for end, one in said.items() if one}
                assert name not in extra
    for end in {one for ends in ENDS.values() for one in ends}:
        assert row[end] == seen.get(end)


@settings(max_examples=200 * DEEP, deadline=None)
@given(page=st.lists(resources, max_size=3), ascii_only=st.booleans(), blanks=st.booleans())
def test_x1_x2_every_value_is_in_its_column_or_in_extra(page, ascii_only, blanks):
    """Any JSON under any name, in both dialects: exactly in its column, or rounded there and whole in `extra`."""
    body = dump({"data": page}, ascii_only=ascii_only, blanks=blanks).encode()
    decoded = decode(read_list(body), schema=TRANSACTIONS, elsewhere=frozenset({ELSEWHERE}))
    rows = decoded.batch.to_pylist()
    assert [row["id"] for row in rows] == [one["id"] for one in page]
    for resource, row in zip(page, rows, strict=True):
        extra = parse(row["extra"]) if row["extra"] is not None else {}
        for name, value in resource["attributes"].items():
            check_attribute(name, value, row, extra)
        check_kind(resource, row, extra)
        check_relationships(resource, row, extra)
        named = {*resource["attributes"], *resource["relationships"]}
        assert {name.removeprefix("relationships/") for name in extra} <= named
        assert extra or row["extra"] is None


@settings(max_examples=100, deadline=None)
@given(resource=resources, turned=st.randoms())
def test_x3_the_order_of_keys_says_nothing(resource, turned):
    """The same resource with its members in another order decodes to the same row, `extra` included."""
    other = resource | {
        part: dict(turned.sample(list(resource[part].items()), len(resource[part])))
        for part in ("attributes", "relationships")
    }
    one, two = (
        decode(
            read_list(dump({"data": [said]}, ascii_only=ascii_only, blanks=ascii_only).encode()), schema=TRANSACTIONS
        )
        for said, ascii_only in ((resource, True), (other, False))
    )
    assert one.batch.equals(two.batch)
    assert one.drift == two.drift
