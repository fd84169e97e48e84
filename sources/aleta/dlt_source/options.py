"""The settings that all resources of one source share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeAlias

from ..clock import Clock
from .session import Session, Sessions
from .spans import Horizon

OnFailure: TypeAlias = Literal["raise", "skip"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The settings, and the session that the resources of one extraction share."""

    sessions: Sessions
    clock: Clock
    history_start: date
    look_back_days: int
    look_ahead_days: int
    row_cap: int
    max_window_days: int
    snapshot_days: int
    workers: int
    on_failure: OnFailure

    @property
    def session(self) -> Session:
        return self.sessions.current()

    def horizon(self) -> Horizon:
        return Horizon(
            now=self.clock.now(),
            history_start=self.history_start,
            look_back_days=self.look_back_days,
            look_ahead_days=self.look_ahead_days,
            snapshot_days=self.snapshot_days,
        )
