"""SQL for a whole row as one text: its hash, its JSON. Pure."""

from __future__ import annotations

from collections.abc import Iterable


def row_hash(names: Iterable[str]) -> str:
    """SQL for the MD5 of a row's content (X3): what is not null, by name, so that the order of columns says nothing.

    Each value with its length, so that no text can pass for another column's.
    """
    parts = ", ".join(f"'{name}=' || strlen({name}::VARCHAR) || ':' || {name}::VARCHAR" for name in sorted(names))
    return f"md5(concat_ws(chr(31), {parts}))"


def as_json(names: Iterable[str], table: str) -> str:
    """SQL for a row as JSON, every value as text: a number keeps its digits in any reader."""
    return "json_object(" + ", ".join(f"'{name}', {table}.{name}::VARCHAR" for name in names) + ")::VARCHAR"
