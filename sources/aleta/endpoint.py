"""What an endpoint is, as data, and what makes a table of them sound. Pure."""

from __future__ import annotations

import string
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

import pyarrow as pa

from schemas.table import key_of, name_of


class Track(StrEnum):
    """The prefix a path lives under."""

    V2 = "v2"
    V3 = "v3"


@dataclass(frozen=True, slots=True, kw_only=True)
class DateParams:
    """A list that is asked for by date: the two query parameters, both included, and the columns they may mean.

    Which of the *columns* the server compares is nowhere stated, so a row is known to lie inside a window only when
    all of them do.
    """

    columns: tuple[str, ...]
    first: str = "fromDate"
    last: str = "toDate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A to-many relationship kept in a link table."""

    relation: str
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
        detail: a path that says more of each listed object than the list does.
        links: to-many relationships with a table of their own.
        mirrors: to-many relationships that are the other side of a column or a link table elsewhere.
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
    detail: str = ""
    params: Mapping[str, str] = field(default_factory=dict)
    dates: DateParams | None = None
    links: tuple[Link, ...] = ()
    mirrors: tuple[str, ...] = ()

    @cached_property
    def elsewhere(self) -> frozenset[str]:
        """Relationships that this resource's own table does not hold."""
        return frozenset(self.mirrors) | {link.relation for link in self.links}

    @property
    def schemas(self) -> tuple[pa.Schema, ...]:
        """Every table it fills."""
        return (self.schema, *(link.schema for link in self.links))


def check(table: Sequence[Endpoint]) -> Mapping[str, Endpoint]:
    """The table by name, parents first.

    Raises:
        ValueError: a name twice, a parent that is not listed before its child or does not hand on its ids, a path with
            a field that nothing fills or without its parent, a name or key that the schema does not have.
    """
    known: dict[str, Endpoint] = {}
    for one in table:
        for problem in _problems(one, known):
            raise ValueError(f"catalogue row {one.name!r}: {problem}")
        known[one.name] = one
    return known


def _problems(one: Endpoint, known: Mapping[str, Endpoint]) -> Iterable[str]:
    if one.name in known:
        yield "the name is taken"
    if one.name != name_of(one.schema):
        yield f"its schema is that of {name_of(one.schema)!r}"
    named = {*key_of(one.schema), *one.parent_columns, *(one.dates.columns if one.dates else ())}
    if missing := (named | {one.parent_column} - {""}) - set(one.schema.names):
        yield f"its schema has no {sorted(missing)}"
    yield from _problems_of_descent(one, known)


def _problems_of_descent(one: Endpoint, known: Mapping[str, Endpoint]) -> Iterable[str]:
    bound = _bound(one)
    if one.parent and one.parent not in known:
        yield f"its parent {one.parent!r} is not listed before it"
    elif one.ids_in and not (one.parent and one.ids_in in known[one.parent].mirrors):
        yield f"its parent hands on no {one.ids_in!r}"
    if unbound := (_fields(one.path) - bound) | (_fields(one.detail) - {"id"}):
        yield f"nothing fills {sorted(unbound)} in its path"
    if bound - _fields(one.path):
        yield "its path does not say whose list it is"


def _fields(path: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(path) if name is not None}


def _bound(one: Endpoint) -> set[str]:
    return {"id"} if one.ids_in else {"parent_id"} if one.parent and not one.parent_param else set()


def with_parents(names: Iterable[str], table: Mapping[str, Endpoint]) -> tuple[Endpoint, ...]:
    """The endpoints named, and their parents, parents first; `*` names all.

    Raises:
        KeyError: a name that is no endpoint's.
    """
    wanted: set[str] = set()
    waiting = [one for name in names for one in (table if name == "*" else [name])]
    while waiting:
        name = waiting.pop()
        wanted.add(name)
        if parent := table[name].parent:
            waiting.append(parent)
    return tuple(one for one in table.values() if one.name in wanted)
