"""Keys that one answer gives twice, with two contents (rule D8). Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

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
