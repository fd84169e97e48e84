"""Mutations beyond clients and transactions: recomputed figures, prices, instruments, limits. Pure but for the store.

The API signals none of them: a client has to read again and compare.
"""

from __future__ import annotations

from dataclasses import replace

from ..world import limits
from ..world.instruments import INSTRUMENT_TYPES, instrument
from ..world.jsontext import Num
from ..world.ordinary_rows import money
from ..world.rows import Row, iso, new_id, ordinal
from .computed import positions, series
from .computed.resource import Item, Selection
from .edits import Recomputed
from .row_changes import Args, Touched, old_days
from .store import Store

SPAN = 10
"""Days that are recomputed unless the mutation has a count."""


def recompute(store: Store, args: Args) -> Touched:
    """Recompute days of the reporting entity `id`: `count` days (1: ten) from `date` on."""
    entity = args.id or store.rng.choice(_computed(store))
    first = ordinal(args.date) if args.date else store.rng.choice(_holding_days(store, entity))
    last = first + (args.count if args.count > 1 else SPAN) - 1
    edit = Recomputed(reporting_entity=entity, first=first, last=last, salt=store.rng.getrandbits(32))
    store.edits.recomputed.append(edit)
    days = [iso(day) for day in _holding_days(store, entity) if first <= day <= last]
    return {"reporting_entities": [entity], "days": days}


def _computed(store: Store) -> list[str]:
    found = [entity.id for entity in store.every("reporting_entities") if _holding_days(store, entity.id)]
    if not found:
        raise ValueError("no reporting entity holds anything")
    return found


def _holding_days(store: Store, entity: str) -> list[int]:
    """The days on which it has any holding."""
    lots = positions.lots_of(store, entity)
    days = positions.days(store, entity, store.computed_from, store.today)
    return [day for day in days if any(positions.values(store, entity, lots, day))]


def edit_price(store: Store, args: Args) -> Touched:
    """Change `count` prices of the instrument `id`, on `date`."""
    instruments = (
        [args.id] if args.id else [entity.id for entity in store.every("instruments") if _prices(store, entity.id)]
    )
    chosen = store.rng.choice(instruments)
    points = [item for item in _prices(store, chosen) if not args.date or item.day == ordinal(args.date)]
    if not points:
        raise ValueError("no price that this mutation could change")
    found = store.rng.sample(points, min(args.count, len(points)))
    for item in found:
        store.edits.points[item.id] = _another_price(store)
    return {"instruments": [chosen], "prices": [item.id for item in found]}


def _another_price(store: Store) -> Num:
    if store.ordinary:
        return money(store.rng.randint(5_000, 20_000))
    return Num(f"{store.rng.randint(1, 10**7)}.{store.rng.randint(1, 999):03d}")


def _prices(store: Store, ident: str) -> list[Item]:
    return list(series.rows_of(series.PRICES)(store, Selection(owner=ident, first=store.first, last=store.today)))


def new_instrument(store: Store, args: Args) -> Touched:
    """Create an instrument, and `count` transactions that refer to it."""
    made = instrument(store.rng, store.rng.choice(INSTRUMENT_TYPES), new_id(store.rng), list(store.readable()))
    store.create(made)
    owner = args.account or store.rng.choice(list(store.readable()))
    rows = [_row_of(store, args, owner, (made.type, made.id)) for _ in range(args.count)]
    return {"instruments": [made.id], "added": [row.id for row in rows]}


def _row_of(store: Store, args: Args, owner: str, named: tuple[str, str]) -> Row:
    """A transaction that refers to an instrument; not every kind does."""
    composer = replace(store.composer, instruments=[named])
    trade, value = old_days(store, args, store.ledgers[owner])
    while True:
        row = composer.row(store.rng, account=owner, trade=trade, value=value)
        if named[1].encode() in row.body:
            store.put(row)
            return row


def limit_changed(store: Store, args: Args) -> Touched:
    """Change the bounds and the conditions of a limit."""
    chosen = store.entities[args.id] if args.id else store.rng.choice(store.every("limits"))
    classes = ([entity.id for entity in store.every(f"instrument_classes{name}")] for name in ("", "_detailed"))
    tree = limits.condition_tree(store.rng, limits.choices(*classes), limits.DEPTH)
    chosen.attributes |= {"limitType": limits.kind(store.rng), "limitFilter": tree}
    return {"limits": [chosen.id]}
