"""A tenant's state, rendered as the API returns it. Pure."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

from ..settings import SandboxSettings
from ..world.jsontext import Document, Json, dump, exact, inner
from ..world.webhook_keys import jwks
from ..world.world import COLLECTIONS, CRAWLED, Entity
from .computed.resource import Key
from .computed.resources import RESOURCES, document, everything, renamed
from .tenant import TenantState
from .truth import BEYOND, Lazy, Object, Truth


class Store(TenantState):
    """The objects and rows of one tenant, and which of them the API returns. Not thread-safe."""

    def objects(self) -> dict[str, dict[str, str]]:
        """What a crawl finds now: table -> id -> JSON text."""
        shown = {name: {entity.id: dump(self.render(entity)) for entity in self.every(name)} for name in CRAWLED}
        return {**shown, "transactions": {row.id: row.body.decode() for row in self.rows()}}

    def texts(self, table: str, settings: SandboxSettings, *expand: str) -> dict[Key | str, str]:
        """The current rows of a table beyond the crawl: key -> JSON text.

        Raises:
            KeyError: no such table.
        """
        if table == "webhook_keys":
            return {key["kid"]: json.dumps(key) for key in self.keys()}
        if table in COLLECTIONS:
            return {entity.id: dump(shown(self, entity, settings)) for entity in self.every(table)}
        found = everything(self, RESOURCES[table], expand)
        return {item.key: dump(document(item, settings)) for item in found}

    def keys(self) -> list[dict[str, str]]:
        """The keys that webhooks are signed with."""
        return jwks(self.seed, self.key_rotations)

    def rotate_keys(self) -> str:
        """Withdraw the oldest key and sign with a new one from now on; its `kid`."""
        self.key_rotations += 1
        return self.keys()[-1]["kid"]

    def truth(self, settings: SandboxSettings | None = None) -> Truth:
        """What the API returns now; tables beyond the crawl are computed on access, as of now.

        Args:
            settings: None: the settings that the world was built from.
        """
        snapshot, names = self.snapshot(), settings or self.composer.settings
        tables: dict[str, Any] = {name: Lazy(partial(_parsed, snapshot, names, name)) for name in BEYOND}
        tables |= {name: {ident: exact(text) for ident, text in rows.items()} for name, rows in self.objects().items()}
        return Truth(**tables, expanded=partial(_parsed, snapshot, names))


def _parsed(store: Store, settings: SandboxSettings, table: str, *expand: str) -> dict[Key | str, Object]:
    return {key: exact(text) for key, text in store.texts(table, settings, *expand).items()}


def shown(state: TenantState, entity: Entity, settings: SandboxSettings, *, in_list: bool = False) -> Document:
    """The JSON:API object, its relationships named as *settings* say."""
    rendered = state.render(entity, in_list=in_list)
    relations = renamed(inner(rendered, "relationships"), settings.names, (entity.id,))
    return {**rendered, "relationships": relations}


def weakened(rendered: Document, collection: str, settings: SandboxSettings) -> Document:
    """*rendered*, naming as many members of its to-many relationships as *settings* let a parent name."""
    if settings.relationships == "full" or collection not in settings.relationships_of:
        return rendered
    relations = {name: _weak(value, settings) for name, value in inner(rendered, "relationships").items()}
    return {**rendered, "relationships": relations}


def _weak(relation: Json, settings: SandboxSettings) -> Json:
    members = relation.get("data") if isinstance(relation, dict) else None
    if not isinstance(members, list):
        return relation
    if settings.relationships == "links":
        return {"links": {"related": "https://platform.aleta.io/somewhere"}}
    return {"data": members[: settings.relationships_cut] if settings.relationships == "cut" else []}
