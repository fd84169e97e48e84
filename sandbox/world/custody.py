"""Custodian authorities with their flows and files, and invites of users. Pure."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from random import Random
from uuid import UUID

from .instruments import day
from .jsontext import Document, Json
from .kinds import string
from .rows import new_id
from .world import Entity, Link, World

BANKS = ("nordea", "saxo", "zkb")
STATUSES = (
    "waiting-for-files",
    "waiting-for-consent",
    "awaiting-aleta",
    "awaiting-custodian",
    "active",
    "revoke-in-progress",
    "revoked",
    "cancelled",
    "suspended",  # nobody documented this one
)


def flows(rng: Random, _: World) -> Iterator[Entity]:
    """A custodian, which no path returns, and its authorisation flow; ids are slugs."""
    for bank in BANKS:
        custodian = Entity(collection="custodians", id=new_id(rng), attributes={})
        yield custodian
        files: Json = [
            {"name": name, "description": string(rng), "fileType": "application/pdf"}
            for name in ("power-of-attorney", "Paß / Kopie")[: rng.randint(0, 2)]
        ]
        attributes: Document = {"expectedFiles": files, "supportedConsentTypes": ["all", "specific"]}
        links: dict[str, Link] = {"custodian": custodian.id}
        yield Entity(collection="custodian_auth_flows", id=f"{bank}-20260630", attributes=attributes, links=links)


def authorities(rng: Random, world: World) -> Iterator[Entity]:
    """Up to two for each legal entity, with the files sent so far."""
    below, flows_known = _depositories(world), world.ids("custodian_auth_flows")
    for owner in world.ids("legal_entities"):
        for _ in range(rng.randint(0, 2)):
            made = _authority(rng, world.entities[rng.choice(flows_known)], owner, below.get(owner, []))
            yield made
            yield from (_file(rng, made.id) for _ in range(rng.randint(0, 2)))


def _depositories(world: World) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for entity in world.entities.values():
        if entity.collection == "depositories" and entity.parent_id:
            found.setdefault(entity.parent_id, []).append(entity.id)
    return found


def _authority(rng: Random, flow: Entity, owner: str, depositories: list[str]) -> Entity:
    status = rng.choice(STATUSES)
    linked: Json = [
        {"depositoryNumber": f"VP{rng.randint(0, 999):06d}", "depositoryId": ident, "status": "active"}
        if status == "active"
        else {"depositoryNumber": string(rng), "depositoryId": None, "status": "in-progress"}
        for ident in depositories
    ]
    pending: Json = ["power-of-attorney"] if status == "waiting-for-files" else []
    return Entity(
        collection="custodian_authorities",
        id=str(UUID(int=rng.getrandbits(128), version=4)),
        parent_id=owner,
        attributes={"status": status, "pendingFiles": pending, "linkedDepositories": linked},
        links={"custodian": flow.links["custodian"], "custodianAuthFlow": flow.id},
    )


def _file(rng: Random, authority: str) -> Entity:
    attributes: Document = {
        "hash": f"{rng.getrandbits(256):064x}",
        "name": "power-of-attorney",
        "filename": f"Vollmacht «{rng.randint(1, 99)}».pdf",
        "uploadedAt": f"{day(rng)}T07:05:18{rng.choice(('Z', '', '.123+02:00'))}",
    }
    return Entity(collection="custodian_authority_files", id=new_id(rng), parent_id=authority, attributes=attributes)


def invites(rng: Random, world: World) -> Iterator[Entity]:
    """One each for two users in three; `link` is as sensitive as a password: storing it fails a test."""
    for user in world.ids("users"):
        if rng.random() < 2 / 3:
            attributes: Document = {
                "state": rng.choice(("valid", "used", "expired", "cancelled")),
                "link": f"https://platform.example/invite/{rng.getrandbits(128):032x}",
                "restrictedToIdentityProvider": rng.choice(("apple", "google", "microsoft", "")),
                "restrictedToEmail": f"ü{rng.randint(1, 99)}@example.com",
                "expiration": f"{day(rng)}T00:00:00Z",
            }
            yield Entity(collection="invites", id=new_id(rng), parent_id=user, attributes=attributes)


def repeated_id(legal_entity: str, turn: int) -> str:
    """The id of a custodian's row: base64, and the same on many rows."""
    return b64encode(f"{legal_entity[:20]}{turn % 3:04d}".encode()).decode()
