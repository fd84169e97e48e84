"""What an endpoint is, as data, and the checks that a catalogue of endpoints must pass. Pure."""

from __future__ import annotations

import string
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

import pyarrow as pa

from schemas.table import ROW_KEY, answered, key_of, name_of

from ..planning.windows import Window


class Track(StrEnum):
    """The version prefix of a path. v1 has its own server, and any endpoint may be there besides."""

    V1 = "v1"
    V2 = "v2"
    V3 = "v3"


class Form(StrEnum):
    """The shape of a response body."""

    LIST = "list"  # JSON:API, a list under `data`
    ONE = "one"  # JSON:API, one resource under `data`
    EITHER = "either"  # JSON:API, either of the two: the vendor does not document which
    KEYS = "keys"  # a JWK set, no JSON:API


class By(StrEnum):
    """How the rows of a parent are requested."""

    SPAN = "span"  # from a day to a day, both included
    DAY = "day"  # one day
    WHOLE = "whole"  # every row: the request has no dates


@dataclass(frozen=True, slots=True, kw_only=True)
class DateParams:
    """How an endpoint's rows are requested by date, and how often they are read again.

    The vendor does not document which of the *columns* the server filters on, so a row counts as inside a window only
    if all of them are.

    Args:
        columns: the date columns; empty for rows that are requested without dates.
        first, last: the query parameters of a span.
        day: the query parameter of a day.
        look_back_days: how many days every run reads again; None: the tenant's setting.
        every_days: for rows that are requested without dates: days between two reads of the same parent.
        skip_empty_parents: a parent without rows is read again only when its full re-read is due.
    """

    columns: tuple[str, ...] = ()
    by: By = By.SPAN
    first: str = "fromDate"
    last: str = "toDate"
    day: str = "date"
    look_back_days: int | None = None
    every_days: int = 1
    skip_empty_parents: bool = False

    @property
    def divisible(self) -> bool:
        """Whether windows can be asked for in parts: a day, or a request without dates, cannot."""
        return self.by is By.SPAN

    def query(self, window: Window) -> Mapping[str, str]:
        """The date parameters of a request for *window*."""
        match self.by:
            case By.SPAN:
                return {self.first: f"{window.first}", self.last: f"{window.last}"}
            case By.DAY:
                return {self.day: f"{window.first}"}
            case By.WHOLE:
                return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A to-many relationship that is stored in a link table."""

    relation: str
    schema: pa.Schema


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """An attribute that holds a tree of conditions, stored as one row per node. *attributes*: its spellings."""

    attributes: tuple[str, ...]
    schema: pa.Schema


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """One row of the catalogue: a resource, the path that serves it, and its parent.

    Args:
        name: the table it fills.
        path: without the version prefix; has `{parent_id}` or, for a resource that is read by id, `{id}`.
        parent: the endpoint whose objects it is listed under; empty at the top.
        parent_param: the query parameter with the parent's id, if the path has none.
        parent_column: the column of the parent's id; filled from the request if the response leaves it out.
        parent_columns: every column that may hold a parent's id: an fx-spot has an inflow and an outflow account.
        ids_in: the parent's to-many relationship that lists the ids: there is no list endpoint, each is read by `{id}`.
        named_in: columns (`table.column`) of other endpoints that hold the ids, where nothing else lists them.
        every_days: with *named_in*: days between two reads of the same object.
        detail: a path that returns more of each listed object than the list does.
        form: the shape of the response body.
        links: to-many relationships with a table of their own.
        trees: attributes with a table of their own.
        mirrors: to-many relationships that are stored from their other side, as a column or a link table.
        feed: the table that records every change of its rows.
        guarded: a large share of one parent's rows is never removed at once (rule D3).
        required: a sync cannot do without it; any other endpoint may be missing from this API.
        none_is_404: the API may answer 404 for a parent without rows.
    """

    name: str
    track: Track
    path: str
    schema: pa.Schema
    parent: str = ""
    parent_param: str = ""
    parent_column: str = ""
    parent_columns: tuple[str, ...] = ()
    ids_in: str = ""
    named_in: tuple[str, ...] = ()
    every_days: int = 1
    detail: str = ""
    form: Form = Form.LIST
    params: Mapping[str, str] = field(default_factory=dict)
    dates: DateParams | None = None
    links: tuple[Link, ...] = ()
    trees: tuple[Tree, ...] = ()
    mirrors: tuple[str, ...] = ()
    feed: pa.Schema | None = None
    guarded: bool = False
    required: bool = False
    none_is_404: bool = False

    @cached_property
    def elsewhere(self) -> frozenset[str]:
        """Relationships that are not stored in this resource's own table."""
        return frozenset(self.mirrors) | {link.relation for link in self.links}

    @cached_property
    def answered(self) -> pa.Schema:
        """The columns that one response fills, `row_key` among them."""
        return answered(self.schema)

    @property
    def schemas(self) -> tuple[pa.Schema, ...]:
        """Every table it fills."""
        return (self.schema, *self.parts)

    @property
    def parts(self) -> tuple[pa.Schema, ...]:
        """The tables of rows that belong to an object: links, and nodes of trees."""
        return (*(link.schema for link in self.links), *(tree.schema for tree in self.trees))

    @property
    def owners(self) -> tuple[str, ...]:
        """The columns that hold the ids of a row's parents."""
        return self.parent_columns or (self.parent_column,)

    def columns_naming(self, other: Endpoint) -> tuple[str, ...]:
        """The columns of its rows that name objects of *other*, which has lists; `parent_id` is one of its own kind."""
        if not other.crawled:
            return ()
        singular = f"{other.name.removesuffix('ies')}y" if other.name.endswith("ies") else other.name.removesuffix("s")
        names = self.schema.names
        own_kind = {"parent_id"} if self.name == other.name else set()
        return tuple(name for name in names if name in own_kind or f"_{name}".endswith(f"_{singular}_id"))

    @property
    def places(self) -> tuple[tuple[str, str], ...]:
        """Table and column of each place in *named_in*."""
        return tuple((table, column) for table, _, column in (place.partition(".") for place in self.named_in))

    @property
    def single(self) -> str:
        """The path of one object by its id; none where objects have no address of their own."""
        if self.detail or self.ids_in or self.named_in:
            return self.detail or self.path
        return f"/{self.name.replace('_', '-')}/{{id}}" if self.crawled and self.form is Form.LIST else ""

    @property
    def movable(self) -> bool:
        """Whether an edit may move a row to other days: it has an id of its own, and days that are no part of it."""
        return bool(self.dates and self.dates.columns) and ROW_KEY.name not in self.schema.names

    @property
    def divisible(self) -> bool:
        """Whether its windows can be asked for in parts."""
        return self.dates is not None and self.dates.divisible

    @property
    def by_day(self) -> bool:
        """Whether each day is a request."""
        return self.dates is not None and self.dates.by is By.DAY

    @property
    def crawled(self) -> bool:
        """Whether its objects are found by walking the tree of lists from the top."""
        return not self.dates and not self.named_in


def check(table: Sequence[Endpoint]) -> Mapping[str, Endpoint]:
    """The endpoints of *table* by name, parents first.

    Raises:
        ValueError: a duplicate name; a parent that is not listed before its child or does not list its ids; a column
            in `named_in` that is not defined before; a path with a field that nothing fills or without its parent; a
            name or key that the schema does not have.
    """
    known: dict[str, Endpoint] = {}
    for endpoint in table:
        for problem in _problems(endpoint, known):
            raise ValueError(f"catalogue row {endpoint.name!r}: {problem}")
        known[endpoint.name] = endpoint
    return known


def _problems(endpoint: Endpoint, known: Mapping[str, Endpoint]) -> Iterable[str]:
    if endpoint.name in known:
        yield "the name is taken"
    if endpoint.name != name_of(endpoint.schema):
        yield f"its schema is that of {name_of(endpoint.schema)!r}"
    named = {*key_of(endpoint.schema), *endpoint.parent_columns, *(endpoint.dates.columns if endpoint.dates else ())}
    if missing := (named | {endpoint.parent_column} - {""}) - set(endpoint.schema.names):
        yield f"its schema has no {sorted(missing)}"
    yield from _problems_of_descent(endpoint, known)


def _problems_of_descent(endpoint: Endpoint, known: Mapping[str, Endpoint]) -> Iterable[str]:
    bound = _bound(endpoint)
    for table, column in endpoint.places:
        if table not in known or column not in known[table].schema.names:
            yield f"it is met in '{table}.{column}', which is not listed before it"
    if endpoint.parent and endpoint.parent not in known:
        yield f"its parent {endpoint.parent!r} is not listed before it"
    elif endpoint.ids_in and not (endpoint.parent and endpoint.ids_in in known[endpoint.parent].mirrors):
        yield f"its parent hands on no {endpoint.ids_in!r}"
    if unbound := (_fields(endpoint.path) - bound) | (_fields(endpoint.detail) - {"id"}):
        yield f"nothing fills {sorted(unbound)} in its path"
    if bound - _fields(endpoint.path):
        yield "its path does not say whose list it is"


def _fields(path: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(path) if name is not None}


def _bound(endpoint: Endpoint) -> set[str]:
    return (
        {"id"}
        if endpoint.ids_in or endpoint.named_in
        else {"parent_id"}
        if endpoint.parent and not endpoint.parent_param
        else set()
    )


def with_parents(names: Iterable[str], table: Mapping[str, Endpoint]) -> tuple[Endpoint, ...]:
    """The endpoints *names* and all that they depend on, in the order of *table*; `*` stands for all.

    Raises:
        KeyError: no endpoint has that name.
    """
    wanted: set[str] = set()
    waiting = [resource for name in names for resource in (table if name == "*" else [name])]
    while waiting:
        name = waiting.pop()
        if name not in wanted:
            wanted.add(name)
            waiting += dependencies_of(table[name])
    return tuple(endpoint for endpoint in table.values() if endpoint.name in wanted)


def dependencies_of(endpoint: Endpoint) -> set[str]:
    """The endpoints that list its parents or hold its ids."""
    return {table for table, _ in endpoint.places} | ({endpoint.parent} - {""})
