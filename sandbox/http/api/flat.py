"""JSON:API resources as v1 may spell them: as they are, or flat, in snake_case or camelCase. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable

from ...world.jsontext import Document, Json, inner

SPELLINGS = ("jsonapi", "snake", "camel", "mixed")


def flattened(item: Document, spelling: str) -> Document:
    """*item* in one of `SPELLINGS`; `mixed` chooses by its id."""
    if spelling == "mixed":
        spelling = SPELLINGS[sum(map(ord, str(item.get("id", "")))) % 3]
    if spelling == "jsonapi":
        return item
    spelt = _snake if spelling == "snake" else _camel
    flat: Document = {"id": item["id"], "type": item["type"]}
    if "attributes" in item:
        flat |= {spelt(name): _deep(value, spelt) for name, value in inner(item, "attributes").items()}
    if "relationships" in item:
        for name, relation in inner(item, "relationships").items():
            flat |= _linked(name, relation, spelt)
    return flat


def without_nulls(item: Document) -> Document:
    """*item* without the attributes and relationships that are null."""
    kept = dict(item)
    if "attributes" in item:
        kept["attributes"] = {name: value for name, value in inner(item, "attributes").items() if value is not None}
    if "relationships" in item:
        linked = inner(item, "relationships")
        kept["relationships"] = {name: relation for name, relation in linked.items() if not _is_null(relation)}
    return kept


def _is_null(relation: Json) -> bool:
    return isinstance(relation, dict) and "data" in relation and relation["data"] is None


def _linked(name: str, relation: Json, spelt: Callable[[str], str]) -> Document:
    """A to-one as `NAME_id`; a to-many as a list, under `NAME_id` or, in camelCase, under the singular and `Ids`."""
    if not isinstance(relation, dict) or ("data" not in relation and "id" not in relation):
        return {}
    target = relation.get("data", relation)
    if isinstance(target, list):
        ids: list[Json] = [member["id"] for member in target if isinstance(member, dict)]
        return {f"{spelt(name)}_id" if spelt is _snake else f"{_singular(_camel(name))}Ids": ids}
    own_id = target["id"] if isinstance(target, dict) else None
    return {f"{spelt(name)}_id" if spelt is _snake else f"{_camel(name)}Id": own_id}


def _singular(name: str) -> str:
    if name == "children":
        return "child"
    return name[:-3] + "y" if name.endswith("ies") else name.removesuffix("s")


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", lambda found: f"_{found[1].lower()}", name).replace("-", "_")


def _camel(name: str) -> str:
    return re.sub(r"[_-]([a-z0-9])", lambda found: found[1].upper(), name)


def _deep(value: Json, spelt: Callable[[str], str]) -> Json:
    if isinstance(value, dict):
        return {spelt(name): _deep(inside, spelt) for name, inside in value.items()}
    return [_deep(part, spelt) for part in value] if isinstance(value, list) else value
