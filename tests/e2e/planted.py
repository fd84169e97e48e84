"""Bugs that `serve` could have: each replaces one function in its process. `test_serve.py` shows what catches them."""

from __future__ import annotations

import asyncio

from pipelines.webhooks.inbox import Inbox
from pipelines.webhooks.recorder import Recorder


def acknowledged_before_disk() -> None:
    """The answer is given at once, and the delivery written when there is time."""
    record = Recorder.record

    async def later(self, tenant, delivery):
        async def write():
            await asyncio.sleep(0.2)
            await record(self, tenant, delivery)

        task = asyncio.get_running_loop().create_task(write())
        self.__dict__.setdefault("_late", []).append(task)
        return True

    Recorder.record = later


def kept_in_memory() -> None:
    """What is accepted is committed with the next delivery."""
    record = Inbox.record

    def one_behind(self, deliveries):
        before, self.__dict__["_behind"] = self.__dict__.get("_behind", []), list(deliveries)
        record(self, before)
        return [True] * len(deliveries)

    Inbox.record = one_behind


def doubles_accepted() -> None:
    """A repeated delivery is taken for a new one."""
    from dataclasses import replace

    record, count = Inbox.record, iter(range(1_000_000))

    def renamed(self, deliveries):
        return record(
            self, [replace(delivery, webhook_id=f"{delivery.webhook_id}#{next(count)}") for delivery in deliveries]
        )

    Inbox.record = renamed


BUGS = {bug.__name__: bug for bug in (acknowledged_before_disk, kept_in_memory, doubles_accepted)}


def plant(name: str) -> None:
    """Break this process."""
    BUGS[name]()
