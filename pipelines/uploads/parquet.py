"""Parquet as rows of text, every number with the digits that the file has."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq

from .columns import Mistake

Numbered: TypeAlias = tuple[int, list[str]]
MAGIC = b"PAR1"
MIDNIGHT = re.compile(r" 00:00:00(?:\.0+)?Z?\Z")  # a day, as pandas stores it
CELLS: tuple[Callable[[pa.DataType], bool], ...] = (
    *(pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view, pa.types.is_null),
    *(pa.types.is_integer, pa.types.is_decimal, pa.types.is_floating, pa.types.is_date, pa.types.is_timestamp),
)
FLOATS = (
    "{names}: binary floating point in the file, sent as the shortest decimal that is the same number; "
    "store decimals or text to be sure of every digit"
)


def parquet_records(content: bytes) -> tuple[list[str], list[Numbered], list[Mistake], tuple[str, ...]]:
    """Names of the columns, rows of cells (empty: null) numbered from 1, what cannot be read, and warnings."""
    try:
        table = pq.read_table(pa.BufferReader(content))
    except (pa.ArrowException, OSError) as error:
        message = f"no Parquet file that can be read: {f'{error}'[:200]}"
        return [], [], [Mistake(line=0, code="file", message=message)], ()
    wrong = [_unfit(field) for field in table.schema if not _is_cell(field.type)]
    if wrong:
        return table.column_names, [], wrong, ()
    columns = [_texts(column) for column in table.columns]
    rows = [(line, list(cells)) for line, cells in enumerate(zip(*columns, strict=True), start=1)]
    floats = [field.name for field in table.schema if pa.types.is_floating(field.type)]
    return table.column_names, rows, [], (FLOATS.format(names=", ".join(floats)),) if floats else ()


def _is_cell(kind: pa.DataType) -> bool:
    stored = kind.value_type if pa.types.is_dictionary(kind) else kind
    return any(fits(stored) for fits in CELLS)


def _unfit(field: pa.Field) -> Mistake:
    message = f"column {field.name} is of type {field.type}: store text, decimals, whole numbers or dates"
    return Mistake(line=0, code="type", message=message)


def _texts(column: pa.ChunkedArray) -> list[str]:
    return [MIDNIGHT.sub("", text or "").strip(" \t") for text in column.cast(pa.string()).to_pylist()]
