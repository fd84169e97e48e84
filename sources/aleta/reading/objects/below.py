"""What hangs below chosen clients, where a run reads these alone. Pure.

Below a client is what the API lists under its own id: its legal and its reporting structure, and the rows of these.
Clients that its relationships `parent` and `children` name are clients of their own: they are not below it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from ...catalogue.endpoint import Endpoint

ROOT = "clients"


def endpoints_below(endpoints: Sequence[Endpoint]) -> list[Endpoint]:
    """Without lists that hang below no client, and without what hangs below those."""
    kept: dict[str, Endpoint] = {}
    for endpoint in endpoints:  # parents come first
        if endpoint.parent in kept or endpoint.name == ROOT or endpoint.named_in:
            kept[endpoint.name] = endpoint
    return list(kept.values())


def is_below(endpoints: Mapping[str, Endpoint], name: str) -> bool:
    """Whether what the endpoint *name* lists are clients, or hangs below one."""
    while name and name != ROOT:
        name = endpoints[name].parent
    return name == ROOT


def client_above(
    endpoints: Mapping[str, Endpoint], members: Mapping[str, Mapping[str, str]], name: str, own_id: str
) -> str:
    """The client that an object *own_id* of the endpoint *name* is below; empty where *members* do not tell."""
    while name != ROOT and own_id:
        above = members.get(name, {}).get(own_id) or ""  # an object that was read by its id may name no parent
        own_id, name = above, endpoints[name].parent if name in endpoints else ""
    return own_id


def members_below(
    endpoints: Sequence[Endpoint], members: Mapping[str, Mapping[str, str]], clients: Collection[str]
) -> dict[str, set[str]]:
    """Of the *members* of each endpoint, id -> id of its parent, those below *clients*."""
    below: dict[str, set[str]] = {}
    for endpoint in endpoints:
        own = members.get(endpoint.name, {})
        if endpoint.name == ROOT:
            below[ROOT] = set(clients) & own.keys()
        elif endpoint.parent:
            parents = below.get(endpoint.parent, set())
            below[endpoint.name] = {own_id for own_id, parent_id in own.items() if parent_id in parents}
    return below
