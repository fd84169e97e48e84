"""What a history is that gives a planted bug away."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from tests.histories.scene import TODAY, Scene

Play = Callable[[Scene], object]


@dataclass(frozen=True, kw_only=True)
class Case:
    """A history that gives a bug away.

    Args:
        objection: what the oracle says.
        synced: whether it begins with a sync without the bug.
        then: what happens after that, and before what is played.
        play: what is run with the bug, and then without.
        world: settings of the sandbox; *aleta*: of the program.
        package_rows: rows a package.
    """

    objection: str
    synced: bool = True
    then: Play = lambda _: None
    play: Play = Scene.sync
    world: Mapping[str, object] = field(default_factory=dict)
    aleta: Mapping[str, object] = field(default_factory=dict)
    package_rows: int = 100_000


def days(ago: int) -> date:
    return TODAY - timedelta(days=ago)


def fullest(scene: Scene) -> str:
    return max(scene.accounts(), key=lambda account: (len(scene.rows_of(account)), account))
