"""Joins a natural key into one text, so that a merge has a key without nulls. Pure."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from .table import natural_key_of


def row_keys(rows: pa.RecordBatch, schema: pa.Schema) -> pa.Array:
    """`row_key` of each row: equal if all columns of the natural key are; null equals null.

    Args:
        rows: with the columns of the natural key of *schema*; a text in them is null or not empty.
    """
    return pc.binary_join_element_wise(*(_text(rows[name]) for name in natural_key_of(schema)), "|")


def _text(column: pa.Array) -> pa.Array:
    escaped = pc.replace_substring(pc.replace_substring(pc.cast(column, pa.string()), "\\", "\\\\"), "|", "\\|")
    return pc.fill_null(escaped, "")
