"""For every table: whatever a page says can be told from its columns and `extra`."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.table import DECIMAL, fact, left_out, name_of
from schemas.tables import TABLES
from sources.aleta.jsonapi.decode import decode
from sources.aleta.jsonapi.envelope import read_list
from tests.documents import JSON_NUMBER, Number, dump, numbers, parse, rounded, texts, values
from tests.lengths import examples

SCHEMAS = [schema for schema in TABLES if any(fact(column, "api") for column in schema)]
NAMES = ("mood", "é", "type", "values")  # the last two are known to some
OWN = {
    "string": texts,
    "bool": st.booleans(),
    "date32[day]": st.integers(0, 40_000).map(lambda days: f"{date(1970, 1, 1) + timedelta(days)}"),
    f"{DECIMAL}": numbers,
}


def paths_of(schema, part="attributes") -> dict:
    """Path -> the columns that it fills."""
    found: dict = {}
    for column in schema:
        for path in fact(column, "api").split():
            if path.startswith(f"{part}/"):
                found.setdefault(path.removeprefix(f"{part}/"), []).append(column)
    return found


def objects(paths, dropped=()):
    """An object with members of *paths*, mostly of their own types, and some that nobody named."""
    heads = dict.fromkeys([*(path.split("/")[0] for path in paths), *dropped, *NAMES])
    return st.fixed_dictionaries({}, optional={head: member(head, paths) for head in heads})


def member(head, paths):
    below = {path.removeprefix(f"{head}/"): said for path, said in paths.items() if path.startswith(f"{head}/")}
    own = [objects(below)] if below else []
    own += [values if fact(column, "json") else OWN[f"{column.type}"] for column in paths.get(head, [])]
    return st.one_of(*own, *own, *own, values)


linkages = st.fixed_dictionaries({"id": st.sampled_from("ab")}, optional={"type": st.sampled_from(["bond", "fund"])})
relationships = st.one_of(
    linkages.map(lambda linkage: {"data": linkage}),
    linkages,
    st.sampled_from([{"data": None}, {}, None, {"data": []}, {"links": {"self": "/x"}}]),
    values,
)


@cache
def resources(place):
    schema = SCHEMAS[place]
    links = dict.fromkeys([*(path.split("/")[0] for path in paths_of(schema, "relationships")), *NAMES, "parties"])
    return st.fixed_dictionaries(
        {
            "type": st.sampled_from(["transaction", "other"]),
            "attributes": objects(paths_of(schema), left_out(schema)),
            "relationships": st.fixed_dictionaries({}, optional=dict.fromkeys(links, relationships)),
        },
        optional={"id": st.sampled_from("12")},
    )


class Oracle:
    """What one row of a table holds, and whether something that was said can be told from it."""

    def __init__(self, schema, row, extra) -> None:
        self.schema, self.row, self.extra = schema, row, extra
        self.paths = paths_of(schema)
        self.links = paths_of(schema, "relationships")

    def check(self, resource) -> None:
        said = resource["attributes"]
        for name, value in said.items():
            if name in left_out(self.schema):
                assert name not in self.extra
            else:
                assert self.told(name, value, kept=False), name
        for name, value in resource["relationships"].items():
            left = [path for path in (f"relationships/{name}", name) if path in self.extra]
            assert self.extra[left[0]] == value if left else self.linked(name, value), name
        named = {*said, *resource["relationships"]}
        assert {path.removeprefix("relationships/").split("/")[0] for path in self.extra} <= named

    def told(self, path, value, *, kept) -> bool:
        """*kept*: what it is part of is whole in a column."""
        if path in self.extra:
            return self.extra[path] in (value, value.text if isinstance(value, Number) else value)
        columns = self.paths.get(path, [])
        opened = any(known.startswith(f"{path}/") for known in self.paths)
        if value is None and (columns or opened):
            return True
        kept = kept or any(
            fact(column, "json") and parse(self.row[column.name] or "null") == value for column in columns
        )
        if opened and isinstance(value, dict) and (value or kept):
            return all(self.told(f"{path}/{name}", inner, kept=kept) for name, inner in value.items())
        return any(self.is_in(column, value) for column in columns) if columns else kept

    def is_in(self, column, value) -> bool:
        stored = self.row[column.name]
        if fact(column, "json"):
            return parse(stored or "null") == value
        if column.type == DECIMAL:
            number = Number(value) if isinstance(value, str) and JSON_NUMBER.fullmatch(value) else value
            return isinstance(number, Number) and number.exact is not None and stored == number.exact
        if isinstance(stored, date):
            return stored.isoformat() == value
        return stored is not None and stored == value

    def linked(self, name, value) -> bool:
        data = value.get("data", value or None) if isinstance(value, dict) else value
        if name in self.links and data is None:
            return value is not None
        ends = {path: column for path, columns in self.links.items() for column in columns}
        at = {end: ends.get(name if end == "id" else f"{name}/{end}") for end in ("id", "type")}
        if name not in self.links or not isinstance(data, dict) or not isinstance(data.get("id"), str):
            return False
        return all(at[end] is None or data.get(end) in (None, self.row[at[end].name]) for end in at)


def rows_of(schema, page, *, ascii_only=False):
    body = dump({"data": page}, ascii_only=ascii_only, blanks=ascii_only).encode()
    batch = decode(read_list(body, identified=False), schema=schema).batch
    batch.validate(full=True)
    return [(row, parse(row["extra"]) if row["extra"] is not None else {}) for row in batch.to_pylist()]


every_table = pytest.mark.parametrize("place", range(len(SCHEMAS)), ids=map(name_of, SCHEMAS))


@every_table
@settings(max_examples=examples(10), deadline=None)
@given(data=st.data(), ascii_only=st.booleans())
def test_x2_nothing_that_a_page_says_is_lost(place, data, ascii_only):
    """Every attribute and relationship is in a column as it was said, or in `extra`, or was left out on purpose."""
    schema, page = SCHEMAS[place], data.draw(st.lists(resources(place), min_size=1, max_size=3))
    for resource, (row, extra) in zip(page, rows_of(schema, page, ascii_only=ascii_only), strict=True):
        Oracle(schema, row, extra).check(resource)


@every_table
@settings(max_examples=examples(5), deadline=None)
@given(data=st.data())
def test_the_oracle_sees_what_is_lost(place, data):
    """Sabotage: a row whose `extra` lacks something that no column names does not pass."""
    schema, resource = SCHEMAS[place], data.draw(resources(place))
    ((row, extra),) = rows_of(schema, [resource])
    known = {path.split("/")[0] for path in (*paths_of(schema), *paths_of(schema, "relationships"))}
    for path in extra.keys() - known:
        if "/" not in path:
            with pytest.raises(AssertionError):
                Oracle(schema, row, {name: value for name, value in extra.items() if name != path}).check(resource)


def test_rounding_is_told_by_extra():
    """The oracle takes no rounded number for the number."""
    (schema,) = (schema for schema in SCHEMAS if name_of(schema) == "prices")
    resource = {"type": "price", "attributes": {"value": Number("1e-13")}, "relationships": {}}
    ((row, extra),) = rows_of(schema, [resource])
    assert (row["value"], extra) == (rounded(Decimal("1e-13")), {"value": "1e-13"})
    with pytest.raises(AssertionError):
        Oracle(schema, row, {}).check(resource)
