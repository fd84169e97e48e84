"""How a computed resource is defined: rows of an owner, by day. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from ...world.jsontext import Document
from ..tenant import TenantState

Key: TypeAlias = tuple[str | None, ...]


class Dates(StrEnum):
    """The date parameters of a request."""

    SPAN = "fromDate and toDate, both required"
    OPTIONAL = "fromDate and toDate, either of them"
    DAY = "date, required"
    NONE = "none: always the whole"


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Rows of *owner* from *first* to *last*, both included, at the levels of *expand*."""

    owner: str
    first: int
    last: int
    expand: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One row: its natural key, its day, its JSON:API object; *id* empty: a new one in every response."""

    key: Key
    day: int
    type: str
    attributes: Document
    relations: Document = field(default_factory=dict)
    id: str = ""


Rows: TypeAlias = Callable[[TenantState, Selection], Iterable[Item]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One row of the table of computed resources.

    Args:
        name: of its table, and of the attribute of `Truth`.
        path: `{id}` is the owner's.
        owner: the collection of the owner.
        contested: whether pages disagree about its prefix.
        expands: whether it takes `expand`.
        single: whether the answer is one object.
        limited: whether the row cap and the largest window hold for it.
    """

    name: str
    path: str
    owner: str
    dates: Dates
    rows: Rows
    contested: bool = False
    expands: bool = False
    single: bool = False

    @property
    def limited(self) -> bool:
        return self.dates in {Dates.SPAN, Dates.OPTIONAL}
