"""What one request brought: a body into the columns of its tables. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from schemas.table import key_of, name_of

from .decode import decode
from .endpoint import Endpoint, Link
from .envelope import Page, read_list, read_many, read_one
from .errors import MalformedError
from .windows import Window

Related: TypeAlias = Mapping[str, Mapping[str, Sequence[str]]]  # relation -> id of the owner -> ids


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The rows of one answer.

    Args:
        batch: the API's part of the endpoint's schema, one row per resource, in server order.
        links: rows of each link table, by its name: the two ids.
        related: to-many relationships that this endpoint does not store, for those who walk on.
        drift: attributes and relationships that no schema names, counted.
        fetched_at: when the answer came.
        owners: for each link table, the objects whose links the answer gives, none included; of others it says nothing.
    """

    batch: pa.RecordBatch
    links: Mapping[str, pa.RecordBatch]
    related: Related
    drift: Counter[str]
    fetched_at: datetime
    owners: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def ids(self) -> list[str]:
        return list(self.batch["id"].to_pylist())


Parse: TypeAlias = Callable[[bytes], Answer]


def parser(endpoint: Endpoint, *, parent_id: str, single: bool, now: Callable[[], datetime], own_id: str = "") -> Parse:
    """How to read a body of *endpoint*, asked for *parent_id*; *single* for one resource instead of a list.

    The function returned raises MalformedError for a body that is no answer (rule F1), or that is not of *own_id*.
    """

    def parse(body: bytes) -> Answer:
        try:
            return _answer(read_one(body) if single else read_list(body), endpoint, parent_id, now())
        except RecursionError:
            raise MalformedError("the answer is nested too deep to be one") from None

    def parse_own(body: bytes) -> Answer:
        answer = parse(body)
        if answer.ids != [own_id]:
            raise MalformedError("the answer is about another object than the one asked for")
        return answer

    return parse_own if own_id else parse


def _answer(page: Page, endpoint: Endpoint, parent_id: str, fetched_at: datetime) -> Answer:
    decoded = decode(page, schema=endpoint.schema, elsewhere=endpoint.elsewhere)
    linked = {name_of(link.schema): (link, _related(page, link.relation)) for link in endpoint.links}
    return Answer(
        batch=_owned(decoded.batch, endpoint, parent_id),
        links={name: _pairs(link, given) for name, (link, given) in linked.items()},
        related={relation: _related(page, relation) for relation in endpoint.mirrors},
        drift=decoded.drift,
        fetched_at=fetched_at,
        owners={name: list(given) for name, (_, given) in linked.items()},
    )


def _owned(batch: pa.RecordBatch, endpoint: Endpoint, parent_id: str) -> pa.RecordBatch:
    """Where a row names no parent at all, it is the one it was asked for."""
    if not (endpoint.parent_column and parent_id):
        return batch
    named = pc.coalesce(*(batch[name] for name in (endpoint.parent_columns or (endpoint.parent_column,))))
    place = batch.schema.get_field_index(endpoint.parent_column)
    column = pc.if_else(pc.is_null(named), pa.scalar(parent_id), batch.column(place))
    return batch.set_column(place, batch.schema.field(place), column)


def _pairs(link: Link, given: Mapping[str, Sequence[str]]) -> pa.RecordBatch:
    pairs = [(owner, other) for owner, ids in given.items() for other in dict.fromkeys(ids)]
    ends = [pa.array([pair[side] for pair in pairs], pa.string()) for side in (0, 1)]
    return pa.RecordBatch.from_arrays(ends, names=list(key_of(link.schema)))


def _related(page: Page, relation: str) -> Mapping[str, Sequence[str]]:
    """Only of those that give it: an absent relationship says nothing."""
    given = {one.id: read_many(one, relation) for one in page}
    return {owner: ids for owner, ids in given.items() if ids is not None}


def days(batch: pa.RecordBatch, columns: Sequence[str], window: Window) -> list[date]:
    """For each row that has one, its first date of *columns* that lies in *window*."""
    rows = zip(*(batch[name].to_pylist() for name in columns), strict=True)
    inside = (next((day for day in row if day is not None and day in window), None) for row in rows)
    return [day for day in inside if day is not None]
