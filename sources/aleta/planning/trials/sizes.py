"""Answers that have the same number of rows too often: another cap may have made them so (rule W6). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from math import exp

CHANCE = 0.01  # that any size at all is suspected where all is well
NEAR = 0.2  # of a size, that other sizes may be off to tell how frequent one is
SMALL = 10  # up to this size, frequencies fall too fast for the neighbours to tell: they count double


def repeated(counts: Mapping[int, int]) -> list[int]:
    """The sizes that come more often than their neighbours explain, the least likely first.

    Args:
        counts: how many answers there are of each size, empty ones left out.
    """
    often = [(_chance(size, count, counts) * len(counts), size) for size, count in counts.items() if count > 1]
    return [size for chance, size in sorted(often) if chance < CHANCE]


def _chance(size: int, count: int, counts: Mapping[int, int]) -> float:
    first, last = max(1, min(size - 2, int(size * (1 - NEAR)))), max(size + 2, int(size * (1 + NEAR)))
    near = [counts.get(other, 0) for other in range(first, last + 1) if other != size]
    rate = (sum(near) + 1) / len(near)
    if size <= SMALL:
        rate = 2 * max(rate, *near)
    return at_least(count, rate)


def at_least(count: int, rate: float) -> float:
    """The chance of *count* or more, Poisson."""
    term, below = exp(-min(rate, 700.0)), 0.0
    for number in range(count):
        below += term
        term *= rate / (number + 1)
    return max(0.0, 1.0 - below)
