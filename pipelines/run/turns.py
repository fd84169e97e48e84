"""Many tenants in one process: so many side by side, the others wait for their turn (rule C6)."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from ..settings import TenantSettings

TICK_S = 1.0
COMPLETE = "complete"  # its time of change is when the tenant's last complete run ended

Run = Callable[[TenantSettings], None]


def most_overdue_first(tenants: Iterable[TenantSettings]) -> Sequence[TenantSettings]:
    """Those that never ran to a complete end, then by how long ago they did. Nothing but a file's time is read."""
    return sorted(tenants, key=lambda tenant: _last_complete(tenant.folder))


def note_complete(folder: Path) -> None:
    """A run read all that a nightly run reads, and it is committed and published.

    Raises:
        OSError: the note cannot be written.
    """
    (folder / "private" / COMPLETE).touch(mode=0o600)


def _last_complete(folder: Path) -> float:
    try:
        return (folder / "private" / COMPLETE).stat().st_mtime
    except OSError:
        return 0.0


def take_turns(tenants: Iterable[TenantSettings], run: Run, *, at_once: int) -> None:
    """Call *run*, which raises nothing, for each of *tenants* in their order, on *at_once* threads.

    Returns when the last has ended; until then signals are handled.
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
    for thread in threads:
        while thread.is_alive():  # in steps, so that a signal's handler gets its turn
            thread.join(TICK_S)
