"""Receipts as `fetch` yields them, without the API: many accounts, rows of every kind, the same again each time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from hashlib import blake2b

import pyarrow as pa
import pyarrow.compute as pc

from sandbox.http.wire import data
from sandbox.settings import SandboxSettings
from sandbox.world.world import build
from schemas.transactions import TRANSACTIONS
from sources.aleta.catalogue.catalogue import CATALOGUE
from sources.aleta.jsonapi.answer import Answer
from sources.aleta.jsonapi.decode import decode
from sources.aleta.jsonapi.envelope import read_list
from sources.aleta.planning.windows import Window
from sources.aleta.reading.rows.fetch import Receipt, Status

NOW = datetime(2026, 11, 24, 2, tzinfo=UTC)
BEGIN = date(2006, 1, 1)
END = NOW.date() + timedelta(days=31)
KINDS = 4000  # rows that are taken in turn


@dataclass(frozen=True, kw_only=True)
class Accounts:
    """Accounts by number, each with *rows* transactions, the oldest first, evenly from `BEGIN` to today."""

    rows: int

    @cached_property
    def _samples(self) -> pa.RecordBatch:
        settings = SandboxSettings(accounts=4, rows=KINDS)
        bodies = [row.body for row in build(settings, tenant="acme", today=NOW.date()).rows]
        return decode(read_list(data(bodies)), schema=TRANSACTIONS).batch

    def receipts(self, number: int, *, window_rows: int) -> Iterator[Receipt]:
        """The account's whole history, in windows of so many rows."""
        for place in range(0, self.rows, window_rows):
            end = min(place + window_rows, self.rows)
            first = BEGIN if place == 0 else self._day(place)
            yield self._receipt(number, place, end, Window(first, END if end == self.rows else self._day(end) - DAY))

    def tail(self, number: int, *, days: int) -> Receipt:
        """What a night reads of it: the last *days*."""
        first = END - timedelta(days=days + 31)
        place = next(
            position for position in range(self.rows, -1, -1) if position == 0 or self._day(position - 1) < first
        )
        return self._receipt(number, place, self.rows, Window(first, END))

    def _day(self, place: int) -> date:
        return BEGIN + timedelta(days=(NOW.date() - BEGIN).days * place // self.rows)

    def _receipt(self, number: int, begin: int, end: int, window: Window) -> Receipt:
        batch = self._batch(number, begin, end)
        answer = Answer(batch=batch, links={}, related={}, drift=Counter(), fetched_at=NOW)
        return Receipt(
            endpoint=CATALOGUE["transactions"],
            parent_id=name_of_account(number),
            window=window,
            status=Status.COMPLETE,
            rows=batch.num_rows,
            fetched_at=NOW,
            answer=answer,
        )

    def _batch(self, number: int, begin: int, end: int) -> pa.RecordBatch:
        """Samples with an id, an account and days of their own."""
        count, samples = end - begin, self._samples
        batch = samples.take(
            pa.array([(number * 977 + position) % samples.num_rows for position in range(begin, end)], pa.int64())
        )
        days = [self._day(position) for position in range(begin, end)]
        account = pa.array([name_of_account(number)] * count)
        own = {
            "id": pa.array([_id(f"{number}/{position}") for position in range(begin, end)]),
            "account_id": pc.if_else(pc.is_valid(batch["account_id"]), account, pa.scalar(None, pa.string())),
            "inflow_account_id": pc.if_else(pc.is_valid(batch["inflow_account_id"]), account, None),
            "trade_date": pa.array(days, pa.date32()),
            "value_date": pa.array([min(day + 2 * DAY, END) for day in days], pa.date32()),
        }
        columns = [own.get(field.name, batch[field.name]) for field in batch.schema]
        return pa.RecordBatch.from_arrays(columns, schema=batch.schema)


DAY = timedelta(days=1)


def name_of_account(number: int) -> str:
    return _id(f"account {number}")


def _id(text: str) -> str:
    return blake2b(text.encode(), digest_size=16).hexdigest()
