"""The data of a tenant: its objects, its rows, the date filter, the row cap. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from copy import copy
from itertools import islice
from random import Random
from typing import Self, TypeAlias, TypeVar

from ..settings import SandboxSettings
from ..world.amounts import PLAIN, as_number
from ..world.extras import extras
from ..world.jsontext import Document, Json, Num
from ..world.ledgers import Ledger
from ..world.ordinary import make_ordinary, ordinary_classes
from ..world.rows import Row
from ..world.world import COLLECTIONS, Entity, Link, World
from .caps import ROW_BYTES, Asked, cap_of
from .edits import Edits
from .uploads import Uploads

Filter: TypeAlias = Callable[[bytes], bool] | None
Listed = TypeVar("Listed")


class TenantState:
    """The objects and rows of one tenant, and which of them the API returns. Not thread-safe.

    Attributes:
        instruments_in: the instruments in each depository, and those of each portfolio without a depository.
        classes: instrument -> its class and its detailed class.
        computed_from: the first day of what Aleta computes.
        edits: edits of computed rows and series.
        uploads: what clients uploaded.
        ordinary: whether its figures are those of a real office.
    """

    def __init__(self, world: World, *, seed: str) -> None:
        more = extras(world, seed=seed)
        self.entities = world.entities | more.entities
        self.instruments_in, self.classes, self.edits = more.instruments_in, more.classes, Edits()
        self.uploads = Uploads()
        self.computed_from = max(world.first, world.today - world.composer.settings.computed_days)
        self.ordinary = world.composer.settings.ordinary
        if self.ordinary:
            self._make_ordinary()
        self.composer, self.first, self.today = world.composer, world.first, world.today
        self.rng, self.shuffler = Random(f"{seed}:mutations"), Random(f"{seed}:order")
        self.seed, self._nights, self._cuts = seed, 0, 0
        self.key_rotations = 0
        self.gone: set[str] = set()
        self.forbidden: set[str] = set()
        self.children: dict[tuple[str | None, str], list[str]] = {}
        for entity in self.entities.values():
            self._file(entity)
        listed: dict[str, list[Row]] = {account: [] for account in world.ids("accounts")}
        for row in world.rows:
            for account in row.accounts:
                listed[account].append(row)
        self.ledgers = {account: Ledger(rows) for account, rows in listed.items()}

    def _make_ordinary(self) -> None:
        for entity in self.entities.values():
            make_ordinary(entity)
        self.classes = ordinary_classes(self.entities.values())

    def begin_night(self, night_seed: int) -> None:
        """Use *night_seed* for random choices from now on; ids never repeat those of another night or tenant."""
        self._nights += 1
        self.rng = Random(f"{self.seed}:{self._nights}:{night_seed}")

    def snapshot(self) -> Self:
        """A copy that later changes do not reach; rows are shared, because they are immutable."""
        other = copy(self)
        other.entities = {entity.id: entity.snapshot() for entity in self.entities.values()}
        other.gone, other.forbidden, other.edits = set(self.gone), set(self.forbidden), self.edits.snapshot()
        other.children = {place: list(below) for place, below in self.children.items()}
        other.ledgers = {account: ledger.snapshot() for account, ledger in self.ledgers.items()}
        return other

    # -- objects

    def shown(self, ident: str | None, collection: str = "") -> bool:
        """Whether the API knows an object: it and everything above it exists (in *collection*, if given)."""
        entity = self.entities.get(ident or "")
        if entity is None or entity.id in self.gone or (collection and entity.collection != collection):
            return False
        return entity.parent_id is None or self.shown(entity.parent_id)

    def listed(self, collection: str, parent_id: str | None) -> list[Entity]:
        """The objects of *collection* with the parent *parent_id* (None: at the top) that the API returns."""
        below = self.children.get((parent_id, collection), [])
        return [self.entities[ident] for ident in below if self.shown(ident)]

    def file_again(self, entity: Entity, parent_id: str) -> None:
        """Move an object to another parent."""
        self.children[entity.parent_id, entity.collection].remove(entity.id)
        entity.parent_id = parent_id
        self._file(entity)

    def every(self, collection: str) -> list[Entity]:
        """All objects of *collection* that the API returns."""
        return [
            entity for entity in self.entities.values() if entity.collection == collection and self.shown(entity.id)
        ]

    def number(self, atoms: int, turn: int) -> Num:
        """*atoms* as a JSON number, spelt by *turn*; in an ordinary world plainly."""
        return as_number(atoms, PLAIN if self.ordinary else turn)

    def create(self, entity: Entity) -> None:
        if self.ordinary:
            make_ordinary(entity)
        self.entities[entity.id] = entity
        self._file(entity)
        if entity.collection == "accounts":
            self.ledgers[entity.id] = Ledger([])

    def render(self, entity: Entity, *, in_list: bool = False) -> Document:
        """The JSON:API object; its relationships have only objects that exist."""
        shape = COLLECTIONS[entity.collection]
        links: dict[str, Link] = dict(entity.links)
        if shape.parent_link:
            links[shape.parent_link] = entity.parent_id
        if shape.in_lists or not in_list:
            for name, below in shape.child_links.items():
                links[name] = tuple(child.id for child in self.listed(below, entity.id))
        relations: Document = {name: {"data": self._linkage(link)} for name, link in links.items()}
        return {
            "type": entity.type or shape.type,
            "id": entity.id,
            "attributes": entity.attributes,
            "relationships": relations,
        }

    def _linkage(self, link: Link) -> Json:
        if isinstance(link, tuple):
            return [self._identifier(ident) for ident in link if self.shown(ident)]
        return self._identifier(link) if link and self.shown(link) else None

    def _identifier(self, ident: str) -> Document:
        entity = self.entities[ident]
        return {"type": entity.type or COLLECTIONS[entity.collection].type, "id": ident}

    def _file(self, entity: Entity) -> None:
        self.children.setdefault((entity.parent_id, entity.collection), []).append(entity.id)

    # -- rows

    def readable(self) -> dict[str, Ledger]:
        """The ledgers of the accounts that are shown and not forbidden."""
        return {
            account: rows
            for account, rows in self.ledgers.items()
            if self.shown(account) and account not in self.forbidden
        }

    def rows(self) -> Iterator[Row]:
        """Every row of the readable accounts, once."""
        seen: set[str] = set()
        for ledger in self.readable().values():
            for row in ledger.rows:
                if len(row.accounts) == 1 or row.id not in seen:
                    yield row
                if len(row.accounts) > 1:
                    seen.add(row.id)

    def select(self, account: str, span: tuple[int, int], *, settings: SandboxSettings, like: Filter) -> list[Row]:
        """The rows of *account* in *span*, both ends included, silently truncated to the cap, in random order."""
        first, last = span[0] + (settings.skipped_end == "first"), span[1] - (settings.skipped_end == "last")
        found = self.ledgers[account].tracks[settings.date_filter].between(first, last) if first <= last else []
        found = [row for row in found if like(row.body)] if like else found
        kept = self.cut(found, settings, owner=account, sizes=[len(row.body) for row in found])
        self.shuffler.shuffle(kept)
        return kept

    def cut(
        self,
        rows: list[Listed],
        settings: SandboxSettings,
        *,
        owner: str = "",
        sizes: Sequence[int] = (),
        list_cap: int | None = None,
    ) -> list[Listed]:
        """*rows*, which are in order of date, truncated to the cap; *sizes* are their bytes, where they count.

        Args:
            list_cap: of a list without dates: its own cap, whatever that of rows is like.
        """
        self._cuts += 1
        asked = Asked(owner=owner, number=self._cuts, sizes=sizes or [ROW_BYTES] * len(rows))
        cap = cap_of(settings, asked, self.shuffler) if list_cap is None else list_cap
        keep = settings.keep
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
