"""Lists without windows, held against whatever names their members (rules L1 and L3). Pure.

A list has no dates to split it by: whether it was truncated shows only in members that something else names, in its
length, or not at all.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..catalogue.endpoint import Endpoint
from ..jsonapi.answer import Answer

RELATIONS = {"children": "clients"}
"""Relationships whose name is not that of the endpoint of their members."""

SMALLEST_SUSPICIOUS = 20
"""Shorter lists often have the same length for no reason: families have as many accounts as families have."""

UNLIKELY = 0.01
"""How improbable a repeated length must be before it counts as a cap (as for windows, rule W6)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRead:
    """One list as it came.

    Args:
        length: members that it showed.
        named: members that the parent's own relationship names; None where it does not say.
        missed: members of this parent that the list left out, and that answered when asked for by themselves.
    """

    resource: str
    parent_id: str
    length: int
    named: int | None = None
    missed: int = 0


def names(endpoint: Endpoint, answer: Answer, endpoints: Mapping[str, Endpoint]) -> Iterator[tuple[str, str, str]]:
    """What *answer* names: endpoint, id, and the id of the object that names it as its own (else empty)."""
    for relation, owners in answer.related.items():
        other = RELATIONS.get(relation) or _snake(relation)
        if other not in endpoints:
            continue
        owned = endpoints[other].parent == endpoint.name
        for owner, ids in owners.items():
            yield from ((other, own_id, owner if owned else "") for own_id in ids)


def named_by_parent(endpoint: Endpoint, child: Endpoint, answer: Answer) -> Mapping[str, int]:
    """How many members of *child* each object of *answer* says it has; objects that do not say are left out."""
    return {
        owner: len(set(ids))
        for relation, owners in answer.related.items()
        if (RELATIONS.get(relation) or _snake(relation)) == child.name and child.parent == endpoint.name
        for owner, ids in owners.items()
    }


def truncated(lists: Sequence[ListRead], caps: Collection[int]) -> list[tuple[ListRead, str]]:
    """The lists that may have been truncated and cannot be shown to be whole (rule L3), each with the reason.

    Args:
        caps: row caps that answers of this API proved, whatever they were asked for.
    """
    longest = max((each.length for each in lists), default=0)
    repeated = _repeated([each.length for each in lists])
    vouched = _vouched(lists)
    found = []
    for each in lists:
        if id(each) in vouched:
            continue  # whoever is named was asked for by itself: all are here, or the failure is told
        if each.missed:
            found.append((each, f"{each.missed} of its members were left out, and nothing names all of them"))
        elif each.length in caps and each.length == longest:
            found.append((each, f"it has exactly the {each.length} rows that this API's answers are capped at"))
        elif each.length in repeated and each.named != each.length:
            found.append((each, f"lists of exactly {each.length} rows repeat, and none is longer"))
    return found


def _vouched(lists: Sequence[ListRead]) -> set[int]:
    """Lists whose parent names more members than the list showed, where parents can be relied on to name all.

    A relationship that names fewer than the list shows is truncated or left empty itself: then none of that resource
    proves anything. Nor does one whose length looks like a cap.
    """
    trusted: set[int] = set()
    for resource in {each.resource for each in lists}:
        named = [each for each in lists if each.resource == resource and each.named is not None]
        if any((each.named or 0) < each.length for each in named):
            continue
        capped = _repeated([each.named or 0 for each in named])
        trusted |= {id(each) for each in named if (each.named or 0) > each.length and each.named not in capped}
    return trusted


def _repeated(given: Iterable[int]) -> set[int]:
    """The greatest length, where so many lists have it that chance does not explain it."""
    lengths = Counter(given)
    longest = max(lengths, default=0)
    times = lengths[longest]
    if longest < SMALLEST_SUSPICIOUS or times < 2:  # noqa: PLR2004 - once is no repetition
        return set()
    near = sum(count for length, count in lengths.items() if length != longest and 0.8 * longest <= length)
    width = longest - math.ceil(0.8 * longest) + 1
    expected = (near + 1) / width
    below = sum(math.exp(-expected) * expected**k / math.factorial(k) for k in range(times))
    return {longest} if (1 - below) * len(lengths) < UNLIKELY else set()


def _snake(relation: str) -> str:
    """`legalEntities` as the endpoint is called: legal_entities."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in relation).replace("-", "_")
