"""What one request brought: a body into the columns of its tables. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from schemas.table import key_of, name_of

from .decode import decode
from .endpoint import Endpoint, Link
from .envelope import Page, read_list, read_many, read_one
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
    """

    batch: pa.RecordBatch
    links: Mapping[str, pa.RecordBatch]
    related: Related
    drift: Counter[str]
    fetched_at: datetime

    @property
    def ids(self) -> list[str]:
        return list(self.batch["id"].to_pylist())


Parse: TypeAlias = Callable[[bytes], Answer]


def parser(endpoint: Endpoint, *, parent_id: str, single: bool, now: Callable[[], datetime]) -> Parse:
    """How to read a body of *endpoint*, asked for *parent_id*; *single* for one resource instead of a list.

    The function returned raises MalformedError for a body that is no answer (rule F1).
    """

    def parse(body: bytes) -> Answer:
        page = read_one(body) if single else read_list(body)
        decoded = decode(page, schema=endpoint.schema, elsewhere=endpoint.elsewhere)
        return Answer(
            batch=_owned(decoded.batch, endpoint, parent_id),
            links={name_of(link.schema): _pairs(page, link) for link in endpoint.links},
            related={relation: _related(page, relation) for relation in endpoint.mirrors},
            drift=decoded.drift,
            fetched_at=now(),
        )

    return parse


def _owned(batch: pa.RecordBatch, endpoint: Endpoint, parent_id: str) -> pa.RecordBatch:
    """Where a row names no parent at all, it is the one it was asked for."""
    if not (endpoint.parent_column and parent_id):
        return batch
    named = pc.coalesce(*(batch[name] for name in (endpoint.parent_columns or (endpoint.parent_column,))))
    place = batch.schema.get_field_index(endpoint.parent_column)
    column = pc.if_else(pc.is_null(named), pa.scalar(parent_id), batch.column(place))
    return batch.set_column(place, batch.schema.field(place), column)


def _pairs(page: Page, link: Link) -> pa.RecordBatch:
    pairs = [(one.id, other) for one in page for other in dict.fromkeys(read_many(one, link.relation) or ())]
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
