"""The seeded world of one tenant: objects, and the rows of every account. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from random import Random
from typing import TypeAlias
from uuid import UUID

from ..settings import DAY_LIMIT, SandboxSettings
from .jsontext import Document, Num
from .ordinary_rows import FUND, OrdinaryComposer, ordinary_rows
from .rows import Calendar, Composer, PlainComposer, Row, new_id, plain_rows, shares, varied_rows

CURRENCIES = ("DKK", "EUR", "USD", "CHF", "SEK", "JPY")
NAMES = ("Andersen", "Øst & Søn", "Müller", "O'Neill", "Łukasz", "佐藤", "de la Tour", "Strauß", "Holm", "Ibsen")
INSTRUMENT_KINDS = ("bond-instrument", "index-linked-bond-instrument", "loan-instrument", "stock-instrument")
ONE_DAY_ROWS = 10

Link: TypeAlias = str | tuple[str, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """A kind of object: its JSON:API type, its relationship to its parent, and those to its children."""

    type: str
    parent_link: str = ""
    child_links: Mapping[str, str] = field(default_factory=dict)
    in_lists: bool = True  # whether lists show the child links, or only the object's own address


COLLECTIONS: Mapping[str, Collection] = {
    "clients": Collection(
        type="client", child_links={"legalEntities": "legal_entities", "reportingEntities": "reporting_entities"}
    ),
    "legal_entities": Collection(
        type="legal-entity",
        parent_link="client",
        child_links={"accounts": "accounts", "depositories": "depositories"},
    ),
    "accounts": Collection(type="account", parent_link="legalEntity"),
    "depositories": Collection(type="depository", parent_link="legalEntity"),
    "reporting_entities": Collection(
        type="reporting-entity", parent_link="client", child_links={"portfolios": "portfolios"}, in_lists=False
    ),
    "portfolios": Collection(type="portfolio", parent_link="reportingEntity"),
    "users": Collection(type="user", parent_link="client"),
    "invites": Collection(type="invite", parent_link="user"),
    "limits": Collection(type="limit", parent_link="client"),
    "custodians": Collection(type="custodian"),
    "custodian_auth_flows": Collection(type="custodian-auth-flow"),
    "custodian_authorities": Collection(type="custodian-authority", parent_link="legalEntity"),
    "custodian_authority_files": Collection(type="custodian-authority-file", parent_link="custodianAuthority"),
    "instrument_classes": Collection(type="instrument-class"),
    "instrument_classes_detailed": Collection(type="instrument-class-detailed"),
    "instruments": Collection(type="instrument"),  # every one says its own type
    "commitments": Collection(type="commitment", parent_link="instrument"),
}
CRAWLED = tuple(COLLECTIONS)[:7]
"""The tables that a crawl finds: from `clients` to `users`."""


@dataclass(slots=True, kw_only=True)
class Entity:
    """One object; *links* are relationships beyond those to parent and children, *type* is its own where it has one."""

    collection: str
    id: str
    parent_id: str | None = None
    attributes: Document
    links: dict[str, Link] = field(default_factory=dict)
    type: str = ""

    def snapshot(self) -> Entity:
        """A copy that later changes do not reach."""
        return replace(self, attributes=dict(self.attributes), links=dict(self.links))


@dataclass(slots=True, kw_only=True)
class World:
    """Everything a tenant has when the sandbox starts."""

    entities: dict[str, Entity]
    rows: list[Row]
    composer: Composer | PlainComposer
    first: int
    today: int

    def ids(self, collection: str) -> list[str]:
        return [entity.id for entity in self.entities.values() if entity.collection == collection]


def build(settings: SandboxSettings, *, tenant: str, today: date) -> World:
    """The world of *tenant*: the same for the same settings and day, another for another seed or tenant."""
    rng = Random(f"{settings.seed}:{tenant}")
    entities = {entity.id: entity for entity in _entities(rng, settings.accounts)}
    depositories = {
        entity.id: tuple(entity.links["depositories"] or ()) for entity in entities.values() if _is_account(entity)
    }
    kinds = (*INSTRUMENT_KINDS, FUND) if settings.ordinary else INSTRUMENT_KINDS
    instruments = [(rng.choice(kinds), new_id(rng)) for _ in range(settings.instruments)]
    composer = writer(settings)(settings=settings, depositories=depositories, instruments=instruments)
    last = today.toordinal()
    world = World(entities=entities, rows=[], composer=composer, first=last - settings.years * 365, today=last)
    world.rows.extend(_rows(rng, settings, world))
    return world


def writer(settings: SandboxSettings) -> type[Composer | PlainComposer]:
    """What composes the transactions of such a world."""
    if settings.plain:
        return PlainComposer
    return OrdinaryComposer if settings.ordinary else Composer


def _is_account(entity: Entity) -> bool:
    return entity.collection == "accounts"


def account(rng: Random, legal_entity: str, depositories: tuple[str, ...] = ()) -> Entity:
    """A new account of *legal_entity*."""
    attributes: Document = {
        "externalIdentifier": f"{rng.randint(0, 99):08d}",  # not unique: two banks may use one number
        "ccyCode": rng.choice(CURRENCIES),
        "excludeFromReporting": rng.random() < 1 / 10,
    }
    if rng.random() < 2 / 3:
        attributes["name"] = f"{rng.choice(NAMES)} {rng.choice(CURRENCIES)}"
    if rng.random() < 1 / 4:  # nobody documented these
        attributes |= {
            "overdraftLimit": Num("12345678901234567890.10"),
            "bank": {"bic": "NDEADKKK", "tags": ["a", None]},
        }
    return Entity(
        collection="accounts",
        id=new_id(rng),
        parent_id=legal_entity,
        attributes=attributes,
        links={"depositories": depositories, "depository": depositories[0] if depositories else None},
    )


def named(rng: Random, collection: str, parent_id: str | None = None, **links: Link) -> Entity:
    """A new object that has nothing but a name."""
    attributes: Document = {"name": f"{rng.choice(NAMES)} {rng.randint(1, 999)}"}
    return Entity(collection=collection, id=new_id(rng), parent_id=parent_id, attributes=attributes, links=links)


def _entities(rng: Random, accounts: int) -> Iterator[Entity]:
    clients = _clients(rng, max(1, accounts // 10))
    yield from clients
    owners = [named(rng, "legal_entities", client.id) for client in clients for _ in range(rng.randint(2, 3))]
    yield from owners
    held_by_client: dict[str, list[Entity]] = {client.id: [] for client in clients}
    for place in range(accounts):
        owner = owners[place % len(owners)]
        below = list(_holdings_of(rng, owner.id))
        assert owner.parent_id is not None
        held_by_client[owner.parent_id] += below
        yield from below
    for client in clients:
        yield from _views(rng, client.id, held_by_client[client.id])


def _clients(rng: Random, count: int) -> list[Entity]:
    clients = [named(rng, "clients", parent=None, children=()) for _ in range(count)]
    for child in clients[count // 2 + 1 :]:
        above = rng.choice(clients[: count // 2 + 1])
        child.links["parent"] = above.id
        above.links["children"] = (*(above.links["children"] or ()), child.id)
    return clients


def _holdings_of(rng: Random, owner: str) -> Iterator[Entity]:
    depositories = [named(rng, "depositories", owner) for _ in range(rng.choice((0, 1, 1, 2)))]
    cash = account(rng, owner, tuple(depository.id for depository in depositories))
    for depository in depositories:
        depository.attributes["externalIdentifier"] = f"VP{rng.randint(0, 999):06d}"
        depository.links["accounts"] = (cash.id,)
    yield from depositories
    yield cash


def _views(rng: Random, client: str, below: list[Entity]) -> Iterator[Entity]:
    views = [named(rng, "reporting_entities", client) for _ in range(rng.randint(1, 2))]
    yield from views
    for view in views:
        for _ in range(rng.randint(1, 3)):
            yield named(
                rng,
                "portfolios",
                view.id,
                accounts=tuple(entity.id for entity in below if _is_account(entity) and rng.random() < 1 / 2),
                depositories=tuple(entity.id for entity in below if not _is_account(entity) and rng.random() < 1 / 2),
            )
    for _ in range(rng.randint(0, 3)):
        yield _user(rng, client, tuple(view.id for view in views if rng.random() < 2 / 3))


def _user(rng: Random, client: str, reads: tuple[str, ...]) -> Entity:
    first, last = rng.choice(NAMES), rng.choice(NAMES)
    return Entity(
        collection="users",
        id=str(UUID(int=rng.getrandbits(128), version=4)),
        parent_id=client,
        attributes={"firstName": first, "lastName": last, "contactEmail": f"u{rng.randint(1, 999)}@example.com"},
        links={"readAccessToReportingEntities": reads},
    )


def _rows(rng: Random, settings: SandboxSettings, world: World) -> Iterator[Row]:
    accounts = world.ids("accounts")
    rng.shuffle(accounts)
    one_day = accounts.pop() if len(accounts) > 3 else None  # noqa: PLR2004 - a tiny world has no special accounts
    if one_day:
        accounts.pop()  # and this one stays without rows
    few = min(ONE_DAY_ROWS, settings.rows) if one_day else 0
    weights = [(place + 1) ** -settings.skew for place in range(len(accounts))]
    most = (world.today - world.first + 1) * DAY_LIMIT // 3
    counts = dict(zip(accounts, shares(settings.rows - few, weights, most), strict=True))
    yield from _spread(rng, world, counts)
    if one_day:
        yield from _one_day(rng, world, one_day, few)
    if settings.busy_day:
        yield from _one_day(rng, world, accounts[0], (settings.row_cap or 300) + 7)


def _spread(rng: Random, world: World, counts: Mapping[str, int]) -> Iterator[Row]:
    if isinstance(world.composer, PlainComposer):
        prefix = f"{rng.getrandbits(32):08x}"
        return plain_rows(prefix, world.composer, counts, world.first, world.today)
    calendar = Calendar(rng=rng, first=world.first, today=world.today)
    if isinstance(world.composer, OrdinaryComposer):
        return ordinary_rows(rng, world.composer, counts, calendar)
    return varied_rows(rng, world.composer, counts, calendar)


def _one_day(rng: Random, world: World, account: str, count: int) -> Iterator[Row]:
    day = rng.randint(world.first, world.today - 40)
    for _ in range(count):
        yield world.composer.row(rng, account=account, trade=day, value=day)
