"""Objects of a world beyond the crawl: one generator per kind, and which instruments are where. Pure.

They use random generators of their own, so that additions here leave the seeded world unchanged.
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
    instruments_in: Mapping[str, tuple[str, ...]]
    classes: Mapping[str, tuple[str, str]]


def extras(world: World, *, seed: str) -> Extras:
    """Generate them, the same for the same world and seed; *world* is not changed."""
    whole = replace(world, entities=dict(world.entities))
    for generate in GENERATORS:
        for made in generate(Random(f"{seed}:{generate.__name__}"), whole):
            whole.entities[made.id] = made
    more = {entity.id: entity for entity in whole.entities.values() if entity.id not in world.entities}
    return Extras(
        entities=more, instruments_in=_assign_instruments(Random(f"{seed}:held"), whole), classes=_classes(whole)
    )


def _assign_instruments(rng: Random, world: World) -> Mapping[str, tuple[str, ...]]:
    """Rare types first, so that a small world meets them all; a portfolio holds one fund, fee or loan of its own."""
    named = {ident for _, ident in world.composer.instruments}
    ranked = sorted(_instruments(world), key=lambda instrument: instrument.id in named)
    alone = cycle([instrument.id for instrument in ranked if instrument.type in WITHOUT_DEPOSITORY])
    kept = cycle([instrument.id for instrument in ranked if instrument.type not in WITHOUT_DEPOSITORY])
    in_depositories = {
        place: tuple(next(kept) for _ in range(rng.randint(1, 2))) for place in world.ids("depositories")
    }
    return in_depositories | {place: (next(alone),) for place in world.ids("portfolios")}


def _classes(world: World) -> Mapping[str, tuple[str, str]]:
    details = [
        (str(detailed.links["instrumentClass"]), detailed.id)
        for detailed in world.entities.values()
        if _is_detailed(detailed)
    ]
    return {instrument.id: pair for instrument, pair in zip(_instruments(world), cycle(details), strict=False)}


def _is_detailed(entity: Entity) -> bool:
    return entity.collection == "instrument_classes_detailed"


def _instruments(world: World) -> list[Entity]:
    return [entity for entity in world.entities.values() if entity.collection == "instruments"]
