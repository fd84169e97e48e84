"""What the API shows of a world now: objects, the date filter, the row cap. Pure."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from random import Random
from typing import TypeAlias

from .jsontext import Document, Json, dump, exact
from .rows import Row
from .settings import DAY_LIMIT, SandboxSettings
from .world import COLLECTIONS, Entity, Link, World

Object: TypeAlias = dict[str, object]
Filter: TypeAlias = Callable[[bytes], bool] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What the API shows now: id -> JSON:API object, every number a Decimal."""

    clients: dict[str, Object]
    legal_entities: dict[str, Object]
    accounts: dict[str, Object]
    depositories: dict[str, Object]
    reporting_entities: dict[str, Object]
    portfolios: dict[str, Object]
    users: dict[str, Object]
    transactions: dict[str, Object]


class Track:
    """Rows sorted by one of their dates."""

    def __init__(self, rows: list[Row], date_name: str) -> None:
        self._date = date_name
        self.rows = sorted(rows, key=self._day)
        self.days = array("l", map(self._day, self.rows))

    def between(self, first: int, last: int) -> list[Row]:
        """The rows of *first* to *last*, both included, by date."""
        return self.rows[bisect_left(self.days, first) : bisect_right(self.days, last)]

    def add(self, row: Row) -> None:
        day = self._day(row)
        place = bisect_right(self.days, day)
        self.days.insert(place, day)
        self.rows.insert(place, row)

    def remove(self, row: Row) -> None:
        place = bisect_left(self.days, self._day(row))
        while self.rows[place].id != row.id:
            place += 1
        del self.days[place], self.rows[place]

    def _day(self, row: Row) -> int:
        return row.trade if self._date == "trade" else row.value


class Ledger:
    """The rows that one account lists, sorted by either date."""

    def __init__(self, rows: list[Row]) -> None:
        self.tracks = {name: Track(rows, name) for name in ("trade", "value")}

    @property
    def rows(self) -> list[Row]:
        return self.tracks["trade"].rows

    def add(self, row: Row) -> None:
        for track in self.tracks.values():
            track.add(row)

    def remove(self, row: Row) -> None:
        for track in self.tracks.values():
            track.remove(row)

    def has_room(self, trade: int, value: int) -> bool:
        """Whether one more row on these days keeps every cap >= 20 satisfiable."""
        days = {"trade": trade, "value": value}
        return all(len(track.between(days[name], days[name])) < DAY_LIMIT for name, track in self.tracks.items())


class Store:
    """The objects and rows of one tenant, and which of them the API shows. Not thread-safe."""

    def __init__(self, world: World, *, seed: str) -> None:
        self.entities = dict(world.entities)
        self.composer, self.first, self.today = world.composer, world.first, world.today
        self.rng, self.shuffler = Random(f"{seed}:mutations"), Random(f"{seed}:order")
        self._seed, self._nights = seed, 0
        self.gone: set[str] = set()
        self.forbidden: set[str] = set()
        self._children: dict[tuple[str | None, str], list[str]] = {}
        for entity in self.entities.values():
            self._file(entity)
        listed: dict[str, list[Row]] = {one: [] for one in world.ids("accounts")}
        for row in world.rows:
            for account in row.accounts:
                listed[account].append(row)
        self.ledgers = {account: Ledger(rows) for account, rows in listed.items()}

    def begin_night(self, night_seed: int) -> None:
        """Draw from *night_seed* from now on, but never the ids of another night or tenant."""
        self._nights += 1
        self.rng = Random(f"{self._seed}:{self._nights}:{night_seed}")

    # -- objects

    def shown(self, ident: str | None, collection: str = "") -> bool:
        """Whether the API knows an object: it and everything above it exists (in *collection*, if given)."""
        entity = self.entities.get(ident or "")
        if entity is None or entity.id in self.gone or (collection and entity.collection != collection):
            return False
        return entity.parent_id is None or self.shown(entity.parent_id)

    def listed(self, collection: str, parent_id: str | None) -> list[Entity]:
        """The objects of *collection* right below *parent_id* (None: at the top) that the API shows."""
        below = self._children.get((parent_id, collection), [])
        return [self.entities[one] for one in below if self.shown(one)]

    def every(self, collection: str) -> list[Entity]:
        """All objects of *collection* that the API shows."""
        return [one for one in self.entities.values() if one.collection == collection and self.shown(one.id)]

    def create(self, entity: Entity) -> None:
        self.entities[entity.id] = entity
        self._file(entity)
        if entity.collection == "accounts":
            self.ledgers[entity.id] = Ledger([])

    def render(self, entity: Entity, *, in_list: bool = False) -> Document:
        """The JSON:API object; linkages name only what is shown."""
        shape = COLLECTIONS[entity.collection]
        links: dict[str, Link] = dict(entity.links)
        if shape.parent_link:
            links[shape.parent_link] = entity.parent_id
        if shape.in_lists or not in_list:
            for name, below in shape.child_links.items():
                links[name] = tuple(one.id for one in self.listed(below, entity.id))
        relations: Document = {name: {"data": self._linkage(link)} for name, link in links.items()}
        return {"type": shape.type, "id": entity.id, "attributes": entity.attributes, "relationships": relations}

    def _linkage(self, link: Link) -> Json:
        if isinstance(link, tuple):
            return [self._identifier(one) for one in link if self.shown(one)]
        return self._identifier(link) if link and self.shown(link) else None

    def _identifier(self, ident: str) -> Document:
        return {"type": COLLECTIONS[self.entities[ident].collection].type, "id": ident}

    def _file(self, entity: Entity) -> None:
        self._children.setdefault((entity.parent_id, entity.collection), []).append(entity.id)

    # -- rows

    def readable(self) -> dict[str, Ledger]:
        """The ledgers of the accounts that are shown and not forbidden."""
        return {one: rows for one, rows in self.ledgers.items() if self.shown(one) and one not in self.forbidden}

    def rows(self) -> Iterator[Row]:
        """Every row that some readable account lists, once."""
        seen: set[str] = set()
        for ledger in self.readable().values():
            for row in ledger.rows:
                if len(row.accounts) == 1 or row.id not in seen:
                    yield row
                if len(row.accounts) > 1:
                    seen.add(row.id)

    def select(self, account: str, span: tuple[int, int], *, settings: SandboxSettings, like: Filter) -> list[Row]:
        """The rows of *account* in *span*, both ends included, cut to the cap without a sign, in any order."""
        found = self.ledgers[account].tracks[settings.date_filter].between(*span)
        found = [row for row in found if like(row.body)] if like else found
        kept = self._capped(found, settings.row_cap, settings.keep)
        self.shuffler.shuffle(kept)
        return kept

    def _capped(self, rows: list[Row], cap: int, keep: str) -> list[Row]:
        if not cap or len(rows) <= cap:
            return rows
        if keep == "random":
            return self.shuffler.sample(rows, cap)
        return rows[:cap] if keep == "first" else rows[-cap:]

    def put(self, row: Row) -> None:
        for account in row.accounts:
            self.ledgers[account].add(row)

    def take(self, row: Row) -> None:
        for account in row.accounts:
            self.ledgers[account].remove(row)

    def find(self, ident: str) -> Row:
        """The row with this id, shown or not.

        Raises:
            KeyError: there is none.
        """
        found = (row for ledger in self.ledgers.values() for row in ledger.rows if row.id == ident)
        for row in islice(found, 1):
            return row
        raise KeyError(ident)

    # -- the truth

    def objects(self) -> dict[str, dict[str, str]]:
        """What the API shows now: table -> id -> JSON text."""
        shown = {name: {one.id: dump(self.render(one)) for one in self.every(name)} for name in COLLECTIONS}
        return {**shown, "transactions": {row.id: row.body.decode() for row in self.rows()}}

    def truth(self) -> Truth:
        parsed = {name: {one: exact(text) for one, text in rows.items()} for name, rows in self.objects().items()}
        return Truth(**parsed)
