"""`sync_windows` of the dlt source: a receipt for each window read, and for whatever falls short. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

import pyarrow as pa

from schemas.table import instant, name_of, own_count, own_day, own_text, table

from ..jsonapi.answer import days
from ..reading.rows.fetch import Receipt, Status
from .shortfalls import Shortfall
from .spans import Spans
from .tables import BATCH_ROWS

WINDOWS = table(
    "sync_windows",
    "Receipts, append only: one per window read, one per list that could not be read or may be truncated, and one per "
    "id with two contents",
    [
        own_text("resource", "The table it fills"),
        own_text("parent_id", "Id of the parent whose rows were requested"),
        own_day("from_date", "First day requested; null for a list without dates"),
        own_day("to_date", "Last day requested"),
        own_count("rows", "Rows in the answer"),
        own_text(
            "status",
            "complete: loaded. split: dropped, its parts were read. quarantined, failed: not read, or not whole",
        ),
        own_text("reason", "Why it was not loaded"),
        instant("fetched_at", "When the answer came"),
        own_day(
            "span_from_date", "First day since when this run has proven every day to to_date; null if not complete"
        ),
        instant(
            "span_fetched_at",
            "When the run began to read this table: rows of the span last seen before are gone",
        ),
    ],
    key=(),
)
MOST_RECEIPTS = 1_000  # of one package: accounts without rows never fill it
WINDOWS_NAME = name_of(WINDOWS)
UNREAD = {Status.FAILED, Status.QUARANTINED}


def receipts(batch: Sequence[Receipt], spans: Spans) -> pa.Table:
    """Rows of `WINDOWS` for windows that were requested; adds the proven ones to *spans*."""
    rows = []
    for receipt in batch:
        span = spans.prove(receipt.parent_id, receipt.window) if receipt.status is Status.COMPLETE else None
        proven = (span.first, spans.horizon.now) if span else (None, None)
        facts = (
            receipt.endpoint.name,
            receipt.parent_id,
            receipt.window.first,
            receipt.window.last,
            receipt.rows,
            receipt.status,
            receipt.reason,
        )
        rows.append((*facts, receipt.fetched_at, *proven))
    return _table(rows)


def note_last_days(package: Sequence[Receipt], spans: Spans) -> None:
    """Store in the state where rows of *package* end, if a 404 may mean that there are none."""
    for receipt in package:
        endpoint, window = receipt.endpoint, receipt.window
        if receipt.answer and endpoint.none_is_404 and endpoint.dates:
            shown = days(receipt.answer.batch, endpoint.dates.columns, window)
            spans.note_last_day(receipt.parent_id, window, max(shown, default=window.first) if receipt.rows else None)


def settle(package: Sequence[Receipt], spans: Spans) -> None:
    """Store in the state what *package* proves, once it was yielded."""
    for receipt in package:
        if receipt.status is Status.COMPLETE:
            spans.keep(receipt.parent_id, receipt.window)
        elif receipt.status in UNREAD:
            spans.lose(receipt.parent_id, receipt.window, alone=receipt.status is Status.QUARANTINED)


def in_packages(receipts: Iterable[Receipt]) -> Iterator[Sequence[Receipt]]:
    """*receipts* in their order, in packages of `BATCH_ROWS` rows or `MOST_RECEIPTS`; the last one may have fewer."""
    package: list[Receipt] = []
    rows = 0
    for receipt in receipts:
        package.append(receipt)
        rows += receipt.rows if receipt.answer else 0
        if rows >= BATCH_ROWS or len(package) >= MOST_RECEIPTS:
            yield package
            package, rows = [], 0
    if package:
        yield package


def failures(unread: Sequence[Shortfall], now: datetime) -> pa.Table:
    """Rows of `WINDOWS` for what could not be read, or cannot be shown to be whole."""
    return _table(
        [(each.resource, each.parent_id, None, None, 0, Status.FAILED, each.reason, now, None, None) for each in unread]
    )


def unread_windows(package: Sequence[Receipt]) -> list[str]:
    """The receipts of windows that were not read, as text for a log."""
    return [_sentence(receipt) for receipt in package if receipt.status in UNREAD]


def _sentence(receipt: Receipt) -> str:
    window = receipt.window
    return f"{receipt.endpoint.name} of {receipt.parent_id}, {window.first} to {window.last}: {receipt.reason}"


def _table(rows: Sequence[tuple[object, ...]]) -> pa.Table:
    columns = [pa.array(column, field.type) for column, field in zip(zip(*rows, strict=True), WINDOWS, strict=True)]
    return pa.Table.from_arrays(columns, schema=WINDOWS.remove_metadata())
