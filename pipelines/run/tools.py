"""What every tenant's run works with: a way to the API, a screen, a clock."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from sources.aleta.clock import Clock
from sources.aleta.reading.reader import Reader
from sources.aleta.v1.chain import KeptPages

from ..report.progress import Progress, Screen
from ..settings import TenantSettings


class Session(Protocol):
    """One tenant's way to the API: `sources.aleta.reading.connection.Connection`."""

    @property
    def reader(self) -> Reader: ...

    @property
    def close(self) -> Callable[[], None]: ...


class Connect(Protocol):
    """Connects one tenant; *kept*: pages of v1 that earlier runs read."""

    def __call__(self, tenant: TenantSettings, observer: Progress, /, *, kept: KeptPages | None = None) -> Session: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What every tenant's run needs; safe for threads.

    Attributes:
        warned: what was said in the log for one tenant, and need not be said for the next.
    """

    connect: Connect
    screen: Screen
    clock: Clock
    stop: threading.Event
    warned: set[str] = field(default_factory=set)
