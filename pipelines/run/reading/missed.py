"""Rows that a partial reading missed: looked for on their own days, then in the whole history of their parent (D6)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Protocol

from sources.aleta.catalogue.endpoint import Endpoint
from sources.aleta.planning.windows import Window
from sources.aleta.reading.rows.fetch import Receipt

from ...compare.rows.findings import Missed
from ...ledger.readings import Reading
from ..errors import problems
from ..events import Noticed, Put, Settle, Unsettled, Wait


class Asks(Protocol):
    """Who asks the API."""

    def look(self, endpoint: Endpoint, spans: Mapping[str, Window]) -> Iterator[Receipt]:
        """Ask each parent for days; the answers are evidence, and are not loaded."""

    def again(self, endpoint: Endpoint, parents: Collection[str]) -> None:
        """Read and load the whole histories of *parents*."""

    def suspect(self, endpoint: Endpoint, readings: Mapping[str, Reading], late: Mapping[str, int]) -> bool:
        """Test the answers of *readings* to whom rows came *late*: how many, by parent. Whether any was tested."""

    def read_strictly(self, endpoint: Endpoint, sizes: Sequence[int]) -> AbstractSet[str]:
        """From now on, answers of such *sizes* count as truncated; whoever was read partly in this run."""

    def sizes_of(self, endpoint: Endpoint, parent: str, window: Window) -> list[int]:
        """Of the answers that this run kept and that hold *window*, how many rows they had."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MissedRows:
    """What the partial readings of one endpoint left open.

    Args:
        put: where events go.
        wait: for the answer to a question that was put.
    """

    asks: Asks
    endpoint: Endpoint
    put: Put
    wait: Wait

    def run(self, readings: Mapping[str, Reading]) -> None:
        """Of each row that *readings* missed, ask for its days by themselves; then for its parent's whole history."""
        left = self._unsettled()
        if self.asks.suspect(self.endpoint, readings, left.suspects):
            left |= self._unsettled()  # a window that was tested may have been read once more
        if not left.missed:
            return
        parents = set(left.missed)
        if sizes := self._check_quietest(left.missed):
            parents |= self.asks.read_strictly(self.endpoint, sizes)
        self.asks.again(self.endpoint, parents)

    def _unsettled(self) -> Unsettled:
        question = Settle(self.endpoint)
        self.put(question)
        self.wait(lambda: question.answer is not None)
        return question.answer or Unsettled()

    def _check_quietest(self, missed: Mapping[str, Sequence[Missed]]) -> list[int]:
        """A truncated answer shows itself where few rows are: a row that is missed may be there all the same.

        Returns:
            The sizes of the answers that left such rows out.
        """
        sizes: list[int] = []
        asked = {parent: [row for row in rows if row.inside] for parent, rows in missed.items()}
        spans = {parent: min(rows, key=Missed.width).window for parent, rows in asked.items() if rows}
        for receipt in self.asks.look(self.endpoint, spans):
            ids = {row.id for row in asked[receipt.parent_id]}
            if receipt.answer and ids.intersection(receipt.answer.ids):
                self.put(Noticed(problems.contradicted(receipt)))
                sizes += self.asks.sizes_of(self.endpoint, receipt.parent_id, receipt.window)
        return sizes
