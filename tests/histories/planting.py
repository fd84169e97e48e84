"""Planted bugs: each breaks one rule of the design by replacing one function, in the process of one run.

They are what a tired programmer might write. `tests/property/test_planted_bugs.py` shows what catches each.
"""

from __future__ import annotations

from collections.abc import Callable

BUGS: dict[str, Callable[[], None]] = {}


def bug(breaks: Callable[[], None]) -> Callable[[], None]:
    """Make a function that breaks this process known by its name."""
    BUGS[breaks.__name__] = breaks
    return breaks


def plant(name: str) -> None:
    """Break this process."""
    BUGS[name]()
