"""Keys that are there twice, with two contents (rule D8). Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from ..catalogue.endpoint import Endpoint

Owners: TypeAlias = tuple[str | None, ...]


def doubled(batch: pa.RecordBatch, key: str, owners: Sequence[str] = ()) -> Iterator[tuple[str, Owners]]:
    """Keys that are in *batch* twice for the same *owners*, columns of it, with two contents; and these owners."""
    if batch.num_rows <= 1:  # most answers by id
        return
    counted = pc.value_counts(batch[key])
    twice = counted.filter(pc.greater(counted.field("counts"), 1)).field("values")
    if not len(twice):
        return
    contents: dict[tuple[str, Owners], dict[str, object]] = {}
    for row in batch.filter(pc.is_in(batch[key], twice)).to_pylist():
        whose = row[key], tuple(row[name] for name in owners)
        if contents.setdefault(whose, row) != row:
            yield whose


class Contents:
    """What the lists of one endpoint show. An object may be in several; but for its parent it says the same in each."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._seen: dict[str, tuple[pa.RecordBatch, int]] = {}

    def conflicting(self, batch: pa.RecordBatch) -> Iterator[str]:
        """Ids of *batch* that came before with another content, in it or in a list before; each is told once."""
        told: set[str] = set()
        for row, own_id in enumerate(batch[0].to_pylist()):
            before = self._seen.get(own_id)
            if before and own_id not in told and self._content(*before) != self._content(batch, row):
                told.add(own_id)
                yield own_id
            self._seen[own_id] = batch, row

    def _content(self, batch: pa.RecordBatch, row: int) -> dict[str, object]:
        [said] = batch.slice(row, 1).to_pylist()
        return {name: value for name, value in said.items() if name != self._endpoint.parent_column}
