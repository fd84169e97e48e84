"""SQL for a whole row as one text: its hash, its JSON. Pure."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa


def row_hash(columns: Iterable[pa.Field]) -> str:
    """SQL for the MD5 of a row's content (X3): what is not null, by name, so that the order of columns says nothing.

    No text can pass for another column's: the lengths of all texts follow, and nothing else holds a separator.
    """
    ordered = sorted(columns, key=lambda column: column.name)
    values = ", ".join(f"'{column.name}=' || {column.name}" for column in ordered)
    lengths = ", ".join(f"strlen({column.name})" for column in ordered if column.type == pa.string())
    return f"md5(concat(concat_ws(chr(31), {values}), chr(30), concat_ws(',', {lengths})))"


def as_json(names: Iterable[str], table: str) -> str:
    """SQL for a row as JSON, every value as text: a number keeps its digits in any reader."""
    return "json_object(" + ", ".join(f"'{name}', {table}.{name}::VARCHAR" for name in names) + ")::VARCHAR"
