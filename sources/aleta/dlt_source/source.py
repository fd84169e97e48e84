"""Aleta for anyone's own dlt pipeline: `aleta_source`, one resource for each row of the catalogue.

Usage and guarantees: docs/dlt-source.md.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Generator, Iterable, Iterator, Sequence
from random import Random
from typing import Any

import dlt
from dlt.extract import DltResource

from schemas.table import answered, name_of

from ..auth.signer import LocalSigner
from ..catalogue.catalogue import CATALOGUE
from ..catalogue.endpoint import DateParams, Endpoint, dependencies_of
from ..clock import SystemClock
from ..errors import IncompleteError
from ..jsonapi.answer import Answer
from ..reading.connection import Access, Connection, connect
from ..reading.objects.walk import Listed, ids_of
from ..reading.rows.fetch import Receipt, Status
from .arguments import check_choice, check_numbers, day, tables
from .destination import describe, fitted
from .doubts import Undivided
from .due_windows import due_windows
from .named_ids import keep, kept
from .options import OnFailure, Options
from .receipts import WINDOWS_NAME, failures, in_packages, note_last_days, receipts, settle, unread_windows
from .session import Session, Sessions, shortfall_of, unread
from .shortfalls import Contents, Shortfall
from .spans import Spans
from .tables import api_columns, in_batches, with_fetch_time

log = logging.getLogger(__name__)

SHOWN = 5  # in a message; all failures are logged


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
    """Everything that Aleta lists, complete: a response that the server may have truncated is read again in parts.

    Objects are listed in full in every run. Rows with dates are read by date: a parent's whole history at first, later
    from `look_back_days` before the last day proven complete; series of instruments are read in full. Rows are merged
    by key, each with `fetched_at`. Instruments and their classes have no list: those are read whose ids are in rows of
    the selected resources, of this run or an earlier one.

    Removed rows: a source cannot see the destination, so it deletes nothing. It provides the proof: a row whose dates
    lie in a later complete span of `sync_windows`, and that was not seen since, is gone. docs/dlt-source.md has the
    query; `aleta-sync` applies the same rule and removes such rows.

    Args:
        kid, iss, sub: the names that Aleta gave you; read, like all arguments, from dlt's configuration, section
            `[sources.aleta]`.
        private_key: P-256, PEM or JWK.
        resources: names of tables; their parents are always read.
        history_start: the first day that may have a row, as YYYY-MM-DD.
        look_back_days: days that every run reads again; changes further back are not seen.
        snapshot_days: days that every run reads of tables that are requested day by day.
        row_cap: rows of a truncated response, if known; 0: it is found out.
        max_window_days: the widest span to request; 0 for no limit.
        requests_per_minute: for this source; 0 for no limit.
        on_failure: what to do if a parent or a day cannot be read. `raise`: raise an IncompleteError after everything
            else was read; dlt then loads nothing of the run. `skip`: load the rest; `sync_windows` lists what is
            missing.

    Raises:
        ValueError: an argument makes no sense, or *resources* names a table that there is not.
        NoMergeError: during extraction and before the first request, where rows could only be appended.
        KeyUnusableError, AuthError: during extraction.
        IncompleteError: see *on_failure*.
    """
    check_numbers(look_back_days=look_back_days, look_ahead_days=look_ahead_days, snapshot_days=snapshot_days)
    check_numbers(row_cap=row_cap, max_window_days=max_window_days, workers=workers)
    check_numbers(requests_per_minute=requests_per_minute, burst=burst)
    check_choice(on_failure)
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
    clock, bucket = SystemClock(), access.bucket()  # one budget, however often the source is run

    def open_connection() -> Connection:
        return connect(access, LocalSigner.parse(private_key, key_id=kid), clock, bucket=bucket)

    options = Options(
        sessions=Sessions(open_connection, workers=workers),
        clock=clock,
        history_start=day("history_start", history_start),
        look_back_days=look_back_days,
        look_ahead_days=look_ahead_days,
        snapshot_days=snapshot_days,
        row_cap=row_cap,
        max_window_days=max_window_days,
        workers=workers,
        on_failure=on_failure,
    )
    return [_resource(CATALOGUE[name], options) for name in tables(resources, CATALOGUE)]


def _resource(endpoint: Endpoint, options: Options) -> DltResource:
    def rows() -> Iterator[Any]:
        with options.session.reading(endpoint):
            yield from _wait_for_dependencies(endpoint, options)
            yield from (_dated if endpoint.dates else _read_by_id if endpoint.named_in else _objects)(endpoint, options)
            options.session.keep_dialects()

    resource = dlt.resource(lambda: fitted(endpoint, rows()), name=endpoint.name)
    describe(resource, endpoint)
    return resource


def _wait_for_dependencies(endpoint: Endpoint, options: Options) -> Iterator[None]:
    """Yield None, so that dlt goes on with other resources, until all that may hold ids of *endpoint* are read.

    Raises:
        IncompleteError: none of them is selected.
    """
    if not (endpoint.named_in or CATALOGUE[endpoint.parent or endpoint.name].named_in):
        return
    names = dependencies_of(endpoint)
    awaited = names & dlt.current.source().selected_resources.keys()
    if not awaited:
        raise IncompleteError(f"{endpoint.name}: nothing names what to read. Select {' or '.join(sorted(names))} too")
    yield None  # by now, each of them has begun
    yield from _until_read(awaited, options.session)


def _until_read(names: Collection[str], session: Session) -> Iterator[None]:
    """Let the other resources have their turns until the rows of these are yielded."""
    while not session.read(names):
        yield None


def _objects(endpoint: Endpoint, options: Options) -> Iterator[Any]:
    """All objects that the API lists; one that is missing is gone, or could not be read."""
    selected = dlt.current.source().selected_resources.keys()
    listings = options.session.listed(selected)
    yield from _answers(
        [answer for listed in listings if listed.endpoint is endpoint for answer in listed.answers], endpoint
    )
    missing = [*unread(listings, endpoint, selected), *options.session.truncated()]
    yield from _report_unread(endpoint, missing, options)


def _read_by_id(endpoint: Endpoint, options: Options) -> Iterator[Any]:
    """All objects whose ids are in rows of this run or an earlier one, read by id."""
    state, states = dlt.current.resource_state(), dlt.current.source_state()["resources"].values()
    problems, gone = list[Shortfall](), list[str]()
    for listed in options.session.read_named(endpoint, kept(states, state, endpoint)):
        yield from _answers(listed.answers, endpoint)
        keep(state, [options.session.remember_ids(endpoint, answer.batch) for answer in listed.answers])
        problems += [shortfall_of(listed, f"{problem}") for problem in listed.problems]
        gone += listed.gone
    if gone:
        log.warning(
            "%s: rows name %s that the API does not show: %s", endpoint.name, len(gone), ", ".join(gone[:SHOWN])
        )
    yield from _report_unread(endpoint, [*problems, *options.session.unlisted()], options)


def _answers(answers: Sequence[Answer], endpoint: Endpoint) -> Iterator[Any]:
    """The objects, then their links and trees."""
    schema = answered(endpoint.schema)
    yield from in_batches([with_fetch_time(answer.batch, schema, answer.fetched_at) for answer in answers])
    for part in endpoint.parts:
        name, columns = name_of(part), api_columns(part)
        given = [(answer.links[name], answer.fetched_at) for answer in answers if name in answer.links]
        for table in in_batches([with_fetch_time(batch, columns, at) for batch, at in given]):
            yield dlt.mark.with_table_name(table, name)


def _dated(endpoint: Endpoint, options: Options) -> Iterator[Any]:
    """Rows by date, window by window; the state is updated after they are yielded."""
    selected = dlt.current.source().selected_resources.keys()
    spans = Spans(dlt.current.resource_state(), options.horizon(), endpoint.dates or DateParams())
    prover = spans.prover(
        row_cap=options.row_cap,
        max_window_days=options.max_window_days,
        caps=options.session.caps,
        rng=Random(),  # noqa: S311 - no secret
    )
    contents, conflicts = Contents(endpoint=endpoint), list[Shortfall]()
    failed, partly, undivided = list[str](), False, Undivided()
    with options.session.reader() as reader:
        listings = options.session.listed(selected)
        readings = spans.readings(_parents(endpoint, listings, options))
        for package in in_packages(
            due_windows(endpoint, readings, spans, reader, prover, clock=options.clock, workers=options.workers)
        ):
            yield from _rows(package, spans, options)
            told = undivided.take(package)
            yield from _told(told, spans)
            failed += unread_windows(told)
            partly |= any(receipt.status is Status.FAILED for receipt in package)
            conflicts += [each for receipt in package if receipt.answer for each in contents.take(receipt.answer)]
        unlisted = options.session.unlisted()
    options.session.note_cap(prover.planner.cap.value)
    failed += yield from _settled(endpoint, undivided, spans, options)
    lost = unread(listings, endpoint, selected)
    spans.learn(prover, max_window_days=options.max_window_days, partly=partly or bool(lost))
    missing = [*lost, *unlisted, *options.session.truncated(), *conflicts]
    yield from _report_unread(endpoint, missing, options, failed)


def _parents(endpoint: Endpoint, listings: Sequence[Listed], options: Options) -> Iterable[str]:
    parent = CATALOGUE[endpoint.parent]
    return options.session.named(parent) if parent.named_in else ids_of(listings, endpoint.parent)


def _rows(package: Sequence[Receipt], spans: Spans, options: Options) -> Iterator[Any]:
    """Rows, then the state of what they show: an extraction that stops early records nothing that it did not yield."""
    endpoint = package[0].endpoint
    answers = [receipt.answer for receipt in package if receipt.answer]
    schema = answered(endpoint.schema)
    yield from in_batches([with_fetch_time(answer.batch, schema, answer.fetched_at) for answer in answers])
    keep(spans.state, [options.session.remember_ids(endpoint, answer.batch) for answer in answers])
    note_last_days(package, spans)


def _told(package: Sequence[Receipt], spans: Spans) -> Iterator[Any]:
    """Receipts, then the marks."""
    if package:
        yield dlt.mark.with_table_name(receipts(package, spans), WINDOWS_NAME)
        settle(package, spans)


def _settled(
    endpoint: Endpoint, undivided: Undivided, spans: Spans, options: Options
) -> Generator[Any, None, list[str]]:
    """Receipts of what nothing divides, once all resources may have shown a cap (W4); returns what is not whole.

    One that was given before, and taken back by a later one, would have told meanwhile what is gone (D3).
    """
    session = options.session
    session.doubts.note(undivided)
    session.note_read(endpoint)
    if not undivided.waiting:
        return []
    dated = {name for name in dlt.current.source().selected_resources if name in CATALOGUE and CATALOGUE[name].dates}
    yield from _until_read(dated, session)
    settled = session.doubts.settle(undivided, session.caps, row_cap=options.row_cap, now=options.clock.now())
    yield from _told(settled, spans)
    return unread_windows(settled)


def _report_unread(
    endpoint: Endpoint, missing: Sequence[Shortfall], options: Options, failed: Sequence[str] = ()
) -> Iterator[Any]:
    """Report failed reads and what else is missing, as receipts and in the log.

    Raises:
        IncompleteError: there are any, and `on_failure` is `raise`.
    """
    if not (endpoint.required or options.session.offers(endpoint)):
        log.warning("%s: the API answers 404 to whatever is asked of it: it does not offer it", endpoint.name)
        missing, failed = [shortfall for shortfall in missing if shortfall.resource != endpoint.name], ()
    if missing:
        yield dlt.mark.with_table_name(failures(missing, options.clock.now()), WINDOWS_NAME)
        failed = [*failed, *(f"{shortfall}" for shortfall in missing)]
    for failure in failed:
        log.warning("not whole: %s", failure)
    if failed and options.on_failure != "skip":
        first = "; ".join(failed[:SHOWN])
        raise IncompleteError(
            f"{len(failed)} reads failed or are not whole, so nothing of this run is loaded: {first}. "
            'on_failure = "skip" loads the rest and names these in sync_windows'
        )
