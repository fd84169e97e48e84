"""Records deliveries of all tenants: those that arrive while the disk is busy share the next write."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeAlias

from .delivery import Delivery
from .inbox import Inbox, InboxError, Waiting, exists, has_room

THREADS = 4
MOST_OPEN = 64  # inboxes; each takes three files
MOST_AT_ONCE = 500  # deliveries of one write

_Pending: TypeAlias = tuple[Delivery, asyncio.Future[bool]]


class Recorder:
    """Writes to the tenants' inboxes. For one event loop; close it when no delivery is under way.

    Args:
        folders: each tenant's.
    """

    def __init__(self, folders: Mapping[str, Path]) -> None:
        self._folders = folders
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="inbox")
        self._pending: defaultdict[str, list[_Pending]] = defaultdict(list)
        self._writing: dict[str, asyncio.Task[None]] = {}
        self._open: OrderedDict[str, Inbox] = OrderedDict()
        self._broken: dict[str, bool] = {}  # of the tenants that a delivery came for, how the last write ended

    async def record(self, tenant: str, delivery: Delivery) -> bool:
        """Whether *delivery* is new. On return it is on the disk.

        Raises:
            InboxError: it is not.
        """
        written: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._pending[tenant].append((delivery, written))
        if tenant not in self._writing:
            self._writing[tenant] = asyncio.get_running_loop().create_task(self._write(tenant))
        return await written

    async def waiting(self, tenant: str) -> Waiting:
        """What waits for a sync of *tenant*.

        Raises:
            InboxError: the inbox cannot be read.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, _waiting, self._folders[tenant])

    async def able(self) -> bool:
        """Whether deliveries can be accepted: not when each inbox failed that was last written to, or none has room."""
        loop = asyncio.get_running_loop()
        if not self._broken or not all(self._broken.values()):
            return await loop.run_in_executor(self._threads, _any_has_room, [*self._folders.values()])
        tenant = next(iter(self._broken))
        if tenant in self._writing:
            return False
        try:
            await loop.run_in_executor(self._threads, _probe, self._folders[tenant])
        except InboxError:
            return False
        self._broken.clear()
        return True

    def close(self) -> None:
        """Close all files."""
        self._threads.shutdown()
        for inbox in self._open.values():
            inbox.close()
        self._open.clear()

    async def _write(self, tenant: str) -> None:
        """Write until nothing is pending."""
        loop, pending = asyncio.get_running_loop(), self._pending[tenant]
        while batch := pending[:MOST_AT_ONCE]:
            del pending[: len(batch)]
            deliveries = [delivery for delivery, _ in batch]
            try:
                new = await loop.run_in_executor(self._threads, self._store, tenant, deliveries)
            except Exception as error:  # noqa: BLE001 - whatever it is, nothing of the batch may be acknowledged
                self._refuse(tenant, batch, error)
            else:
                self._accept(tenant, batch, new)
        del self._writing[tenant], self._pending[tenant]
        self._close_idle()

    def _store(self, tenant: str, deliveries: list[Delivery]) -> list[bool]:
        """In a thread; never in two for one tenant."""
        inbox = self._open.get(tenant) or Inbox(self._folders[tenant])
        self._open[tenant] = inbox
        self._open.move_to_end(tenant)
        try:
            return inbox.record(deliveries)
        except InboxError:
            self._open.pop(tenant).close()  # the next delivery opens what is there then
            raise

    def _accept(self, tenant: str, batch: list[_Pending], new: list[bool]) -> None:
        self._broken[tenant] = False
        for (_, written), is_new in zip(batch, new, strict=True):
            if not written.done():
                written.set_result(is_new)

    def _refuse(self, tenant: str, batch: list[_Pending], error: Exception) -> None:
        self._broken[tenant] = True
        for _, written in batch:
            if not written.done():
                written.set_exception(error)

    def _close_idle(self) -> None:
        for tenant in [name for name in [*self._open] if name not in self._writing]:  # threads put others in it
            if len(self._open) <= MOST_OPEN:
                return
            self._open.pop(tenant).close()


def _waiting(folder: Path) -> Waiting:
    if not exists(folder):
        return Waiting(deliveries=())
    with Inbox(folder) as inbox:
        return inbox.waiting()


def _any_has_room(folders: Sequence[Path]) -> bool:
    """Whether an inbox could be made, or grow, in any of *folders*; nothing is made there."""
    return any(map(has_room, folders))


def _probe(folder: Path) -> None:
    """Write, as a delivery would.

    Raises:
        InboxError: that is not possible.
    """
    with Inbox(folder) as inbox:
        inbox.probe()
