"""JSON:API resources to Arrow, exactly. Pure.

The schema decides the columns; nothing is inferred (rules X1, X2). What a column cannot hold, and what no column names,
goes to `extra` under the API's own name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import msgspec
import pyarrow as pa
from msgspec import Raw

from schemas.table import DECIMAL, described_by_api, fact, left_out

from .canonical import as_object, canonical, whole
from .columns import Column, read_columns
from .envelope import Page, members
from .numbers import fits
from .relations import TO_ONE, Relation
from .shape import RAW, shape_of
from .tokens import is_undecodable, shallow, text_of

ONE_TYPE_FOR_ALL = "transaction"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """One page as columns, and what no schema named."""

    batch: pa.RecordBatch
    drift: Counter[str]


def decode(page: Page, *, schema: pa.Schema, elsewhere: frozenset[str] = frozenset()) -> Decoded:
    """Turn one JSON:API page into a batch with the API's part of *schema* (`described_by_api`).

    Args:
        page: resources in server order; attribute names camelCase, either spelling of a relationship.
        schema: a table of `schemas`; money columns are decimal128(38, 12). What it leaves out is dropped.
        elsewhere: to-many relationships that another table holds: neither drift nor `extra`.

    Returns:
        One row per resource, in page order; `extra` is null where nothing is left over; there, a member of a nested
        object goes by its path (`fund/strategy`). Of two spellings that contradict each other, the one that the schema
        lists first fills the column. `drift` counts what no column names, what contradicts, and what is of another type
        than its column.

    Raises:
        MalformedError: the attributes or relationships of a resource are no object (rule F1).
    """
    return _plan(_Same(schema), elsewhere).decode(page)


@dataclass(slots=True)
class _Leftovers:
    """What goes to `extra`, by row, and what of it counts as drift."""

    page: Page
    known: Collection[str]  # names of attributes
    numeric: Collection[str]  # paths of those that columns of numbers hold
    rows: dict[int, dict[str, bytes]] = field(default_factory=dict)
    drift: Counter[str] = field(default_factory=Counter)

    def add(self, row: int, name: str, text: bytes) -> None:
        """JSON:API forbids an attribute `fund/name` beside a member `name` of `fund`; nothing is lost all the same."""
        parts = self.rows.setdefault(row, {})
        parts[f"attributes/{name}" if name in parts else name] = text

    def attribute(self, row: int, path: str, raw: Raw, *, known: bool) -> None:
        raw = shallow(raw)
        if is_undecodable(raw):
            self.add(row, path, text_of(raw))
            self.drift[path] += 1
            return
        text = whole(raw) if known else canonical(raw)
        self.add(row, path, text)
        rounded = known and path in self.numeric and fits(text.strip(b'"'))
        if not rounded and text != b"{}":  # the column is empty (D9, F9); an object without members says nothing
            self.drift[path] += 1

    def relationship(self, row: int, name: str, raw: Raw) -> None:
        """JSON:API forbids that an attribute has the same name; nothing is lost all the same."""
        self.add(row, f"relationships/{name}" if self._is_attribute(row, name) else name, canonical(raw))
        self.drift[name] += 1

    def _is_attribute(self, row: int, name: str) -> bool:
        """Attributes come first: an unknown one is left over by now, so that only a known one must be looked for."""
        if name in self.known:
            return name in members(self.page[row].attributes)
        return name in self.rows.get(row, ())

    def column(self) -> pa.Array:
        texts: list[str | None] = [None] * len(self.page)
        for row, parts in self.rows.items():
            texts[row] = as_object(parts).decode()
        return pa.array(texts, pa.string())


class _Same:
    """A schema that is equal to itself only: to Arrow, it is to any that differs in its metadata alone."""

    def __init__(self, schema: pa.Schema) -> None:
        self.schema = schema

    def __hash__(self) -> int:
        return id(self.schema)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.schema is self.schema


@lru_cache(maxsize=256)
def _plan(same: _Same, elsewhere: frozenset[str]) -> _Plan:
    return _Plan(same.schema, elsewhere)


class _Plan:
    """A schema, prepared: which members of a resource fill which columns."""

    def __init__(self, schema: pa.Schema, elsewhere: frozenset[str]) -> None:
        self._schema = described_by_api(schema)
        self._columns: dict[int, Column] = {}
        self._relations: dict[tuple[str, ...], Relation] = {}
        self._ids: int | None = None
        self._types: int | None = None
        for place, column in enumerate(self._schema):
            self._bind(place, column, fact(column, "api").split())
        kinds = {path: column.kind for column in self._columns.values() for path in column.paths}
        links = [name for names in self._relations for name in names]
        self._known = {path.split("/")[0] for path in kinds} | left_out(schema)
        self._numeric = {path for column in self._columns.values() if column.type == DECIMAL for path in column.paths}
        self._attributes = shape_of(dict.fromkeys(left_out(schema), RAW) | kinds)
        self._relationships = shape_of(dict.fromkeys(elsewhere, RAW) | dict.fromkeys(links, TO_ONE))

    def _bind(self, place: int, column: pa.Field, paths: Sequence[str]) -> None:
        named = [path.removeprefix("attributes/") for path in paths if path.startswith("attributes/")]
        linked = tuple(path.split("/")[1] for path in paths if path.startswith("relationships/"))
        if named:
            self._columns[place] = Column(column, named)
        if linked:
            end = "type" if paths[0].endswith("/type") else "id"
            self._relations.setdefault(linked, Relation(linked)).ends[place] = end
        if "id" in paths:
            self._ids = place
        if "type" in paths:
            self._types = place

    def decode(self, page: Page) -> Decoded:
        left = _Leftovers(page, self._known, self._numeric)
        columns = self._named(page, left)
        columns |= self._linked(page, left)
        if self._ids is not None:
            columns[self._ids] = pa.array([resource.id for resource in page], pa.string())
        if self._types is not None:
            columns[self._types] = _types(page, columns.get(self._types), left)
        columns[self._schema.get_field_index("extra")] = left.column()
        ordered = [columns[place] for place in range(len(self._schema))]
        return Decoded(batch=pa.RecordBatch.from_arrays(ordered, schema=self._schema), drift=left.drift)

    def _named(self, page: Page, left: _Leftovers) -> dict[int, pa.Array]:
        found = self._attributes.read([resource.attributes for resource in page], left.attribute)
        return read_columns(self._columns, found, left.attribute)

    def _linked(self, page: Page, left: _Leftovers) -> dict[int, pa.Array]:
        """Rows of one account name the same few things over and over: what they say is read once each."""
        spots: dict[bytes, int] = {}
        where = [spots.setdefault(bytes(resource.relationships), len(spots)) for resource in page]
        said, odd = [Raw(text) for text in spots], _Odd()
        found = self._relationships.read(said, odd)
        linked: dict[int, pa.Array] = {}
        for relation in self._relations.values():
            linked |= relation.columns(found, lambda spot, name: odd.add(spot, name, members(said[spot])[name]))
        for row, name, raw in odd.rows(where):
            left.relationship(row, name, raw)
        taken = pa.RecordBatch.from_arrays([*linked.values()], names=[f"{place}" for place in linked])
        return dict(zip(linked, taken.take(pa.array(where, pa.int64())).columns, strict=True))


class _Odd:
    """Relationships that no column holds, of what several rows may say."""

    def __init__(self) -> None:
        self._odd: dict[int, dict[str, Raw]] = {}

    def __call__(self, row: int, path: str, raw: Raw, *, known: bool) -> None:  # noqa: ARG002 - either is odd
        self.add(row, path, raw)

    def add(self, spot: int, name: str, raw: Raw) -> None:
        self._odd.setdefault(spot, {})[name] = raw

    def rows(self, where: Sequence[int]) -> Iterator[tuple[int, str, Raw]]:
        """Row, name and value, for rows that say what stands at the spots *where*."""
        if self._odd:
            for row, spot in enumerate(where):
                for name, raw in self._odd.get(spot, {}).items():
                    yield row, name, raw


def _types(page: Page, named: pa.Array | None, left: _Leftovers) -> pa.Array:
    """The kind is the resource's type; in the other dialect that is `transaction` and attribute `type` names it."""
    kinds = [resource.type for resource in page]
    if named is None or named.null_count == len(page):
        return pa.array(kinds, pa.string())
    for row, name in enumerate(named.to_pylist()):
        if name is not None and kinds[row] == ONE_TYPE_FOR_ALL:
            kinds[row] = name
        elif name is not None:
            left.add(row, "type", msgspec.json.encode(name))
    return pa.array(kinds, pa.string())
