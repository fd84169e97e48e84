"""Under which names a flat object may have the relationships of a table. Pure.

A flat object has no `relationships`: a to-one is `NAME_id` or `nameId`, a to-many a list of ids under such a name. Only
the table knows which members those are; any other is an attribute.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from schemas.table import fact, left_out

from ..catalogue.endpoint import Endpoint

SEPARATED = re.compile(r"(?<![0-9])[_-]([a-z0-9])|[_-]([a-z])")
IRREGULAR = {"children": "child"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """Of one table: a member's name in camelCase -> what it is.

    Args:
        attributes: known ones.
        relations: known relationships, in whatever spelling.
        ones: to-one relationships.
        types: the type at the other end of one.
        many: to-many relationships.
        typed: whether the type of a resource is stored, so that none may lack it.
    """

    attributes: frozenset[str]
    relations: frozenset[str]
    ones: dict[str, str]
    types: dict[str, str]
    many: dict[str, str]
    typed: bool


def camel_of(name: str) -> str:
    """`account_amount` and `account-amount` -> `accountAmount`. Between two digits nothing is joined: `1-12`."""
    return SEPARATED.sub(lambda found: (found[1] or found[2]).upper(), name) if "_" in name or "-" in name else name


def singular(name: str) -> str:
    """`depositories` -> `depository`."""
    if name in IRREGULAR:
        return IRREGULAR[name]
    return name.removesuffix("ies") + "y" if name.endswith("ies") else name.removesuffix("s")


@lru_cache(maxsize=256)
def _names(schema_api: tuple[str, ...], hidden: frozenset[str], elsewhere: frozenset[str]) -> Names:
    attributes = hidden | {path.split("/")[1] for path in schema_api if path.startswith("attributes/")}
    relations = {path.split("/")[1] for path in schema_api if path.startswith("relationships/")}
    ones = {spelt: name for name in sorted(relations) for spelt in _spellings(name)}
    return Names(
        attributes=frozenset(attributes),
        relations=frozenset(relations | elsewhere),
        ones=_without(attributes, ones),
        types=_without(attributes, {f"{camel_of(name)}Type": name for name in sorted(relations)}),
        many=_without(attributes, {spelt: name for name in sorted(elsewhere) for spelt in _many_spellings(name)}),
        typed="type" in schema_api,
    )


def names_of(endpoint: Endpoint) -> Names:
    """The names of an endpoint's table."""
    paths = tuple(path for column in endpoint.schema for path in fact(column, "api").split())
    return _names(paths, left_out(endpoint.schema), endpoint.elsewhere)


def _spellings(name: str) -> Iterable[str]:
    plain = camel_of(name)
    return plain, f"{plain}Id"


def _many_spellings(name: str) -> Iterable[str]:
    one = singular(name)
    return name, f"{name}Id", f"{name}Ids", f"{one}Id", f"{one}Ids"


def _without(attributes: Iterable[str], found: dict[str, str]) -> dict[str, str]:
    known = set(attributes)
    return {name: relation for name, relation in found.items() if name not in known}
