"""What one run has proven of each parent: spans of days without a gap, and the rows that reach beyond them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from schemas.table import key_of
from sources.aleta.catalogue.endpoint import Endpoint
from sources.aleta.jsonapi.answer import Answer
from sources.aleta.planning.windows import Window

from ..ledger.marks import Mark, touches
from ..warehouse.warehouse import Warehouse
from .differences import Differences, Proven, Run, differences


@dataclass(slots=True)
class _ProvenSpan:
    window: Window
    straddling: set[str] = field(default_factory=set)  # ids seen whose dates reach beyond the window


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvenWindow:
    """A window proven complete, and its rows."""

    parent_id: str
    window: Window
    answer: Answer


@dataclass(slots=True)
class ProvenDays:
    """One endpoint's windows of one run, package by package; each parent's come oldest first.

    Args:
        before: the mark of a parent as the run began.
    """

    endpoint: Endpoint
    before: Callable[[str], Mark]
    _spans: dict[str, _ProvenSpan] = field(default_factory=dict)

    def compare(self, warehouse: Warehouse, package: Sequence[ProvenWindow], run: Run) -> Differences:
        """The package against the warehouse; with it, its windows are part of what is proven."""
        proven = self._prove(package)
        with warehouse.open() as store:
            found = differences(
                store,
                self.endpoint,
                [proven_window.answer.batch for proven_window in package],
                proven,
                seen_before=self._seen_before(package),
                run=run,
            )
        for proven_window in package:
            self._remember(proven_window)
        return found

    def _prove(self, package: Iterable[ProvenWindow]) -> list[Proven]:
        """A gap ends a span and begins the next."""
        proven: dict[tuple[str, date], Proven] = {}
        for proven_window in package:
            span = self._spans.get(proven_window.parent_id)
            if span is None or not touches(span.window, proven_window.window):
                span = self._spans[proven_window.parent_id] = _ProvenSpan(proven_window.window)
            span.window = Window(span.window.first, max(span.window.last, proven_window.window.last))
            begun = proven.get((proven_window.parent_id, span.window.first))
            mark = self.before(proven_window.parent_id)
            proven[proven_window.parent_id, span.window.first] = Proven(
                parent_id=proven_window.parent_id,
                span=span.window,
                new_from=begun.new_from if begun else proven_window.window.first,
                covered=mark.covered,
                first_load=mark.verified_at is None,
            )
        return list(proven.values())

    def _seen_before(self, package: Iterable[ProvenWindow]) -> set[str]:
        parents = {proven_window.parent_id for proven_window in package}
        return {own_id for parent in parents for own_id in self._spans[parent].straddling}

    def _remember(self, proven_window: ProvenWindow) -> None:
        """A row seen here, whose dates reach beyond what is proven, must not count as gone when the rest is."""
        if not (self.endpoint.dates and self.endpoint.dates.columns):
            return
        span, batch = self._spans[proven_window.parent_id], proven_window.answer.batch
        latest = pc.max_element_wise(*(batch[name] for name in self.endpoint.dates.columns))
        beyond = pc.fill_null(pc.greater(latest, pa.scalar(span.window.last)), fill_value=False)
        span.straddling.update(batch[key_of(self.endpoint.schema)[0]].filter(beyond).to_pylist())
