"""Answers that cannot be asked for in parts, held against caps that show themselves only later (rules W4, L3).

No cap can be tried on a series or on one day. Either another endpoint proves a cap, and they have just as many rows; or
many of them, with other contents, have the one greatest number of rows, and chance does not explain that. Pure.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

import pyarrow as pa

from ..catalogue.endpoint import Endpoint
from ..planning.questions import Fate
from .objects.lengths import repeated
from .rows.receipts import REASONS, Receipt, Status

SMALLEST_CAP = 50
"""Rows: the rates of several loans, or the positions of several companies, are as many by their nature."""
ALIKE = 3  # parents whose answers have one greatest length
EQUALLY_LONG = (
    "{} answers with other contents have exactly {} rows, none has more, and they cannot be asked for in parts: set "
    "row_cap if it is known"
)


@dataclass(slots=True)
class UndividedAnswers:
    """What one run kept of days and series that nothing parts."""

    _kept: dict[int, list[Receipt]] = field(default_factory=dict)  # by their number of rows
    _contents: dict[str, dict[str, tuple[int, int]]] = field(default_factory=lambda: defaultdict(dict))

    def note(self, receipt: Receipt) -> None:
        """Remember a window that was kept, without its rows."""
        dates, answer = receipt.endpoint.dates, receipt.answer
        if answer and not answer.chained and receipt.rows > 1 and dates and not dates.divisible:
            self._kept.setdefault(receipt.rows, []).append(replace(receipt, answer=None))
            longest = self._contents[receipt.endpoint.name]
            if receipt.rows > longest.get(receipt.parent_id, (0, 0))[0]:
                longest[receipt.parent_id] = receipt.rows, _days_and_instruments(answer.batch, receipt.endpoint)

    def doubtful(self, caps: Collection[int], *, row_cap: int, now: datetime) -> Iterator[Receipt]:
        """What may have been cut: in quarantine from now on; each is told once.

        Args:
            caps: that answers to this run proved; what is as long as a table's cut answers is cut, in other tables too.
            row_cap: that the configuration knows of, which then is the only one; 0 for none.
        """
        found = [] if row_cap else [*self.equally_long(now=now)]
        yield from found
        yield from self.cut({*caps, *(receipt.rows for receipt in found)}, now=now)

    def cut(self, caps: Collection[int], *, now: datetime) -> Iterator[Receipt]:
        """What has just as many rows as one of *caps*: in quarantine from now on; each is told once."""
        for cap in caps:
            for receipt in self._kept.pop(cap, ()):
                yield _quarantined(receipt, REASONS[Fate.QUARANTINED], now)

    def equally_long(self, *, now: datetime) -> Iterator[Receipt]:
        """What is as long as so many others that only a cap explains it; each is told once."""
        for name, longest in self._contents.items():
            length = tied(longest)
            as_long = self._kept.pop(length, ())
            alike = [receipt for receipt in as_long if receipt.endpoint.name == name]
            self._kept[length] = [receipt for receipt in as_long if receipt.endpoint.name != name]
            parents = len({receipt.parent_id for receipt in alike})
            for receipt in alike:
                yield _quarantined(receipt, EQUALLY_LONG.format(parents, length), now)


def _quarantined(receipt: Receipt, reason: str, now: datetime) -> Receipt:
    return replace(receipt, status=Status.QUARANTINED, fetched_at=now, reason=reason)


def _days_and_instruments(batch: pa.RecordBatch, endpoint: Endpoint) -> int:
    """The same number for answers that have the same days and instruments."""
    return hash(tuple(tuple(sorted(map(str, batch[name].to_pylist()))) for name in telling(endpoint)))


def telling(endpoint: Endpoint) -> list[str]:
    """The columns by which answers to different parents are told from copies: days, and instruments held."""
    return [
        column.name
        for column in endpoint.schema
        if column.name != endpoint.parent_column
        and column.name in endpoint.answered.names
        and (pa.types.is_date(column.type) or column.name.endswith("instrument_id"))
    ]


def tied(longest: Mapping[str, tuple[int, int]]) -> int:
    """The one greatest length that answers with other contents share, so many that only a cap explains it; else 0.

    Args:
        longest: by parent, the rows and the content of its longest answer. Copies are equally long by their nature.
    """
    contents = {content: rows for rows, content in longest.values()}
    return repeated(contents.values(), least=SMALLEST_CAP, times=ALIKE)
