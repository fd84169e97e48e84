"""How many rows the next answer may hold, by the model of the cap. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import TypeAlias
from zlib import crc32

from ..settings import SandboxSettings

TURN = 20  # answers, until a cap that changes has changed
ROW_BYTES = 600  # that a cap by bytes allows for each row of `row_cap`


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One answer that is about to be given.

    Args:
        owner: whose rows.
        number: of answers given before.
        sizes: bytes of each row.
    """

    owner: str
    number: int
    sizes: Sequence[int]


Model: TypeAlias = Callable[[int, Asked, Random], int]


def _by_bytes(cap: int, asked: Asked, _: Random) -> int:
    left = cap * ROW_BYTES
    for count, size in enumerate(asked.sizes):
        left -= size
        if left < 0:
            return count
    return len(asked.sizes)


MODELS: Mapping[str, Model] = {
    "constant": lambda cap, _, __: cap,
    "alternating": lambda cap, asked, _: cap // (1 + asked.number % 2),
    "two_nodes": lambda cap, _, rng: cap // rng.choice((1, 2)),
    "per_parent": lambda cap, asked, _: max(1, cap * (2 + crc32(asked.owner.encode()) % 9) // 10),
    "bytes": _by_bytes,
    "falling": lambda cap, asked, _: cap if asked.number < TURN else max(1, cap * 3 // 10),
    "rising": lambda cap, asked, _: cap if asked.number >= TURN else max(1, cap * 3 // 10),
    "wavering": lambda cap, _, rng: cap - rng.randint(0, cap // 20),
}


def cap_of(settings: SandboxSettings, asked: Asked, rng: Random) -> int:
    """Most rows of this answer; 0 for no cap."""
    return MODELS[settings.cap_model](settings.row_cap, asked, rng) if settings.row_cap else 0
