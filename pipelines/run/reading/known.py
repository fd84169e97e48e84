"""Ids that a run knows of: what the warehouse and this run's answers name."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Protocol

from sources.aleta.catalogue.endpoint import Endpoint
from sources.aleta.planning.windows import Window
from sources.aleta.reading.objects.members import Census

from ...ledger.marks import Mark

NOTHING: Mapping[str, Collection[str]] = MappingProxyType({})


@dataclass(slots=True)
class Known:
    """Ids that the warehouse and this run's answers name.

    Args:
        named: endpoint -> ids that rows name.
        shown: endpoint -> ids of the objects that the API showed last.
        members: endpoint -> ids that its lists showed last, each with its parent's.
        removed: endpoint -> the same of what was removed lately: the refusal that said so may have been of that minute.
        outside: endpoint -> of these, what hangs below clients that are not read.
        in_rows: endpoint -> ids of objects with lists that rows of this run name.
        last_days: endpoint whose 404 may mean that there are no rows of a day -> parent -> the last day with a row.
    """

    named: dict[str, set[str]] = field(default_factory=dict)
    shown: dict[str, set[str]] = field(default_factory=dict)
    members: dict[str, dict[str, str]] = field(default_factory=dict)
    removed: dict[str, dict[str, str]] = field(default_factory=dict)
    outside: dict[str, set[str]] = field(default_factory=dict)
    in_rows: dict[str, set[str]] = field(default_factory=dict)
    last_days: dict[str, dict[str, date]] = field(default_factory=dict)

    def census(self, clients: Collection[str], *, refused: Mapping[str, Collection[str]] = NOTHING) -> Census:
        """What a crawl holds its lists against; see there."""
        return Census(stored=self.members, removed=self.removed, refused=refused, clients=clients, outside=self.outside)

    def had_rows(self, endpoint: Endpoint, spans: Mapping[str, Window]) -> set[str]:
        """Parents with rows in *spans*, or behind them."""
        last = self.last_days.get(endpoint.name, {})
        return {parent for parent, span in spans.items() if parent in last and last[parent] >= span.first}

    def without_rows(self, endpoint: Endpoint, marks: Mapping[str, Mark]) -> set[str]:
        """Of the parents of *marks* those that the crawl has shown, or that never had a row: a 404 says, none (F2)."""
        if endpoint.parent not in self.shown:
            return {*marks}
        return {parent for parent, mark in marks.items() if mark.bare or mark.verified_at is None}

    def none_before(self, endpoint: Endpoint, marks: Mapping[str, Mark]) -> set[str]:
        """Of the parents of *marks* those that were read without a row and were there since: a 404 says so again.

        Not of what is asked for day by day: each night asks for another day.
        """
        if endpoint.by_day:
            return set()
        return {parent for parent, mark in marks.items() if mark.bare and mark.verified_at and not mark.due}

    def learn(self, endpoint: Endpoint, batches: Sequence[Batch], endpoints: Sequence[Endpoint]) -> None:
        """Remember the ids that the rows of *endpoint* name of the other *endpoints*."""
        self.learn_members(endpoint, batches, endpoints)
        for other, column in references(endpoint, endpoints):
            named = self.named.setdefault(other.name, set())
            for batch in batches:
                named.update(own_id for own_id in batch[column].unique().to_pylist() if own_id is not None)

    def learn_members(self, endpoint: Endpoint, batches: Sequence[Batch], endpoints: Sequence[Endpoint]) -> None:
        """Remember the ids that the rows of *endpoint* name of those *endpoints* that have lists."""
        for other in endpoints:
            for column in endpoint.columns_naming(other):
                named = self.in_rows.setdefault(other.name, set())
                for batch in batches:
                    named.update(own_id for own_id in batch[column].unique().to_pylist() if own_id is not None)


class Column(Protocol):
    """A column of Arrow."""

    def unique(self) -> Column: ...

    def to_pylist(self) -> list[str | None]: ...


class Batch(Protocol):
    """Rows of Arrow."""

    def __getitem__(self, name: str, /) -> Column: ...


def references(endpoint: Endpoint, endpoints: Sequence[Endpoint]) -> Sequence[tuple[Endpoint, str]]:
    """The endpoints whose objects the rows of *endpoint* name, each with the column that does."""
    return [(other, column) for other in endpoints for table, column in other.places if table == endpoint.name]
