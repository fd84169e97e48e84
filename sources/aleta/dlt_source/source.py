"""Aleta for anyone's own dlt pipeline: `aleta_source`, one resource for each row of the catalogue.

The only file of the source that imports dlt. How to use it, and what it promises: docs/dlt-source.md.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, TypeAlias, cast

import dlt
import pyarrow as pa
from dlt.common.schema.typing import TColumnSchema, TWriteDispositionConfig
from dlt.extract import DltResource

from schemas.table import answered, key_of, name_of

from ..auth.signer import LocalSigner
from ..catalogue.catalogue import CATALOGUE
from ..catalogue.endpoint import DateParams, Endpoint, rests_on
from ..clock import Clock, SystemClock
from ..errors import IncompleteError, SourceError
from ..jsonapi.answer import Answer
from ..reading.connection import Access, Connection, connect
from ..reading.fetch import Receipt, Status, fetch
from ..reading.walk import Listed, ids_of
from .receipts import WINDOWS, WINDOWS_NAME, failures, receipts, sentence
from .spans import Horizon, Spans
from .tables import LATEST, ROWS, ends, hints, pieces, with_fetch_time
from .visit import Visit, unread

log = logging.getLogger(__name__)

SHOWN = 5  # failures in an error's message; all are logged
MERGE: TWriteDispositionConfig = {"disposition": "merge", "strategy": "delete-insert"}
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
    snapshot_days: int
    workers: int
    on_failure: OnFailure

    def horizon(self) -> Horizon:
        return Horizon(
            now=self.clock.now(),
            history_start=self.history_start,
            look_back_days=self.look_back_days,
            look_ahead_days=self.look_ahead_days,
            snapshot_days=self.snapshot_days,
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
    snapshot_days: int = 7,
    row_cap: int = 0,
    max_window_days: int = 0,
    requests_per_minute: int = 1000,
    burst: int = 300,
    workers: int = 8,
    on_failure: OnFailure = "raise",
) -> Iterable[DltResource]:
    """Everything that Aleta lists, complete: answers that the server may have cut short are found and read in parts.

    Objects are listed whole in every run. Rows with days are read by date: all of a parent when it is new, later from
    `look_back_days` before the last day proven complete; series of instruments are read whole. Rows are merged by key,
    each with `fetched_at`. Instruments and their classes have no list: they are those that rows of the selected
    resources name, in this run or an earlier one.

    Removed rows: a source cannot see the destination, so it deletes nothing. It leaves the proof: a row whose days lie
    in a later complete span of `sync_windows`, and that was not seen since, is gone. docs/dlt-source.md has the query;
    `aleta-sync` does the same, and removes them.

    Args:
        kid, iss, sub: how Aleta knows you; like all arguments from dlt's configuration, section `[sources.aleta]`.
        private_key: P-256, PEM or JWK.
        resources: names of tables; parents are read all the same.
        history_start: the first day that may hold a row, as YYYY-MM-DD.
        look_back_days: read again in every run; changes further back are not seen.
        snapshot_days: of what is asked for day by day, so many are read in every run.
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
        snapshot_days=snapshot_days,
        row_cap=row_cap,
        max_window_days=max_window_days,
        workers=workers,
        on_failure=on_failure,
    )
    named = CATALOGUE if "*" in resources else {name: CATALOGUE[name] for name in resources}
    return [_resource(endpoint, options) for endpoint in named.values()]


def _resource(endpoint: Endpoint, options: _Options) -> DltResource:
    def rows() -> Iterator[Any]:
        with options.visit.reading(endpoint):
            yield from _patience(endpoint, options)
            yield from (_dated if endpoint.dates else _named if endpoint.named_in else _objects)(endpoint, options)

    resource = dlt.resource(rows, name=endpoint.name)
    _describe(resource, WINDOWS, table_name=WINDOWS_NAME)
    for part in endpoint.parts:
        _describe(resource, ends(part), table_name=name_of(part))
    _describe(resource, answered(endpoint.schema))
    return resource


def _describe(resource: DltResource, schema: pa.Schema, *, table_name: str | None = None) -> None:
    """The resource's own table last: dlt begins the hints of a further one with those that are there already."""
    merged = bool(key_of(schema))
    resource.apply_hints(
        table_name=table_name,
        write_disposition=MERGE if merged else "append",
        primary_key=list(key_of(schema)) or None,
        columns=cast("dict[str, TColumnSchema]", hints(schema) | (LATEST if merged else {})),
        create_table_variant=table_name is not None,
    )


def _patience(endpoint: Endpoint, options: _Options) -> Iterator[None]:
    """Let dlt go on with the others (it does, after a None) until all that may name an object of this one are read.

    Raises:
        IncompleteError: none of them is selected.
    """
    if not (endpoint.named_in or CATALOGUE[endpoint.parent or endpoint.name].named_in):
        return
    names = rests_on(endpoint)
    awaited = names & dlt.current.source().selected_resources.keys()
    if not awaited:
        raise IncompleteError(f"{endpoint.name}: nothing names what to read. Select {' or '.join(sorted(names))} too")
    yield None  # by now, each of them has begun
    while not options.visit.read(awaited):
        yield None


def _objects(endpoint: Endpoint, options: _Options) -> Iterator[Any]:
    """All there are; what is not handed on is not there any more, or could not be read."""
    selected = dlt.current.source().selected_resources.keys()
    listings = options.visit.listed(endpoint.name, selected)
    yield from _answers(
        [answer for listed in listings if listed.endpoint is endpoint for answer in listed.answers], endpoint
    )
    yield from _tell_unread(endpoint, unread(listings, endpoint, selected), options)


def _named(endpoint: Endpoint, options: _Options) -> Iterator[Any]:
    """All that rows named, in this run or an earlier one; read one by one."""
    state = dlt.current.resource_state()
    problems: list[tuple[Listed, SourceError]] = []
    for listed in options.visit.read_named(endpoint, state.get("met", [])):
        yield from _answers(listed.answers, endpoint)
        problems += [(listed, problem) for problem in listed.problems]
    state["met"] = options.visit.named(endpoint)
    yield from _tell_unread(endpoint, problems, options)


def _answers(answers: Sequence[Answer], endpoint: Endpoint) -> Iterator[Any]:
    """The objects, then what belongs to them."""
    schema = answered(endpoint.schema)
    yield from pieces([with_fetch_time(answer.batch, schema, answer.fetched_at) for answer in answers])
    for part in endpoint.parts:
        name, columns = name_of(part), ends(part)
        given = [(answer.links[name], answer.fetched_at) for answer in answers if name in answer.links]
        for piece in pieces([with_fetch_time(batch, columns, at) for batch, at in given]):
            yield dlt.mark.with_table_name(piece, name)


def _dated(endpoint: Endpoint, options: _Options) -> Iterator[Any]:
    """By date, window after window; the state follows what was handed on."""
    selected = dlt.current.source().selected_resources.keys()
    spans = Spans(dlt.current.resource_state(), options.horizon(), endpoint.dates or DateParams())
    planner = spans.planner(row_cap=options.row_cap, max_window_days=options.max_window_days)
    lost: list[str] = []
    with options.visit.reader() as reader:
        listings = options.visit.listed(endpoint.name, selected)
        readings = spans.readings(_parents(endpoint, listings, options))
        came = fetch(
            endpoint,
            readings,
            reader,
            planner=planner,
            clock=options.clock,
            workers=options.workers,
            stop=threading.Event(),
            bare=readings.keys(),
        )
        for package in _packages(came):
            yield from _handed_on(package, spans, options)
            lost += [sentence(receipt) for receipt in package if receipt.status in {Status.FAILED, Status.QUARANTINED}]
    spans.learn(planner)
    yield from _tell_unread(endpoint, unread(listings, endpoint, selected), options, lost)


def _parents(endpoint: Endpoint, listings: Sequence[Listed], options: _Options) -> Iterable[str]:
    above = CATALOGUE[endpoint.parent]
    return options.visit.named(above) if above.named_in else ids_of(listings, endpoint.parent)


def _packages(receipts: Iterable[Receipt]) -> Iterator[Sequence[Receipt]]:
    package: list[Receipt] = []
    for receipt in receipts:
        package.append(receipt)
        if sum(kept.rows for kept in package if kept.answer) >= ROWS:
            yield package
            package = []
    if package:
        yield package


def _handed_on(package: Sequence[Receipt], spans: Spans, options: _Options) -> Iterator[Any]:
    """Rows, receipts, and only then the state: an extraction that ends early knows of nothing that it did not take."""
    endpoint = package[0].endpoint
    answers = [receipt.answer for receipt in package if receipt.answer]
    schema = answered(endpoint.schema)
    yield from pieces([with_fetch_time(answer.batch, schema, answer.fetched_at) for answer in answers])
    yield dlt.mark.with_table_name(receipts(package, spans), WINDOWS_NAME)
    for receipt in package:
        if receipt.answer:
            options.visit.meet(endpoint, receipt.answer.batch)
            spans.keep(receipt.parent_id, receipt.window)


def _tell_unread(
    endpoint: Endpoint, unread: Sequence[tuple[Listed, SourceError]], options: _Options, lost: Sequence[str] = ()
) -> Iterator[Any]:
    """What could not be read, as receipts and in words.

    Raises:
        IncompleteError: it may not be passed over.
    """
    if not (endpoint.required or options.visit.offers(endpoint)):
        log.warning("%s: the API answers 404 to whatever is asked of it: it does not offer it", endpoint.name)
        return
    if unread:
        yield dlt.mark.with_table_name(failures(unread, options.clock.now()), WINDOWS_NAME)
        said = ((listed.endpoint.name, listed.parent_id, problem) for listed, problem in unread)
        lost = [*lost, *(f"{resource} of {parent or 'the tenant'}: {message}" for resource, parent, message in said)]
    for words in lost:
        log.warning("not read: %s", words)
    if lost and options.on_failure == "raise":
        first = "; ".join(lost[:SHOWN])
        raise IncompleteError(
            f"{len(lost)} reads failed, so nothing of this run is loaded: {first}. "
            'on_failure = "skip" loads the rest and names these in sync_windows'
        )
