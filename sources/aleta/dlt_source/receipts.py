"""The proof that the dlt source leaves: a receipt for each window read, and for each list that was not. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import pyarrow as pa

from schemas.table import instant, name_of, own_count, own_day, own_text, table

from ..errors import SourceError
from ..reading.fetch import Receipt, Status
from ..reading.walk import Listed
from .spans import Spans

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


def receipts(package: Sequence[Receipt], spans: Spans) -> pa.Table:
    """Rows of `WINDOWS` for windows that were asked for; *spans* learns what they prove."""
    rows = []
    for receipt in package:
        block = spans.prove(receipt.parent_id, receipt.window, receipt.fetched_at) if receipt.answer else None
        proven = (block.window.first, block.since) if block else (None, None)
        said = (
            receipt.endpoint.name,
            receipt.parent_id,
            receipt.window.first,
            receipt.window.last,
            receipt.rows,
            receipt.status,
            receipt.reason,
        )
        rows.append((*said, receipt.fetched_at, *proven))
    return _table(rows)


def failures(unread: Sequence[tuple[Listed, SourceError]], now: datetime) -> pa.Table:
    """Rows of `WINDOWS` for lists that could not be read."""
    rows = [(listed.endpoint.name, listed.parent_id, f"{problem}") for listed, problem in unread]
    return _table([(*row[:2], None, None, 0, Status.FAILED, row[2], now, None, None) for row in rows])


def sentence(receipt: Receipt) -> str:
    """A receipt of what was not read, in words."""
    window = receipt.window
    return f"{receipt.endpoint.name} of {receipt.parent_id}, {window.first} to {window.last}: {receipt.reason}"


def _table(rows: Sequence[tuple[object, ...]]) -> pa.Table:
    columns = [pa.array(column, field.type) for column, field in zip(zip(*rows, strict=True), WINDOWS, strict=True)]
    return pa.Table.from_arrays(columns, schema=WINDOWS.remove_metadata())
