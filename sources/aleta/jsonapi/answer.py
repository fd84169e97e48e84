"""What one request brought: a body into the columns of its tables. Pure."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Protocol, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from schemas.row_key import row_keys
from schemas.table import ROW_KEY, key_of, name_of

from ..catalogue.endpoint import Endpoint, Form, Link
from ..errors import MalformedError
from ..planning.evidence.rows import NO_DAY, Rows
from ..planning.windows import Window
from .conditions import unfold
from .decode import decode
from .envelope import Page, Resources, read_either, read_keys, read_list, read_many, read_one
from .paging import ALONE, Paging, paging_of
from .tokens import repaired

Related: TypeAlias = Mapping[str, Mapping[str, Sequence[str]]]  # relation -> id of the owner -> ids


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The rows of one answer.

    Args:
        batch: the answered part of the endpoint's schema, one row per resource, in server order.
        links: rows of each link table (the two ids) and of each tree, by its name.
        related: to-many relationships that this endpoint does not store, for those who walk on.
        drift: attributes and relationships that no schema names, counted.
        fetched_at: when the answer came.
        paging: what the answer says of others that belong to it.
        owners: for each link table, the objects whose links the answer gives, none included; of others it says nothing.
        size: bytes of the body, unpacked.
        track: the API version that it came from.
        pages: how many pages it came in.
        chained: it is whole because its last page said so, whatever cap on rows there may be.
    """

    batch: pa.RecordBatch
    links: Mapping[str, pa.RecordBatch]
    related: Related
    drift: Counter[str]
    fetched_at: datetime
    owners: Mapping[str, Sequence[str]] = field(default_factory=dict)
    paging: Paging = ALONE
    size: int = 0
    track: str = ""
    pages: int = 1
    chained: bool = False

    @property
    def ids(self) -> list[str]:
        """The objects' own; of rows that have none, none."""
        return list(self.batch[0].to_pylist()) if self.batch.schema.names[0] != ROW_KEY.name else []

    def only(self, ids: Collection[str]) -> Answer:
        """The part of the answer that is about the objects with these *ids*."""
        return replace(
            self,
            batch=_of(self.batch, ids),
            links={name: _of(rows, ids) for name, rows in self.links.items()},
            related={
                relation: {owner: others for owner, others in given.items() if owner in ids}
                for relation, given in self.related.items()
            },
            owners={name: [owner for owner in given if owner in ids] for name, given in self.owners.items()},
        )


def _of(rows: pa.RecordBatch, ids: Collection[str]) -> pa.RecordBatch:
    """The *rows* whose first column, the object's own id, is one of *ids*."""
    return rows.filter(pc.is_in(rows.column(0), value_set=pa.array(sorted(ids), pa.string())))


Parse: TypeAlias = Callable[[bytes], Answer]


class ReadPage(Protocol):
    """Turns a body into resources."""

    def __call__(self, body: bytes, *, identified: bool = True) -> Page: ...


def parser(
    endpoint: Endpoint,
    *,
    parent_id: str,
    now: Callable[[], datetime],
    own_id: str = "",
    day: date | None = None,
    read: ReadPage | None = None,
) -> Parse:
    """How to read a body of *endpoint*, asked for *parent_id*: one resource where it is asked for by *own_id*.

    The function returned raises MalformedError for a body that is no answer (rule F1), or that is not of *own_id*.

    Args:
        day: the one that was asked for, where the vendor does not say what is answered: a row without a day is of it.
        read: how to read a body that is no JSON:API document of v2 and v3.
    """
    read = read or (read_one if own_id else READ[endpoint.form])
    identified = ROW_KEY.name not in endpoint.schema.names

    def decoded(body: bytes) -> Answer:
        return _answer(read(body, identified=identified), endpoint, parent_id, now(), day)

    def parse(body: bytes) -> Answer:
        try:
            answer = _not_too_deep(body, decoded)
        except RecursionError:
            raise MalformedError("the answer is nested too deep to be one") from None
        if own_id and answer.ids != [own_id]:
            raise MalformedError("the answer is about another object than the one asked for")
        return replace(answer, size=len(body))

    return parse


def _not_too_deep(body: bytes, decoded: Parse) -> Answer:
    """The answer in *body*; values whose depth only a later step takes offence at are kept as text (rule F8)."""
    try:
        return decoded(body)
    except RecursionError:
        return decoded(repaired(body))


def joined(pages: Sequence[Answer]) -> Answer:
    """The answers of all *pages* of one list as one, which came when the last one did."""
    if len(pages) == 1:
        return pages[0]
    first = pages[0]
    return Answer(
        batch=_all([page.batch for page in pages]),
        links={name: _all([page.links[name] for page in pages]) for name in first.links},
        related={name: {k: v for page in pages for k, v in page.related[name].items()} for name in first.related},
        drift=sum((page.drift for page in pages), Counter[str]()),
        fetched_at=pages[-1].fetched_at,
        owners={name: [own for page in pages for own in page.owners[name]] for name in first.owners},
        pages=sum(page.pages for page in pages),
        track=first.track,
        chained=all(page.chained for page in pages),
    )


def _all(batches: Sequence[pa.RecordBatch]) -> pa.RecordBatch:
    return pa.Table.from_batches(batches).combine_chunks().to_batches()[0] if any(map(len, batches)) else batches[0]


READ: Mapping[Form, ReadPage] = {
    Form.LIST: read_list,
    Form.ONE: read_one,
    Form.EITHER: read_either,
    Form.KEYS: read_keys,
}


def nothing(endpoint: Endpoint, *, parent_id: str, at: datetime) -> Answer:
    """An answer without rows."""
    return _answer([], endpoint, parent_id, at)


def _answer(page: Page, endpoint: Endpoint, parent_id: str, fetched_at: datetime, day: date | None = None) -> Answer:
    decoded = decode(page, schema=endpoint.schema, elsewhere=endpoint.elsewhere)
    linked = {name_of(link.schema): (link, _related(page, link.relation)) for link in endpoint.links}
    parted = {name_of(tree.schema): unfold(page, tree.attributes, tree.schema) for tree in endpoint.trees}
    return Answer(
        batch=_keyed(_dated(_owned(decoded.batch, endpoint, parent_id), endpoint, day), endpoint),
        links={name: _pairs(link, given) for name, (link, given) in linked.items()} | parted,
        related={relation: _related(page, relation) for relation in endpoint.mirrors},
        drift=decoded.drift,
        fetched_at=fetched_at,
        paging=replace(paging_of(page.signs), cursor=page.cursor) if isinstance(page, Resources) else ALONE,
        owners={name: list(given) for name, (_, given) in linked.items()}
        | {name: [resource.id for resource in page] for name in parted},
    )


def _keyed(batch: pa.RecordBatch, endpoint: Endpoint) -> pa.RecordBatch:
    """With `row_key`, where a natural key of several columns tells rows apart."""
    if ROW_KEY.name not in endpoint.schema.names:
        return batch
    target = endpoint.answered
    keyed = batch.append_column(ROW_KEY, row_keys(batch, endpoint.schema))
    return keyed.select(target.names).cast(target)


def _dated(batch: pa.RecordBatch, endpoint: Endpoint, day: date | None) -> pa.RecordBatch:
    """With a day in each row that nothing but a natural key tells from the next.

    Raises:
        MalformedError: one has none (rule F1). No window could ever show that such a row is gone.
    """
    columns = endpoint.dates.columns if endpoint.dates and ROW_KEY.name in endpoint.schema.names else ()
    for name in columns:
        place = batch.schema.get_field_index(name)
        column = pc.coalesce(batch[name], pa.scalar(day, pa.date32()))
        if column.null_count:
            raise MalformedError("a row in the answer names no day")
        batch = batch.set_column(place, batch.schema.field(place), column)
    return batch


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
    given = {resource.id: read_many(resource, relation) for resource in page}
    return {owner: ids for owner, ids in given.items() if ids is not None}


def days(batch: pa.RecordBatch, columns: Sequence[str], window: Window) -> list[date]:
    """For each row that has one, its first date of *columns* that lies in *window*."""
    rows = zip(*(batch[name].to_pylist() for name in columns), strict=True)
    inside = (next((day for day in row if day is not None and day in window), None) for row in rows)
    return [day for day in inside if day is not None]


def evidence(answer: Answer, columns: Sequence[str]) -> Rows:
    """What the answer shows, as the trials compare it; *columns* are those of the rows' dates."""
    batch = answer.batch
    first, last = (_ordinals(batch, columns, pick) for pick in (pc.min_element_wise, pc.max_element_wise))
    ids = array("q", map(hash, batch[0].to_pylist()))
    return Rows(ids=ids, first=first, last=last, size=answer.size, whole=answer.chained)


EPOCH = date(1970, 1, 1).toordinal()


def _ordinals(batch: pa.RecordBatch, columns: Sequence[str], pick: Callable[..., pa.Array]) -> Sequence[int]:
    """Of each row one of its dates, as a number."""
    if not columns:
        return array("i", [NO_DAY] * batch.num_rows)
    days = pick(*(batch[name] for name in columns)).cast(pa.int32())
    return array("i", [NO_DAY if day is None else day + EPOCH for day in days.to_pylist()])
