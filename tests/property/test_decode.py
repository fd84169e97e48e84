"""Decoding loses nothing: an oracle rebuilds every attribute and relationship from the columns and `extra`."""

from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.table import DECIMAL, fact
from schemas.transactions import TRANSACTIONS
from sources.aleta.jsonapi.decode import decode
from sources.aleta.jsonapi.envelope import read_list
from tests.documents import JSON_NUMBER, Number, dump, parse, plain, rounded, values
from tests.lengths import examples

COLUMNS = {
    path.removeprefix("attributes/"): field
    for field in TRANSACTIONS
    for path in fact(field, "api").split()
    if path.startswith("attributes/")
}
ENDS = {
    spelling: [
        column.name
        for column in TRANSACTIONS
        if f"relationships/{spelling}" in fact(column, "api").replace("/type", "").split()
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
        linkages.map(lambda linkage: {"data": linkage}),
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
            if any(ident and seen.get(end) not in (None, ident) for end, ident in said.items()):
                assert left == value
            else:
                seen |= {end: ident for end, ident in said.items() if ident}
                assert name not in extra
    for end in {end for ends in ENDS.values() for end in ends}:
        assert row[end] == seen.get(end)


@settings(max_examples=examples(200), deadline=None)
@given(page=st.lists(resources, max_size=3), ascii_only=st.booleans(), blanks=st.booleans())
def test_x1_x2_every_value_is_in_its_column_or_in_extra(page, ascii_only, blanks):
    """Any JSON under any name, in both dialects: exactly in its column, or rounded there and whole in `extra`."""
    body = dump({"data": page}, ascii_only=ascii_only, blanks=blanks).encode()
    decoded = decode(read_list(body), schema=TRANSACTIONS, elsewhere=frozenset({ELSEWHERE}))
    rows = decoded.batch.to_pylist()
    assert [row["id"] for row in rows] == [resource["id"] for resource in page]
    for resource, row in zip(page, rows, strict=True):
        extra = parse(row["extra"]) if row["extra"] is not None else {}
        for name, value in resource["attributes"].items():
            check_attribute(name, value, row, extra)
        check_kind(resource, row, extra)
        check_relationships(resource, row, extra)
        named = {*resource["attributes"], *resource["relationships"]}
        assert {name.removeprefix("relationships/") for name in extra} <= named
        assert extra or row["extra"] is None


@settings(max_examples=examples(100), deadline=None)
@given(resource=resources, turned=st.randoms())
def test_x3_the_order_of_keys_says_nothing(resource, turned):
    """The same resource with its members in another order decodes to the same row, `extra` included."""
    other = resource | {
        part: dict(turned.sample(list(resource[part].items()), len(resource[part])))
        for part in ("attributes", "relationships")
    }
    first, second = (
        decode(
            read_list(dump({"data": [said]}, ascii_only=ascii_only, blanks=ascii_only).encode()), schema=TRANSACTIONS
        )
        for said, ascii_only in ((resource, True), (other, False))
    )
    assert first.batch.equals(second.batch)
    assert first.drift == second.drift
