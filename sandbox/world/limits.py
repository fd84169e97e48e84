"""Limits: trees of them, each with a tree of conditions, and the status of a limit on a day. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import TypeAlias
from uuid import UUID

from .amounts import CENT, PLAIN, as_number, noise
from .instruments import day
from .jsontext import Document, Json, Num
from .kinds import number, string
from .world import CURRENCIES, Entity, World

Subjects: TypeAlias = Mapping[str, Sequence[str]]

DEPTH = 3
STATUSES = ("within", "below-min", "above-max", "unknown")


def limits(rng: Random, world: World) -> Iterator[Entity]:
    """For each client a group, limits in it, and limits in those."""
    subjects = choices(world.ids("instrument_classes"), world.ids("instrument_classes_detailed"))
    for client in world.ids("clients"):
        group = _limit(rng, subjects, client, None, {"type": "limit-group"})
        yield group
        for _ in range(rng.randint(1, 3)):
            middle = _limit(rng, subjects, client, group.id, kind(rng))
            yield middle
            yield from (_limit(rng, subjects, client, middle.id, kind(rng)) for _ in range(rng.randint(0, 2)))


def _limit(rng: Random, subjects: Subjects, client: str, above: str | None, limit_type: Document) -> Entity:
    attributes: Document = {
        "name": rng.choice(("Max. 40 % Aktien", "株式上限", "Cash ≥ 5 %", "")),
        "ccyCode": rng.choice(CURRENCIES),
        "startDate": day(rng),
        "limitType": limit_type,
        "limitFilter": condition_tree(rng, subjects, DEPTH) if above else None,
    }
    if rng.random() < 1 / 4:
        attributes["escalation"] = {"to": string(rng), "afterDays": Num("3.0")}  # nobody documented this
    return Entity(
        collection="limits",
        id=str(UUID(int=rng.getrandbits(128), version=4)),
        parent_id=client,
        attributes=attributes,
        links={"parentLimit": above},
    )


def kind(rng: Random) -> Document:
    """A proportional or an absolute limit; either bound may be missing."""
    if rng.random() < 1 / 2:
        values: Document = {"min": Num("0.05"), "max": Num(rng.choice(("0.4", "4E-1", "1", "0.33333333333333333")))}
        words: Json = "proportional"
    else:
        values, words = {"min": number(rng), "max": number(rng)}, "absolute"
    if rng.random() < 1 / 2:
        values.pop(rng.choice(("min", "max")))
    return {"type": words, "values": values}


def condition_tree(rng: Random, subjects: Subjects, depth: int) -> Document:
    """`and` and `or` at most *depth* deep, some of them empty, over conditions."""
    if depth and rng.random() < 1 / 2:
        filters: Json = [condition_tree(rng, subjects, depth - 1) for _ in range(rng.randint(0, 3))]
        return {"type": rng.choice(("and", "or")), "filters": filters}
    return {"type": "condition", "condition": _condition(rng, subjects)}


def choices(classes: Sequence[str], detailed: Sequence[str]) -> Subjects:
    """The subjects of conditions, with their possible values."""
    return {
        "country-code": ("DK", "US", "KP"),
        "currency-code": CURRENCIES,
        "instrument-class": classes,
        "detailed-instrument-class": detailed,
        "label": ("grün", ""),  # nobody documented this one
    }


def _condition(rng: Random, subjects: Subjects) -> Document:
    subject = rng.choice(list(subjects))
    name = f"{subject}-id" if subject.endswith("class") else subject
    return {"type": f"{subject}-is{rng.choice(('', '-not'))}", name: rng.choice(subjects[subject])}


def status(limit: str, day_: int, *, plain: bool = False) -> Document:
    """The status of the limit at the end of a day.

    Args:
        plain: numbers are spelt as people do, and the words follow from the share.
    """
    chance = noise(limit, day_)
    turns = (PLAIN, PLAIN) if plain else (chance, chance // 8)
    share = chance % 10**4 * (CENT // 100)
    return {
        "value": as_number(chance % 10**11 * CENT, turns[0]),
        "proportion": as_number(share, turns[1]),
        "status": _within(share) if plain else STATUSES[chance % len(STATUSES)],
    }


def _within(share: int) -> str:
    """How a share stands to the bounds of an ordinary limit, 5 and 40 percent."""
    if share < 5 * CENT:
        return "below-min"
    return "above-max" if share > 40 * CENT else "within"
