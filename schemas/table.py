"""How a table is defined: typed, described columns, and where in the API each one comes from. Pure.

A table is a `pa.Schema`. Field metadata: `description`; `unit` where there is one; `api`, the path in a JSON:API
resource that fills the column (several, separated by a blank, where the API has several spellings; a path may lead into
a nested object: `attributes/fund/strategy`); `json` for a column that holds JSON text. Schema metadata: `table`, `key`,
`description`; `natural_key` where some of its columns may be null, so that `row_key` stands for it in merges;
`left_out`, known attributes that are deliberately in no column and not in `extra`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import pyarrow as pa

DECIMAL = pa.decimal128(38, 12)
INSTANT = pa.timestamp("us", tz="UTC")
_TYPES = {
    pa.string(): "VARCHAR",
    pa.date32(): "DATE",
    pa.int64(): "BIGINT",
    pa.bool_(): "BOOLEAN",
    DECIMAL: "DECIMAL(38,12)",
    INSTANT: "TIMESTAMPTZ",
}


def table(name: str, description: str, columns: Iterable[pa.Field], *, key: tuple[str, ...] = ("id",)) -> pa.Schema:
    """A schema with the table's name, key and description in its metadata."""
    return pa.schema(columns, metadata={"table": name, "description": description, "key": " ".join(key)})


def naturally_keyed(
    name: str,
    description: str,
    columns: Iterable[pa.Field],
    *,
    natural_key: tuple[str, ...],
    left_out: tuple[str, ...] = (),
) -> pa.Schema:
    """A table of rows whose ids identify nothing: nullable columns do, and `row_key` joins them into one text.

    The rows' own ids are not stored. The API does not keep them stable, and some repeat: a new id on an old row would
    look like a change.
    """
    described = f"{description}. Natural key: {', '.join(natural_key)}"
    plain = table(name, described, [ROW_KEY, *columns, *DATED], key=("row_key",))
    facts = {"natural_key": " ".join(natural_key), "left_out": " ".join(left_out)}
    return plain.with_metadata(
        plain.metadata | {name.encode(): value.encode() for name, value in facts.items() if value}
    )


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
    return pa.field(name, kind, metadata={fact: value for fact, value in facts.items() if value})


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
    spellings = api.split() or _spellings(name.removesuffix("_id"))
    return column(name, pa.string(), description, api=" ".join(f"relationships/{spelling}" for spelling in spellings))


def _spellings(name: str) -> list[str]:
    """The vendor spells most relationships in camelCase, and `counterparty-transaction` in kebab-case."""
    return [*dict.fromkeys([camel(name), name.replace("_", "-")])]


def to_one_type(name: str, description: str, *, api: str = "") -> pa.Field:
    """The type at the other end of a to-one relationship."""
    spellings = api.split() or _spellings(name.removesuffix("_type"))
    return column(
        name, pa.string(), description, api=" ".join(f"relationships/{spelling}/type" for spelling in spellings)
    )


def instant(name: str, description: str) -> pa.Field:
    return column(name, INSTANT, description, unit="UTC")


def own_text(name: str, description: str) -> pa.Field:
    return column(name, pa.string(), description)


def own_day(name: str, description: str) -> pa.Field:
    return column(name, pa.date32(), description, unit="day")


def own_flag(name: str, description: str) -> pa.Field:
    return column(name, pa.bool_(), description)


def own_count(name: str, description: str) -> pa.Field:
    return column(name, pa.int64(), description, unit="count")


def own_json(name: str, description: str) -> pa.Field:
    return column(name, pa.string(), description, json=True)


EXTRA = column(
    "extra",
    pa.string(),
    "Values that no other column has, under the API's own names: attributes and relationships that no schema has, and "
    "the full text of numbers that do not fit into 12 decimals",
    json=True,
)
FIRST_SEEN = instant("first_seen_at", "When a sync first saw this row")
REMOVED = instant("removed_at", "When a sync first found this object gone from the API; null while it is there")
CHANGED = instant("changed_at", "When a sync last saw this row change (or first saw it)")
ROW_HASH = own_text(
    "row_hash", "Version and MD5 of the row's content: it changes whenever the row does, whichever track it came from"
)
ROW_KEY = own_text("row_key", "The values of the natural key, joined by |, null as empty text; \\ escapes a | in them")
OBJECT = (
    FIRST_SEEN,
    REMOVED,
    EXTRA,
)  # last columns of a table of objects: a removed object stays, with the time of its removal
DATED = (
    FIRST_SEEN,
    CHANGED,
    ROW_HASH,
    EXTRA,
)  # last columns of a table of what the API returns now: a removed row is deleted


def camel(name: str) -> str:
    """`account_amount` -> `accountAmount`."""
    return re.sub(r"_([a-z0-9])", lambda found: found[1].upper(), name)


def attribute(name: str) -> str:
    return f"attributes/{camel(name)}"


def fact(item: pa.Schema | pa.Field, word: str) -> str:
    """One entry of the metadata; empty if it is not set."""
    return str((item.metadata or {}).get(word.encode(), b"").decode())


def sql_type(field: pa.Field) -> str:
    """The type of a column in SQL: of the contract, as DuckDB and PostgreSQL call it."""
    return "JSON" if fact(field, "json") else _TYPES[field.type]


def name_of(schema: pa.Schema) -> str:
    return fact(schema, "table")


def key_of(schema: pa.Schema) -> tuple[str, ...]:
    return tuple(fact(schema, "key").split())


def natural_key_of(schema: pa.Schema) -> tuple[str, ...]:
    """The columns that identify a row: the key itself, or the columns that `row_key` joins."""
    return tuple(fact(schema, "natural_key").split()) or key_of(schema)


def comment_of(schema: pa.Schema) -> str:
    """What is said of a table where its rows are."""
    return f"{fact(schema, 'description')}. Key: {', '.join(key_of(schema))}"


def column_comment_of(field: pa.Field) -> str:
    """What is said of a column where its rows are."""
    unit = fact(field, "unit")
    return f"{fact(field, 'description')} [{unit}]" if unit else fact(field, "description")


def left_out(schema: pa.Schema) -> frozenset[str]:
    """Attributes, under the API's names, that are neither stored nor counted as unknown."""
    return frozenset(fact(schema, "left_out").split())


def answered(schema: pa.Schema) -> pa.Schema:
    """The columns of *schema* that one response fills: those from the API, `extra`, and `row_key`."""
    return pa.schema([field for field in schema if _answered(field)], schema.metadata)


def _answered(field: pa.Field) -> bool:
    return bool(fact(field, "api")) or field.name in {EXTRA.name, ROW_KEY.name}


def described_by_api(schema: pa.Schema) -> pa.Schema:
    """The columns of *schema* that one API resource fills: those that `decode` returns."""
    return pa.schema([field for field in schema if fact(field, "api") or field.name == "extra"], schema.metadata)
