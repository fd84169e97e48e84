"""Many tenants in one process: so many side by side, the others wait for their turn (rule C6)."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from ..settings import TenantSettings
from .aftermath import journal

TICK_S = 1.0
NEVER = datetime.min.replace(tzinfo=UTC)

Run = Callable[[TenantSettings], None]


def most_overdue_first(tenants: Iterable[TenantSettings]) -> Sequence[TenantSettings]:
    """Those that were never synced to a complete end, then by how long ago they were; read from their journals."""
    return sorted(tenants, key=lambda tenant: _last_complete(tenant.folder))


def _last_complete(folder: Path) -> datetime:
    with suppress(OSError):  # its run will tell
        return journal.last_complete(folder) or NEVER
    return NEVER


def take_turns(tenants: Iterable[TenantSettings], run: Run, *, at_once: int, stop: threading.Event) -> None:
    """Call *run*, which raises nothing, for each of *tenants* in their order, on *at_once* threads.

    Returns when the last has ended; until then signals are handled.

    Args:
        stop: what every run ends by; set where this is interrupted.

    Raises:
        KeyboardInterrupt: when the last has ended, as above: no run goes on behind who asked for it.
    """
    waiting = deque(tenants)

    def work() -> None:
        while waiting:
            try:
                tenant = waiting.popleft()
            except IndexError:  # another thread was faster
                return
            run(tenant)

    threads = [threading.Thread(target=work, name=f"tenants-{number}") for number in range(min(at_once, len(waiting)))]
    for thread in threads:
        thread.start()
    try:
        _join(threads)
    except KeyboardInterrupt:
        stop.set()
        _join(threads)
        raise


def _join(threads: Iterable[threading.Thread]) -> None:
    for thread in threads:
        while thread.is_alive():  # in steps, so that a signal's handler gets its turn
            thread.join(TICK_S)
