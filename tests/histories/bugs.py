"""Planted bugs: each breaks one rule of the design by replacing one function, in the process of one run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Bug:
    """A rule, what is done wrong, and how."""

    rule: str
    wrong: str
    plant: Callable[[], None]


BUGS: Mapping[str, Bug] = {}


def plant(name: str) -> None:
    """Break this process."""
    BUGS[name].plant()
