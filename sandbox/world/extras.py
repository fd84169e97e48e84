"""What a world has besides its crawl: one generator per kind of object, and who holds which instrument. Pure.

It draws from a generator of its own, so that whatever is added here leaves the seeded world as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import cycle
from random import Random

from . import custody, instruments, limits
from .world import Entity, World

WITHOUT_DEPOSITORY = ("private-market-fund-commitment-based-instrument", "fee-instrument", "loan-instrument")
GENERATORS: tuple[Callable[[Random, World], Iterator[Entity]], ...] = (
    instruments.classes,
    instruments.instruments,
    custody.flows,
    custody.authorities,
    custody.invites,
    limits.limits,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Extras:
    """More objects, the instruments in each depository and, without one, in each portfolio, and their classes.

    Args:
        classes: instrument -> its class and its detailed class.
    """

    entities: dict[str, Entity]
    held: Mapping[str, tuple[str, ...]]
    classes: Mapping[str, tuple[str, str]]


def extras(world: World, *, seed: str) -> Extras:
    """The same for the same world and seed; *world* stays as it is."""
    whole = replace(world, entities=dict(world.entities))
    for generate in GENERATORS:
        for made in generate(Random(f"{seed}:{generate.__name__}"), whole):
            whole.entities[made.id] = made
    more = {one.id: one for one in whole.entities.values() if one.id not in world.entities}
    return Extras(entities=more, held=_held(Random(f"{seed}:held"), whole), classes=_classes(whole))


def _held(rng: Random, world: World) -> Mapping[str, tuple[str, ...]]:
    """Rare types first, so that a small world meets them all; a portfolio holds one fund, fee or loan of its own."""
    named = {ident for _, ident in world.composer.instruments}
    ranked = sorted(_instruments(world), key=lambda one: one.id in named)
    alone = cycle([one.id for one in ranked if one.type in WITHOUT_DEPOSITORY])
    kept = cycle([one.id for one in ranked if one.type not in WITHOUT_DEPOSITORY])
    some = {place: tuple(next(kept) for _ in range(rng.randint(1, 2))) for place in world.ids("depositories")}
    return some | {place: (next(alone),) for place in world.ids("portfolios")}


def _classes(world: World) -> Mapping[str, tuple[str, str]]:
    details = [(str(one.links["instrumentClass"]), one.id) for one in world.entities.values() if _is_detailed(one)]
    return {one.id: pair for one, pair in zip(_instruments(world), cycle(details), strict=False)}


def _is_detailed(entity: Entity) -> bool:
    return entity.collection == "instrument_classes_detailed"


def _instruments(world: World) -> list[Entity]:
    return [one for one in world.entities.values() if one.collection == "instruments"]
