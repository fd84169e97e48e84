"""Ids that a run knows of: what the warehouse and this run's answers name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from sources.aleta.catalogue.endpoint import Endpoint


@dataclass(slots=True)
class Known:
    """Ids that the warehouse and this run's answers name.

    Args:
        named: endpoint -> ids that rows name.
        shown: endpoint -> ids of the objects that the API showed last.
        members: endpoint -> ids that its lists showed last, each with its parent's.
        outside: endpoint -> of these, what hangs below clients that are not read.
    """

    named: dict[str, set[str]] = field(default_factory=dict)
    shown: dict[str, set[str]] = field(default_factory=dict)
    members: dict[str, dict[str, str]] = field(default_factory=dict)
    outside: dict[str, set[str]] = field(default_factory=dict)


class Column(Protocol):
    """A column of Arrow."""

    def unique(self) -> Column: ...

    def to_pylist(self) -> list[str | None]: ...


class Batch(Protocol):
    """Rows of Arrow."""

    def __getitem__(self, name: str, /) -> Column: ...


def references(endpoint: Endpoint, endpoints: Sequence[Endpoint]) -> Sequence[tuple[Endpoint, str]]:
    """The endpoints whose objects the rows of *endpoint* name, each with the column that does."""
    places = [(other, place.partition(".")) for other in endpoints for place in other.named_in]
    return [(other, column) for other, (table, _, column) in places if table == endpoint.name]
