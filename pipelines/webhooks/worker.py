"""Follows deliveries: a sync of the clients they name, one at a time for each tenant."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from enum import Enum, auto
from typing import Protocol, TypeAlias

from ..report.figures import counted
from ..report.report import Exit
from .inbox import InboxError, Waiting

AT_ONCE = 4  # tenants
MOST_CLIENTS = 500  # of one sync: a command line has its bounds
FIRST_WAIT_S = 2.0  # after a sync that brought nothing up to date; doubled by each further one
LONGEST_WAIT_S = 600.0

log = logging.getLogger(__name__)
Sync: TypeAlias = Callable[[str, Sequence[str]], Awaitable[int]]
"""Syncs these clients of a tenant; its exit code. It takes up what the inbox holds for them."""


class End(Enum):
    """What came of what waited."""

    NOTHING = auto()  # waited
    DONE = auto()
    PARTLY = auto()  # some clients' data could not be read
    FAILED = auto()


class Source(Protocol):
    """What waits for a sync: `recorder.Recorder`."""

    async def waiting(self, tenant: str) -> Waiting: ...


class Worker:
    """Starts syncs. What waited when it starts is synced too. For one event loop.

    Args:
        sync: runs one.
        jitter: a factor for waits, drawn anew for each.
    """

    def __init__(
        self, tenants: Iterable[str], source: Source, sync: Sync, *, jitter: Callable[[], float] | None = None
    ) -> None:
        self._tenants = tuple(tenants)
        self._source = source
        self._sync = sync
        self._jitter = jitter or (lambda: random.uniform(0.5, 1.5))  # noqa: S311 - spreads load, hides nothing
        self._news: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self._slots = asyncio.Semaphore(AT_ONCE)

    def wake(self, tenant: str) -> None:
        """A delivery came in."""
        self._news[tenant].set()

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for tenant in self._tenants:
                tasks.create_task(self._follow(tenant))

    async def _follow(self, tenant: str) -> None:
        loop = asyncio.get_running_loop()
        failures = partly = 0
        next_turn = loop.time()  # of those that were tried; one client's trouble holds up no other's news
        while True:
            self._news[tenant].clear()
            everybody = loop.time() >= next_turn
            end = await self._bring_up_to_date(tenant, everybody=everybody)
            failures = failures + 1 if end is End.FAILED else 0
            if end is End.FAILED:
                await asyncio.sleep(self._wait_s(failures))
            elif everybody:
                partly = partly + 1 if end is End.PARTLY else 0
                next_turn = loop.time() + (self._wait_s(partly) if partly else 0.0)
            if end is End.NOTHING:
                await self._hear_of_news(tenant, within_s=None if everybody else next_turn - loop.time())

    async def _hear_of_news(self, tenant: str, *, within_s: float | None) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._news[tenant].wait(), within_s)

    async def _bring_up_to_date(self, tenant: str, *, everybody: bool) -> End:
        """Sync *everybody* who waits, or only those whose deliveries no run has tried."""
        try:
            if not self._chosen(await self._source.waiting(tenant), everybody=everybody):
                return End.NOTHING
            async with self._slots:
                waiting = await self._source.waiting(tenant)  # and what came while others were synced
                clients = self._chosen(waiting, everybody=everybody)
                if not clients:  # a run took them up meanwhile; none at all would be the whole tenant
                    return End.NOTHING
                code = await self._sync(tenant, clients)
            left = await self._source.waiting(tenant)
        except (InboxError, OSError) as error:
            log.error("%s: deliveries wait, and cannot be followed: %s", tenant, error)  # noqa: TRY400
            return End.FAILED
        return self._took_up(tenant, waiting, left, clients, code)

    @staticmethod
    def _chosen(waiting: Waiting, *, everybody: bool) -> Sequence[str]:
        return (waiting.clients if everybody else waiting.new_clients)[:MOST_CLIENTS]

    def _took_up(self, tenant: str, waiting: Waiting, left: Waiting, clients: Sequence[str], code: int) -> End:
        ids = {delivery.webhook_id for delivery in waiting.deliveries if delivery.client_id in clients}
        missed = ids & {delivery.webhook_id for delivery in left.deliveries}
        if missed:
            waits = counted(len(missed), "delivery waits on: its", "deliveries wait on: their")
            log.warning("%s: %s sync ended with exit %s", tenant, waits, code)
        else:
            done = f"{counted(len(ids), 'delivery', 'deliveries')} of {counted(len(clients), 'client')}"
            log.info("%s: synced %s (exit %s)", tenant, done, code)
        if not missed:
            return End.DONE
        tried = not missed & {delivery.webhook_id for delivery in left.new}
        return End.PARTLY if tried and code == Exit.PARTIAL else End.FAILED

    def _wait_s(self, failures: int) -> float:
        return min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(failures - 1, 16)) * self._jitter()
