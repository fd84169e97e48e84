"""What one run has proven of each parent: blocks of days without a gap, and the rows that reach beyond them."""

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
    _blocks: dict[str, _ProvenSpan] = field(default_factory=dict)

    def compare(self, warehouse: Warehouse, package: Sequence[ProvenWindow], run: Run) -> Differences:
        """The package against the warehouse; with it, its windows are part of what is proven."""
        proven = self._prove(package)
        with warehouse.open() as store:
            found = differences(
                store,
                self.endpoint,
                [one.answer.batch for one in package],
                proven,
                seen_before=self._seen_before(package),
                run=run,
            )
        for one in package:
            self._remember(one)
        return found

    def _prove(self, package: Iterable[ProvenWindow]) -> list[Proven]:
        """A gap ends a block and begins the next."""
        proven: dict[tuple[str, date], Proven] = {}
        for one in package:
            block = self._blocks.get(one.parent_id)
            if block is None or not touches(block.window, one.window):
                block = self._blocks[one.parent_id] = _ProvenSpan(one.window)
            block.window = Window(block.window.first, max(block.window.last, one.window.last))
            begun = proven.get((one.parent_id, block.window.first))
            mark = self.before(one.parent_id)
            proven[one.parent_id, block.window.first] = Proven(
                parent_id=one.parent_id,
                span=block.window,
                new_from=begun.new_from if begun else one.window.first,
                covered=mark.covered,
                first_load=mark.verified_at is None,
            )
        return list(proven.values())

    def _seen_before(self, package: Iterable[ProvenWindow]) -> set[str]:
        parents = {one.parent_id for one in package}
        return {own_id for parent in parents for own_id in self._blocks[parent].straddling}

    def _remember(self, one: ProvenWindow) -> None:
        """A row seen here, whose dates reach beyond what is proven, must not count as gone when the rest is."""
        if not (self.endpoint.dates and self.endpoint.dates.columns):
            return
        block, batch = self._blocks[one.parent_id], one.answer.batch
        latest = pc.max_element_wise(*(batch[name] for name in self.endpoint.dates.columns))
        beyond = pc.fill_null(pc.greater(latest, pa.scalar(block.window.last)), fill_value=False)
        block.straddling.update(batch[key_of(self.endpoint.schema)[0]].filter(beyond).to_pylist())
