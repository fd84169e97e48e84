"""SQL for a whole row as one text: its hash, its JSON. Pure."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa

from schemas.table import fact

from .row_content import AS_IT_IS, Contents

VERSION = "h4:"
"""Of the hash, in front of it. Those of the first version had none; the second took null in `extra` for a value; the
third took some attributes for relationships, and some keys of maps for names."""

OLDER = "regexp_full_match(row_hash, '(h[23]:)?[0-9a-f]{32}')"
"""SQL for whether a stored hash is of an older version; anything else that is not of this one is damage."""


def row_hash(columns: Iterable[pa.Field], contents: Contents = AS_IT_IS) -> str:
    """SQL for the hash of a row's content (X3): what is not null, by name, so that the order of columns says nothing.

    No text can pass for another column's: the lengths of all texts follow, and nothing else holds a separator. The type
    at the other end of a relationship is no part of it: not every track gives it.

    Args:
        contents: of the relation that the rows are read from.
    """
    ordered = sorted((column for column in columns if not is_type(column)), key=lambda column: column.name)
    values = ", ".join(f"'{column.name}=' || {contents.of(column)}" for column in ordered)
    lengths = ", ".join(f"strlen({contents.of(column)})" for column in ordered if column.type == pa.string())
    return f"'{VERSION}' || md5(concat(concat_ws(chr(31), {values}), chr(30), concat_ws(',', {lengths})))"


def is_type(column: pa.Field) -> bool:
    """Whether it holds the type at the other end of a to-one relationship."""
    api = fact(column, "api")
    return api.startswith("relationships/") and api.endswith("/type")


def types_differ(one: str, other: str) -> str:
    """SQL for whether two types are both known and not the same; asset names became instrument names in 2026."""
    named = (f"replace({name}, 'asset', 'instrument')" for name in (one, other))
    return " <> ".join(named)


def as_json(names: Iterable[str], table: str) -> str:
    """SQL for a row as JSON, every value as text: a number keeps its digits in any reader."""
    return "json_object(" + ", ".join(f"'{name}', {table}.{name}::VARCHAR" for name in names) + ")::VARCHAR"
