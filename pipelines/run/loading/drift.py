"""What answers have that no column holds: counted, and said aloud where a column stays empty for it (rules X2, D9)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

import pyarrow as pa

from schemas.table import fact
from sources.aleta.catalogue.endpoint import Endpoint
from sources.aleta.jsonapi.answer import Answer

from ...ledger.ledger import Ledger
from ...report.report import TenantReport

ATTRIBUTES = "attributes/"


@dataclass(slots=True)
class Drift:
    """One run's drift.

    Args:
        report, ledger: told of each attribute that no column holds, or that came as another type than its column.
        now: when the run began.
    """

    report: TenantReport
    ledger: Ledger
    now: datetime
    _mistyped: dict[str, dict[str, tuple[str, int]]] = field(default_factory=lambda: defaultdict(dict))
    _filled: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))  # columns that some value reached

    def note(self, endpoint: Endpoint, answer: Answer) -> None:
        """Take in one answer."""
        self.report.drift.update({f"{endpoint.name}.{name}": count for name, count in answer.drift.items()})
        self.ledger.note_drift(endpoint.name, answer.drift, self.now)
        filled = self._filled[endpoint.name]
        filled.update(
            name
            for name, column in zip(answer.batch.schema.names, answer.batch.columns, strict=True)
            if name not in filled and column.null_count < len(column)
        )
        if answer.drift:
            self._note_mistyped(endpoint, answer)

    def _note_mistyped(self, endpoint: Endpoint, answer: Answer) -> None:
        mistyped = self._mistyped[endpoint.name]
        for name, column in _columns(endpoint.schema):
            if count := answer.drift.get(name, 0):
                mistyped[column] = (name, mistyped.get(column, (name, 0))[1] + count)

    def emptied(self) -> Iterator[str]:
        """A warning for each column that stayed empty because its attribute came as another type (D9)."""
        for resource, mistyped in self._mistyped.items():
            for column, (name, count) in mistyped.items():
                if column not in self._filled[resource]:
                    yield (
                        f"{resource}.{column} is empty in all rows that were read: its {count:,} values are of another "
                        f'type or too large, and kept in `extra` as "{name}"'
                    )


def _columns(schema: pa.Schema) -> Iterator[tuple[str, str]]:
    """The attributes that columns hold, by their path, each with its column."""
    for column in schema:
        for path in fact(column, "api").split():
            if path.startswith(ATTRIBUTES):
                yield path.removeprefix(ATTRIBUTES), column.name
