"""What a table is: typed, described columns, and where in the API each one comes from. Pure.

A table is a `pa.Schema`. Field metadata: `description`; `unit` where there is one; `api`, the path in a JSON:API
resource that fills the column (several, separated by a blank, where the API has several spellings); `json` for a column
that holds JSON text. Schema metadata: `table`, `key`, `description`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import pyarrow as pa

DECIMAL = pa.decimal128(38, 12)
INSTANT = pa.timestamp("us", tz="UTC")


def table(name: str, description: str, columns: Iterable[pa.Field], *, key: tuple[str, ...] = ("id",)) -> pa.Schema:
    """A schema that knows its own name, key and description."""
    return pa.schema(columns, metadata={"table": name, "description": description, "key": " ".join(key)})


def link_table(owner: str, relation: str, target: str, description: str) -> pa.Schema:
    """The two sides of a to-many relationship: one row per pair of ids. *owner* and *target* are singular."""
    ends = [own_text(f"{owner}_id", f"The {owner}"), own_text(f"{target}_id", f"The {target}")]
    name = f"{plural(owner)}__{relation}"
    return table(name, description, [*ends, FIRST_SEEN, REMOVED], key=(f"{owner}_id", f"{target}_id"))


def plural(name: str) -> str:
    return name.removesuffix("y") + "ies" if name.endswith("y") else f"{name}s"


def column(
    name: str, kind: pa.DataType, description: str, *, unit: str = "", api: str = "", json: bool = False
) -> pa.Field:
    """One column; *api* empty means that the pipeline fills it."""
    facts = {"description": description, "unit": unit, "api": api, "json": "yes" if json else ""}
    return pa.field(name, kind, metadata={word: fact for word, fact in facts.items() if fact})


def resource_id(description: str) -> pa.Field:
    return column("id", pa.string(), description, api="id")


def text(name: str, description: str, *, api: str = "") -> pa.Field:
    return column(name, pa.string(), description, api=api or attribute(name))


def number(name: str, description: str, *, unit: str = "", api: str = "") -> pa.Field:
    return column(name, DECIMAL, description, unit=unit, api=api or attribute(name))


def day(name: str, description: str, *, api: str = "") -> pa.Field:
    return column(name, pa.date32(), description, unit="day", api=api or attribute(name))


def flag(name: str, description: str, *, api: str = "") -> pa.Field:
    return column(name, pa.bool_(), description, api=api or attribute(name))


def nested(name: str, description: str, *, api: str = "") -> pa.Field:
    return column(name, pa.string(), description, api=api or attribute(name), json=True)


def to_one(name: str, description: str, *, api: str = "") -> pa.Field:
    """The id at the other end of a to-one relationship; *api* lists the relationship's spellings."""
    spellings = api.split() or [camel(name.removesuffix("_id"))]
    return column(name, pa.string(), description, api=" ".join(f"relationships/{one}" for one in spellings))


def to_one_type(name: str, description: str, *, api: str = "") -> pa.Field:
    """The type at the other end of a to-one relationship."""
    spellings = api.split() or [camel(name.removesuffix("_type"))]
    return column(name, pa.string(), description, api=" ".join(f"relationships/{one}/type" for one in spellings))


def instant(name: str, description: str) -> pa.Field:
    return column(name, INSTANT, description, unit="UTC")


def own_text(name: str, description: str) -> pa.Field:
    return column(name, pa.string(), description)


def own_day(name: str, description: str) -> pa.Field:
    return column(name, pa.date32(), description, unit="day")


def own_flag(name: str, description: str) -> pa.Field:
    return column(name, pa.bool_(), description)


def own_count(name: str, description: str) -> pa.Field:
    return column(name, pa.int64(), description)


def own_json(name: str, description: str) -> pa.Field:
    return column(name, pa.string(), description, json=True)


EXTRA = column(
    "extra",
    pa.string(),
    "What the API said and no other column holds, under the API's own names: attributes and relationships that no "
    "schema names, and the whole text of numbers that 12 decimals cannot hold",
    json=True,
)
FIRST_SEEN = instant("first_seen_at", "When a sync first saw this row")
REMOVED = instant("removed_at", "When the API first no longer showed this object; null while it does")


def camel(name: str) -> str:
    """`account_amount` -> `accountAmount`."""
    return re.sub(r"_([a-z0-9])", lambda found: found[1].upper(), name)


def attribute(name: str) -> str:
    return f"attributes/{camel(name)}"


def fact(item: pa.Schema | pa.Field, word: str) -> str:
    """One word of metadata, empty where it is not given."""
    return str((item.metadata or {}).get(word.encode(), b"").decode())


def name_of(schema: pa.Schema) -> str:
    return fact(schema, "table")


def key_of(schema: pa.Schema) -> tuple[str, ...]:
    return tuple(fact(schema, "key").split())


def described_by_api(schema: pa.Schema) -> pa.Schema:
    """The part of *schema* that one API resource fills: what `decode` returns."""
    return pa.schema([field for field in schema if fact(field, "api") or field.name == "extra"], schema.metadata)
