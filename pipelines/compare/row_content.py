"""What of a row's nested JSON is content, whichever way the API spelt it.

One track gives a relationship with the type of its other end, another only the id; names are camelCase, snake_case or
kebab-case; an attribute that has no value is null or left out. None of that is content: the same values compare equal.
All else is (X3): an attribute that is an object of `id` and `type`, a relationship's `meta`, digits in a map's keys.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import duckdb
import msgspec
import pyarrow as pa
from msgspec import Raw

from schemas.table import EXTRA, fact
from sources.aleta.v1.names import camel_of, singular

SPELT = r'"[^"\\]*[_-][^"\\]*":|"data":|:\['
"""Matches text that may be spelt in another way: the rest is content as it is, and costs nothing."""
VALUELESS = ":null[,}]"
"""The same of an `extra`: a member of it may be null."""
NOTHING = "{}"

_object = msgspec.json.Decoder(dict[str, Raw])
_list = msgspec.json.Decoder(list[Raw])
_LINKAGE = frozenset({"id", "type"})
_RELATIONSHIP = frozenset({"data", "links", "meta"})


def extra_content(text: str) -> str:
    """The content of an `extra`: a relationship is `NAMEId` with an id, or `NAMEIds` with several; null is nothing.

    Members that would have one name keep their own beside it.
    """
    found = [
        (name, spelt, said)
        for name, raw in _object.decode(text).items()
        for spelt, said in _flat(camel_of(name), raw)
        if bytes(said) != b"null"
    ]
    times = Counter(spelt for _, spelt, _ in found) if len({spelt for _, spelt, _ in found}) < len(found) else {}
    named = ((f"{name}/{spelt}" if times.get(spelt, 1) > 1 else spelt, said) for name, spelt, said in found)
    return _joined((name, _renamed(said)) for name, said in named).decode()


def json_content(text: str) -> str:
    """The content of any other nested value: the same with names in camelCase."""
    return _renamed(Raw(text.encode())).decode()


def _flat(name: str, raw: Raw) -> Iterator[tuple[str, Raw]]:
    """What a member says, under the names that a flat object has for it."""
    text = bytes(raw)
    if text[:1] == b"[" and all(bytes(part)[:1] == b'"' for part in _list.decode(text)):
        yield _ids_of(name), raw
        return
    members = _object.decode(text) if text[:1] == b"{" else {}
    linked = _linked(name, members["data"]) if _is_relationship(members) else None
    yield linked or (name, raw)
    if linked and "meta" in members:
        yield f"{name}Meta", members["meta"]


def _is_relationship(members: Mapping[str, Raw]) -> bool:
    links = bytes(members.get("links", Raw(b"null")))
    return "data" in members and members.keys() <= _RELATIONSHIP and (links == b"null" or links[:1] == b"{")


def _linked(name: str, raw: Raw) -> tuple[str, Raw] | None:
    """What a linkage says, or a list of them; None where it is none."""
    text = bytes(raw)
    if text == b"null":
        return f"{name}Id", raw
    if text[:1] == b"{":
        own_id = _id_of(_object.decode(text))
        return (f"{name}Id", own_id) if own_id is not None else None
    if text[:1] != b"[":
        return None
    ids = [_id_of(_object.decode(part)) if bytes(part)[:1] == b"{" else None for part in _list.decode(text)]
    known = [bytes(own_id) for own_id in ids if own_id is not None]
    return (_ids_of(name), Raw(b"[" + b",".join(known) + b"]")) if len(known) == len(ids) else None


def _ids_of(name: str) -> str:
    """What a list of ids is called, be it `parties`, `partiesId`, `partyIds` or `partiesIds`."""
    plain = name.removesuffix("Ids") if name.endswith("Ids") else name.removesuffix("Id")
    return f"{singular(plain)}Ids"


def _id_of(members: Mapping[str, Raw]) -> Raw | None:
    return members.get("id") if members.keys() <= _LINKAGE else None


def _renamed(raw: Raw) -> bytes:
    text = bytes(raw)
    if text[:1] == b"{":
        members = _object.decode(text)
        renamed = {camel_of(name): value for name, value in members.items()}
        plain = renamed if len(renamed) == len(members) else members
        return _joined((name, _renamed(value)) for name, value in plain.items())
    if text[:1] == b"[":
        return b"[" + b",".join(map(_renamed, _list.decode(text))) + b"]"
    return text


def _joined(members: Iterable[tuple[str, bytes | Raw]]) -> bytes:
    parts = sorted((name, bytes(value)) for name, value in members)
    return b"{" + b",".join(b":".join((msgspec.json.encode(name), value)) for name, value in parts) + b"}"


@dataclass(frozen=True, slots=True)
class Contents:
    """The columns of a relation that hold text spelt in another way; what it says is staged in a table."""

    columns: frozenset[str] = frozenset()

    def of(self, column: pa.Field, *, table: str = "") -> str:
        """SQL for the content of a column; *table*: the alias of its relation, with a point."""
        if column.name not in self.columns:
            return f"{table}{column.name}"
        text, of_extra = f"{table}{column.name}::VARCHAR", _of_extra(column)
        content = f"coalesce((SELECT content FROM contents WHERE text = {text} AND of_extra = {of_extra}), {text})"
        return f"nullif({content}, '{NOTHING}')" if column.name == EXTRA.name else content


AS_IT_IS = Contents()


def stage_contents(sql: duckdb.DuckDBPyConnection, source: str, columns: Iterable[pa.Field]) -> Contents:
    """Look through the JSON *columns* of the relation *source*; good until the next is staged."""
    found: dict[tuple[str, str], str] = {}
    odd: set[str] = set()
    for column in (column for column in columns if fact(column, "json")):
        text, is_extra = f"{column.name}::VARCHAR", column.name == EXTRA.name
        odd_text = f"{SPELT}|{VALUELESS}" if is_extra else SPELT
        read = f"SELECT DISTINCT {text} FROM {source} WHERE regexp_matches({text}, '{odd_text}')"
        content = extra_content if is_extra else json_content
        for (spelt,) in sql.execute(read).fetchall():
            if (plain := content(spelt)) != spelt:
                found[_of_extra(column), spelt] = plain
                odd.add(column.name)
    staged = {
        "of_extra": pa.array([kind == "true" for kind, _ in found], pa.bool_()),
        "text": pa.array([spelt for _, spelt in found], pa.string()),
        "content": pa.array([*found.values()], pa.string()),
    }
    sql.register("contents_in", pa.table(staged))
    sql.execute("CREATE OR REPLACE TEMP TABLE contents AS FROM contents_in")
    sql.unregister("contents_in")
    return Contents(frozenset(odd))


def _of_extra(column: pa.Field) -> str:
    return "true" if column.name == EXTRA.name else "false"
