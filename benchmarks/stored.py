"""The rows that each contender stored, in one form: id -> name -> value. Names lose case, `_` and `-` to compare equal.

Nested values and to-many relationships are left out: not every contender stores them in a queryable form.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TypeAlias

import duckdb

Value: TypeAlias = str | bool | Decimal
Row: TypeAlias = dict[str, Value]
Columns: TypeAlias = Mapping[str, object]

LINKS = ("account", "inflowaccount", "outflowaccount", "instrument", "depository", "counterpartytransaction")
OWN_COLUMNS = {"id", "firstseenat", "changedat", "rowhash", "instrumenttype", "dltid", "dltloadid"}
"""Columns that only some contenders add to those of the API."""
VARIANT = re.compile(r"__v_[a-z]+$")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRows:
    """Rows by id, and the number of further rows with a duplicate id."""

    rows: dict[str, Row]
    repeated: int


NOTHING = StoredRows(rows={}, repeated=0)


def normalised(name: str) -> str:
    """*name* in a spelling that all contenders share; an `asset` is an instrument."""
    bare = re.sub("[^a-z0-9]", "", name.lower())
    return "instrument" if bare == "asset" else bare


def of_object(document: Mapping[str, object]) -> Row:
    """A JSON:API object, parsed with every number a Decimal."""
    found = {"type": document["type"], **scalars(document.get("attributes")), **links(document.get("relationships"))}
    return {name: value for name, value in found.items() if isinstance(value, str | bool | Decimal)}


def scalars(document: object) -> Row:
    """The members of an object that are not nested, and not null."""
    members = document.items() if isinstance(document, Mapping) else ()
    return {normalised(name): value for name, value in members if isinstance(value, str | bool | Decimal)}


def links(document: object) -> Row:
    """The ids of the to-one relationships that every contender can keep."""
    members = document.items() if isinstance(document, Mapping) else ()
    found = {normalised(name): link["data"] for name, link in members if isinstance(link, Mapping) and link.get("data")}
    return {name: data["id"] for name, data in found.items() if name in LINKS and isinstance(data, Mapping)}


def read(file: Path, table: str, form: Callable[[Columns], Row]) -> StoredRows:
    """Every row of *table*, in *form*; nothing when there is no such file or table."""
    if not file.exists():
        return NOTHING
    with duckdb.connect(f"{file}", read_only=True) as connection:
        try:
            columns = {name: kind for name, kind, *_ in connection.execute(f"DESCRIBE {table}").fetchall()}
        except duckdb.CatalogException:
            return NOTHING
        connection.execute(f"SELECT * FROM {table}")
        found = [(str(row["id"]), form(row)) for row in _rows(connection, columns)]
    rows = dict(found)
    return StoredRows(rows=rows, repeated=len(found) - len(rows))


def _rows(connection: duckdb.DuckDBPyConnection, columns: Mapping[str, str]) -> Iterator[dict[str, object]]:
    """Each row by column; what is JSON is parsed, every number a Decimal."""
    nested = [place for place, kind in enumerate(columns.values()) if kind == "JSON"]
    while batch := connection.fetchmany(10_000):
        for values in map(list, batch):
            for place in nested:
                text = values[place]
                values[place] = json.loads(text, parse_float=Decimal, parse_int=Decimal) if text else None
            yield dict(zip(columns, values, strict=True))


def typed(columns: Columns) -> Row:
    """Columns by name, and a JSON column `extra` that has the last word: it keeps what a column could not."""
    return dict(_columns((re.sub("_id$", "", name), value) for name, value in columns.items())) | scalars(
        columns.get("extra")
    )


def flattened(columns: Columns) -> Row:
    """`attributes__name`, in variants where types differ, and `relationships__name` as JSON."""
    attributes = ((VARIANT.sub("", name).removeprefix("attributes__"), value) for name, value in columns.items())
    return dict(_columns(attributes)) | links(
        {name.removeprefix("relationships__"): value for name, value in columns.items()}
    )


def documents(columns: Columns) -> Row:
    """JSON columns `attributes` and `relationships`; other columns are copies for convenience."""
    return dict(_columns(columns.items())) | scalars(columns["attributes"]) | links(columns["relationships"])


def covered_documents(columns: Columns) -> Row:
    """The same, with other columns that keep better what is in them too."""
    return scalars(columns["attributes"]) | links(columns["relationships"]) | dict(_columns(columns.items()))


def _columns(named: Iterable[tuple[str, object]]) -> Iterator[tuple[str, Value]]:
    for name, value in named:
        bare = normalised(name)
        if bare in OWN_COLUMNS:
            continue
        if isinstance(value, date):
            yield bare, value.isoformat()
        elif isinstance(value, float | int) and not isinstance(value, bool):
            yield bare, Decimal(repr(value))
        elif isinstance(value, str | bool | Decimal):
            yield bare, value
