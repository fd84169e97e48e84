"""A tree of conditions as rows, one for each node, so that it can be queried. Pure.

The shape is that of a limit's filter (reference, section 11): `and` and `or` with `filters`, or a `condition` whose
type says what it compares (`country-code-is-not`) and whose other member holds the value.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import msgspec
import pyarrow as pa
from msgspec import Raw

from .canonical import canonical
from .envelope import Page, Resource, members

TYPE = "type"
_members = msgspec.json.Decoder(dict[str, Raw])
_list = msgspec.json.Decoder(list[Raw])
_text = msgspec.json.Decoder(str)


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One node: `0` is the root, `0.1` its second child."""

    path: str
    parent_path: str | None
    operator: str
    field: str | None = None
    values: str | None = None


def unfold(page: Page, attributes: Sequence[str], schema: pa.Schema) -> pa.RecordBatch:
    """Rows of *schema* (`limit_conditions`) for the trees in the first of *attributes* that a resource gives.

    A tree of another shape yields the nodes that could be read; the attribute's own JSON column holds all of it.
    """
    rows = [
        (resource.id, node.path, node.parent_path, node.operator, node.field, node.values)
        for resource in page
        for node in nodes(_given(resource, attributes))
    ]
    names = ("limit_id", "path", "parent_path", "operator", "field", "values")
    columns = zip(*rows, strict=True) if rows else [()] * len(names)
    arrays = [pa.array(list(column), pa.string()) for column in columns]
    return pa.RecordBatch.from_arrays(arrays, schema=pa.schema([schema.field(name) for name in names]))


def _given(resource: Resource, attributes: Sequence[str]) -> Raw:
    said = (members(resource.attributes).get(name) for name in attributes)
    return next((tree for tree in said if tree is not None and bytes(tree) != b"null"), Raw(b"null"))


def nodes(tree: Raw, path: str = "0", parent_path: str | None = None) -> Iterator[Node]:
    """The nodes of *tree*, a parent before its children."""
    parts = _object(tree)
    kind = _string(parts.get(TYPE))
    if kind is None:
        return
    below = parts.get("filters")
    if below is not None and bytes(below)[:1] == b"[":
        yield Node(path=path, parent_path=parent_path, operator=kind)
        for place, child in enumerate(_list.decode(below)):
            yield from nodes(child, f"{path}.{place}", path)
        return
    condition = _object(parts["condition"]) if "condition" in parts else parts
    yield _leaf(condition, kind, path, parent_path)


def _kebab(name: str) -> str:
    """A member's name as v2 spells it (`country-code`), whichever track it came from."""
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name).replace("_", "-").strip("-")


def _leaf(condition: dict[str, Raw], kind: str, path: str, parent_path: str | None) -> Node:
    named = {_kebab(name): value for name, value in condition.items() if name != TYPE}
    said = {name: canonical(value).decode() for name, value in sorted(named.items())}
    operator = _string(condition.get(TYPE)) or kind
    if len(said) == 1:
        [(field, value)] = said.items()
        values = value if value[:1] == "[" else f"[{value}]"
        return Node(path=path, parent_path=parent_path, operator=operator, field=field, values=values)
    whole = ",".join(f"{msgspec.json.encode(name).decode()}:{value}" for name, value in said.items())
    return Node(path=path, parent_path=parent_path, operator=operator, values=f"[{{{whole}}}]" if said else None)


def _object(raw: Raw | None) -> dict[str, Raw]:
    return _members.decode(raw) if raw is not None and bytes(raw)[:1] == b"{" else {}


def _string(raw: Raw | None) -> str | None:
    return _text.decode(raw) if raw is not None and bytes(raw)[:1] == b'"' else None
