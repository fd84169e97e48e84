"""Ids that rows name of what nothing lists, and how they are kept in dlt resource state. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, MutableMapping
from typing import Any, TypeAlias

import pyarrow as pa

from ..catalogue.catalogue import CATALOGUE
from ..catalogue.endpoint import Endpoint

State: TypeAlias = MutableMapping[str, Any]  # JSON that dlt stores
NAMED = "named"  # key in the state of the resource whose rows name them; renaming it would lose them
MET = "met"  # the same in the state of what they are ids of, as earlier versions kept it; only read


def named_in(endpoint: Endpoint, batch: pa.RecordBatch) -> Mapping[str, set[str]]:
    """The ids in rows of *endpoint* that belong to endpoints without a list, by the name of these."""
    found: dict[str, set[str]] = {}
    for other in CATALOGUE.values():
        for table, column in other.places:
            if table == endpoint.name:
                found.setdefault(other.name, set()).update(batch[column].unique().to_pylist())
    return {name: ids - {None} for name, ids in found.items()}


def keep(state: State, named: Iterable[Mapping[str, Collection[str]]]) -> None:
    """Add *named* to the *state* of the resource whose rows name them, so that dlt stores it with these rows.

    Whether what they are ids of is selected is no matter: a later run may select it, and read these rows no more.

    Args:
        named: of many answers at a time: all that the state has is looked through.
    """
    found: defaultdict[str, set[str]] = defaultdict(set)
    for answer in named:
        for name, ids in answer.items():
            found[name].update(ids)
    for name, ids in found.items():
        kept = state.setdefault(NAMED, {})
        if new := ids.difference(kept.get(name, ())):
            kept[name] = sorted([*kept.get(name, ()), *new])


def kept(states: Iterable[State], own: State, endpoint: Endpoint) -> set[str]:
    """The ids of *endpoint* that rows of earlier runs named: *states* are those of all resources, *own* is its own."""
    return {*own.get(MET, ()), *(own_id for state in states for own_id in state.get(NAMED, {}).get(endpoint.name, ()))}
