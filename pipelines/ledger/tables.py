"""The rows of the ledger's tables, `sync_windows` among them: the readable copy of what a run did. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa

from schemas.ledger import SYNC_WINDOWS
from sources.aleta.planning.windows import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One receipt, as `sync_windows` shows it."""

    run_id: str
    resource: str
    parent_id: str
    window: Window
    rows: int
    status: str
    reason: str
    fetched_at: datetime
    track: str = ""
    pages: int = 1


def receipt_rows(entries: Iterable[Entry]) -> pa.Table:
    """`sync_windows` rows; where a window was read twice to the same end, the last entry."""
    rows: dict[tuple[object, ...], tuple[object, ...]] = {}
    for entry in entries:
        key = (entry.run_id, entry.resource, entry.parent_id, entry.window.first, entry.window.last, entry.status)
        told = (entry.rows, entry.status, entry.reason or None, entry.fetched_at, entry.track or None, entry.pages)
        rows[key] = (*key[:5], *told)
    return rows_of(SYNC_WINDOWS, list(rows.values()))


def rows_of(schema: pa.Schema, rows: Sequence[tuple[object, ...]]) -> pa.Table:
    """*rows*, each with a value for every column of *schema*, as Arrow."""
    columns = [pa.array([row[place] for row in rows], field.type) for place, field in enumerate(schema)]
    return pa.Table.from_arrays(columns, schema=schema.remove_metadata())
