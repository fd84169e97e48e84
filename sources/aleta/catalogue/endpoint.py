"""What an endpoint is, as data, and what makes a table of them sound. Pure."""

from __future__ import annotations

import string
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

import pyarrow as pa

from schemas.table import key_of, name_of

from ..planning.windows import Window


class Track(StrEnum):
    """The prefix a path lives under."""

    V2 = "v2"
    V3 = "v3"


class Form(StrEnum):
    """What an answer looks like."""

    LIST = "list"  # JSON:API, a list under `data`
    ONE = "one"  # JSON:API, one resource under `data`
    EITHER = "either"  # JSON:API, where the vendor does not say which of the two
    KEYS = "keys"  # a JWK set, no JSON:API


class By(StrEnum):
    """How the rows of a parent are asked for."""

    SPAN = "span"  # from a day to a day, both included
    DAY = "day"  # one day
    WHOLE = "whole"  # all there are: the request names no day


@dataclass(frozen=True, slots=True, kw_only=True)
class DateParams:
    """Rows that are compared and proven window by window, and how often they are read.

    Which of the *columns* the server compares is nowhere stated, so a row is known to lie inside a window only when
    all of them do.

    Args:
        columns: none for rows that are asked for whole.
        first, last: the query parameters of a span.
        day: the query parameter of a day.
        look_back_days: read again every night, instead of the tenant's setting.
        every_days: of what is asked for whole: how often each parent's turn comes.
        rests: a parent that had no rows is asked again only when its whole history is due.
    """

    columns: tuple[str, ...] = ()
    by: By = By.SPAN
    first: str = "fromDate"
    last: str = "toDate"
    day: str = "date"
    look_back_days: int | None = None
    every_days: int = 1
    rests: bool = False

    def query(self, window: Window) -> Mapping[str, str]:
        """What a request for *window* says of days."""
        match self.by:
            case By.SPAN:
                return {self.first: f"{window.first}", self.last: f"{window.last}"}
            case By.DAY:
                return {self.day: f"{window.first}"}
            case By.WHOLE:
                return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A to-many relationship kept in a link table."""

    relation: str
    schema: pa.Schema


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """An attribute that holds a tree of conditions, kept as one row a node. *attributes*: its spellings."""

    attributes: tuple[str, ...]
    schema: pa.Schema


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """One row of the catalogue: a resource, where it is listed, and whose it is.

    Args:
        name: the table it fills.
        path: under the track; `{parent_id}` or, for a resource read one by one, `{id}`.
        parent: the endpoint whose objects it is listed under.
        parent_param: the query parameter that names the parent, where the path does not.
        parent_column: the column that holds the parent's id; filled from the request where the answer leaves it out.
        parent_columns: every column that may name a parent: of an fx-spot, the inflow and the outflow account.
        ids_in: the parent's to-many relationship that lists the ids: there is no list, each is read by `{id}`.
        named_in: columns (`table.column`) of other endpoints that name the ids: there is no list at all.
        every_days: of what is met: how often each object is read again.
        detail: a path that says more of each listed object than the list does.
        form: what an answer looks like, where it is not that of a list.
        links: to-many relationships with a table of their own.
        trees: attributes with a table of their own.
        mirrors: to-many relationships that are the other side of a column or a link table elsewhere.
        feed: where the changes of its rows are told.
        guarded: many rows of one parent gone at once are not believed (rule D3).
        required: without it there is nothing to sync; any other endpoint may be one that this API does not offer.
        none_is_404: for a parent that has no rows the API may answer 404.
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
        """Relationships that this resource's own table does not hold."""
        return frozenset(self.mirrors) | {link.relation for link in self.links}

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
        """The columns that say whose a row is."""
        return self.parent_columns or (self.parent_column,)

    @property
    def crawled(self) -> bool:
        """Whether it is found by walking down from the top, list after list."""
        return not self.dates and not self.named_in


def check(table: Sequence[Endpoint]) -> Mapping[str, Endpoint]:
    """The table by name, parents first.

    Raises:
        ValueError: a name twice, a parent that is not listed before its child or does not hand on its ids, a column
            it is met in that is not there before, a path with a field that nothing fills or without its parent, a name
            or key that the schema does not have.
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
    for place in endpoint.named_in:
        table, _, column = place.partition(".")
        if table not in known or column not in known[table].schema.names:
            yield f"it is met in {place!r}, which is not listed before it"
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
    """The endpoints named, their parents and what they are met in, in the order of *table*; `*` names all.

    Raises:
        KeyError: a name that is no endpoint's.
    """
    wanted: set[str] = set()
    waiting = [resource for name in names for resource in (table if name == "*" else [name])]
    while waiting:
        name = waiting.pop()
        if name not in wanted:
            wanted.add(name)
            waiting += rests_on(table[name])
    return tuple(endpoint for endpoint in table.values() if endpoint.name in wanted)


def rests_on(endpoint: Endpoint) -> set[str]:
    """The endpoints that name its parents or its ids."""
    return {place.partition(".")[0] for place in endpoint.named_in} | ({endpoint.parent} - {""})
