"""Aleta for anyone's own dlt pipeline: `aleta_source`, one resource for each row of the catalogue.

The only file of the source that imports dlt. How to use it, and what it promises: docs/dlt-source.md.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, TypeAlias

import dlt
import pyarrow as pa
from dlt.common.schema.typing import TColumnSchema, TWriteDispositionConfig
from dlt.extract import DltResource

from schemas.table import described_by_api, fact, instant, key_of, name_of, own_count, own_day, own_text, table

from .auth.signer import LocalSigner
from .catalogue import CATALOGUE
from .clock import Clock, SystemClock
from .connection import Access, Connection, connect
from .endpoint import Endpoint
from .errors import IncompleteError, SourceError
from .fetch import Receipt, Status, fetch
from .spans import Horizon, Spans
from .visit import Visit, unread
from .walk import Listed, ids_of

log = logging.getLogger(__name__)

SHOWN = 5  # failures in an error's message; all are logged
ROWS = 5_000  # of small answers, handed on together
MERGE: TWriteDispositionConfig = {"disposition": "merge", "strategy": "delete-insert"}
FETCHED = instant("fetched_at", "When the answer came that last showed this row")
WINDOWS = table(
    "sync_windows",
    "Receipts: one per window read, append only, and one per list that could not be read",
    [
        own_text("resource", "The table it fills"),
        own_text("parent_id", "Whose rows"),
        own_day("from_date", "First day asked for; null for a list that has no days"),
        own_day("to_date", "Last day asked for"),
        own_count("rows", "Rows in the answer"),
        own_text("status", "complete: handed on. split: dropped, its parts were read. quarantined, failed: not read"),
        own_text("reason", "Why it was not kept"),
        instant("fetched_at", "When the answer came"),
        own_day("span_from_date", "First day that this run has proven without a gap up to here; null if not complete"),
        instant("span_fetched_at", "When the first answer of that span came: rows of the span seen before are gone"),
    ],
    key=(),
)
WINDOWS_NAME = name_of(WINDOWS)
OnFailure: TypeAlias = Literal["raise", "skip"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Options:
    """What all resources of one source share."""

    visit: Visit
    clock: Clock
    history_start: date
    look_back_days: int
    look_ahead_days: int
    row_cap: int
    max_window_days: int
    workers: int
    on_failure: OnFailure

    def horizon(self) -> Horizon:
        return Horizon(
            now=self.clock.now(),
            history_start=self.history_start,
            look_back_days=self.look_back_days,
            look_ahead_days=self.look_ahead_days,
        )


@dlt.source(name="aleta", section="aleta", max_table_nesting=0)
def aleta_source(
    kid: str = dlt.config.value,
    iss: str = dlt.config.value,
    sub: str = dlt.config.value,
    private_key: str = dlt.secrets.value,
    *,
    api_url: str = "https://platform.aleta.io",
    auth_url: str = "https://auth.aleta.io",
    audience: str = "https://auth.aleta.io",
    resources: Sequence[str] = ("*",),
    history_start: str = "1970-01-01",
    look_back_days: int = 30,
    look_ahead_days: int = 31,
    row_cap: int = 0,
    max_window_days: int = 0,
    requests_per_minute: int = 1000,
    burst: int = 300,
    workers: int = 8,
    on_failure: OnFailure = "raise",
) -> Iterable[DltResource]:
    """Everything that Aleta lists, complete: answers that the server may have cut short are found and read in parts.

    Objects are listed whole in every run. Transactions are read by date: all of an account when it is new, later from
    `look_back_days` before the last day proven complete. Rows are merged by key, each with `fetched_at`.

    Removed rows: a source cannot see the destination, so it deletes nothing. It leaves the proof: a row whose days lie
    in a later complete span of `sync_windows`, and that was not seen since, is gone. docs/dlt-source.md has the query;
    `aleta-sync` does the same, and removes them.

    Args:
        kid, iss, sub: how Aleta knows you; like all arguments from dlt's configuration, section `[sources.aleta]`.
        private_key: P-256, PEM or JWK.
        resources: names of tables; parents are read all the same.
        history_start: the first day that may hold a row, as YYYY-MM-DD.
        look_back_days: read again in every run; changes further back are not seen.
        row_cap: rows of a cut answer, where known; 0 finds out.
        max_window_days: the widest span to ask for; 0 for no limit.
        requests_per_minute: for this source; 0 for no limit.
        on_failure: what to do when a parent or a day cannot be read. `raise`: an IncompleteError when all else was
            read; dlt then loads nothing of the run. `skip`: load the rest; `sync_windows` names what is missing.

    Raises:
        KeyUnusableError, AuthError: when it is extracted.
        IncompleteError: see *on_failure*.
    """
    access = Access(
        api_url=api_url,
        auth_url=auth_url,
        audience=audience,
        iss=iss,
        sub=sub,
        requests_per_minute=requests_per_minute,
        burst=burst,
        workers=workers,
    )
    clock = SystemClock()

    def open_connection() -> Connection:
        return connect(access, LocalSigner.parse(private_key, key_id=kid), clock)

    options = _Options(
        visit=Visit(open_connection, workers=workers),
        clock=clock,
        history_start=date.fromisoformat(history_start),
        look_back_days=look_back_days,
        look_ahead_days=look_ahead_days,
        row_cap=row_cap,
        max_window_days=max_window_days,
        workers=workers,
        on_failure=on_failure,
    )
    named = CATALOGUE if "*" in resources else {name: CATALOGUE[name] for name in resources}
    return [_resource(endpoint, options) for endpoint in named.values()]


def _resource(endpoint: Endpoint, options: _Options) -> DltResource:
    def rows() -> Iterator[Any]:
        yield from (_dated if endpoint.dates else _objects)(endpoint, options)

    resource = dlt.resource(rows, name=endpoint.name)
    _describe(resource, WINDOWS, table_name=WINDOWS_NAME)
    for link in endpoint.links:
        _describe(resource, _ends(link.schema), table_name=name_of(link.schema))
    _describe(resource, described_by_api(endpoint.schema))
    return resource


def _describe(resource: DltResource, schema: pa.Schema, *, table_name: str | None = None) -> None:
    """The resource's own table last: dlt begins the hints of a further one with those that are there already."""
    merged = bool(key_of(schema))
    resource.apply_hints(
        table_name=table_name,
        write_disposition=MERGE if merged else "append",
        primary_key=list(key_of(schema)) or None,
        columns=_columns(schema) | (LATEST if merged else {}),
        create_table_variant=table_name is not None,
    )


def _objects(endpoint: Endpoint, options: _Options) -> Iterator[Any]:
    """All there are; what is not handed on is not there any more, or could not be read."""
    selected = dlt.current.source().selected_resources.keys()
    listings = options.visit.listed(endpoint.name, selected)
    answers = [answer for one in listings if one.endpoint is endpoint for answer in one.answers]
    schema = described_by_api(endpoint.schema)
    yield from _pieces([_stamped(one.batch, schema, one.fetched_at) for one in answers])
    for link in endpoint.links:
        name, ends = name_of(link.schema), _ends(link.schema)
        given = [(answer.links[name], answer.fetched_at) for answer in answers if name in answer.links]
        for piece in _pieces([_stamped(batch, ends, at) for batch, at in given]):
            yield dlt.mark.with_table_name(piece, name)
    yield from _tell_unread(unread(listings, endpoint, selected), options)


def _dated(endpoint: Endpoint, options: _Options) -> Iterator[Any]:
    """By date, window after window; the state follows what was handed on."""
    selected = dlt.current.source().selected_resources.keys()
    spans = Spans(dlt.current.resource_state(), options.horizon())
    planner = spans.planner(row_cap=options.row_cap, max_window_days=options.max_window_days)
    lost: list[str] = []
    with options.visit.reader() as reader:
        listings = options.visit.listed(endpoint.name, selected)
        receipts = fetch(
            endpoint,
            spans.readings(ids_of(listings, endpoint.parent)),
            reader,
            planner=planner,
            clock=options.clock,
            workers=options.workers,
            stop=threading.Event(),
        )
        for package in _packages(receipts):
            yield from _handed_on(package, spans)
            lost += [_sentence(one) for one in package if one.status in {Status.FAILED, Status.QUARANTINED}]
    spans.learn(planner)
    yield from _tell_unread(unread(listings, endpoint, selected), options, lost)


def _packages(receipts: Iterable[Receipt]) -> Iterator[Sequence[Receipt]]:
    package: list[Receipt] = []
    for one in receipts:
        package.append(one)
        if sum(each.rows for each in package if each.answer) >= ROWS:
            yield package
            package = []
    if package:
        yield package


def _handed_on(package: Sequence[Receipt], spans: Spans) -> Iterator[Any]:
    """Rows, receipts, and only then the state: an extraction that ends early knows of nothing that it did not take."""
    answers = [one.answer for one in package if one.answer]
    schema = described_by_api(package[0].endpoint.schema)
    yield from _pieces([_stamped(answer.batch, schema, answer.fetched_at) for answer in answers])
    yield dlt.mark.with_table_name(_receipts(package, spans), WINDOWS_NAME)
    for one in package:
        if one.answer:
            spans.keep(one.parent_id, one.window)


def _tell_unread(
    unread: Sequence[tuple[Listed, SourceError]], options: _Options, lost: Sequence[str] = ()
) -> Iterator[Any]:
    """What could not be read, as receipts and in words.

    Raises:
        IncompleteError: it may not be passed over.
    """
    if unread:
        rows = [(one.endpoint.name, one.parent_id, f"{problem}") for one, problem in unread]
        now = options.clock.now()
        failed = [(*row[:2], None, None, 0, Status.FAILED, row[2], now, None, None) for row in rows]
        yield dlt.mark.with_table_name(_table(failed), WINDOWS_NAME)
        lost = [*lost, *(f"{resource} of {parent or 'the tenant'}: {message}" for resource, parent, message in rows)]
    for sentence in lost:
        log.warning("not read: %s", sentence)
    if lost and options.on_failure == "raise":
        first = "; ".join(lost[:SHOWN])
        raise IncompleteError(
            f"{len(lost)} reads failed, so nothing of this run is loaded: {first}. "
            'on_failure = "skip" loads the rest and names these in sync_windows'
        )


def _sentence(one: Receipt) -> str:
    return f"{one.endpoint.name} of {one.parent_id}, {one.window.first} to {one.window.last}: {one.reason}"


def _receipts(package: Sequence[Receipt], spans: Spans) -> pa.Table:
    rows = []
    for one in package:
        block = spans.prove(one.parent_id, one.window, one.fetched_at) if one.answer else None
        proven = (block.window.first, block.since) if block else (None, None)
        said = (one.endpoint.name, one.parent_id, one.window.first, one.window.last, one.rows, one.status, one.reason)
        rows.append((*said, one.fetched_at, *proven))
    return _table(rows)


def _table(rows: Sequence[tuple[object, ...]]) -> pa.Table:
    columns = [pa.array(column, one.type) for column, one in zip(zip(*rows, strict=True), WINDOWS, strict=True)]
    return pa.Table.from_arrays(columns, schema=WINDOWS.remove_metadata())


def _stamped(batch: pa.RecordBatch, schema: pa.Schema, at: datetime) -> pa.Table:
    """With `fetched_at`, and keys that are never null, as dlt makes them."""
    key = key_of(schema)
    fields = [one.with_nullable(one.name not in key) for one in schema.remove_metadata()]
    data = pa.Table.from_batches([batch]).select(schema.names).cast(pa.schema(fields))
    return data.append_column(FETCHED.remove_metadata(), pa.array([at] * batch.num_rows, FETCHED.type))


def _pieces(tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """Small ones together; none without rows."""
    waiting: list[pa.Table] = []
    for one in tables:
        waiting.append(one)
        if sum(each.num_rows for each in waiting) >= ROWS:
            yield pa.concat_tables(waiting)
            waiting = []
    if any(one.num_rows for one in waiting):
        yield pa.concat_tables(waiting)


def _ends(link: pa.Schema) -> pa.Schema:
    """The part of a link table that the API fills."""
    return pa.schema([link.field(one) for one in key_of(link)], link.metadata)


def _columns(schema: pa.Schema) -> dict[str, TColumnSchema]:
    """What the schema knows and Arrow does not say: descriptions, and which text is JSON."""
    columns: dict[str, TColumnSchema] = {}
    for one in schema:
        columns[one.name] = {"name": one.name, "description": fact(one, "description")}
        if fact(one, "json"):
            columns[one.name]["data_type"] = "json"
    return columns


LATEST: dict[str, TColumnSchema] = {
    "fetched_at": {"name": "fetched_at", "description": fact(FETCHED, "description"), "dedup_sort": "desc"}
}
