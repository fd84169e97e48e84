"""Which syncs follow deliveries: one at a time, joined, again after failures, and for what waited before the start."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from pipelines.webhooks.delivery import CALCULATED, Delivery
from pipelines.webhooks.inbox import InboxError, Waiting
from pipelines.webhooks.worker import AT_ONCE, MOST_CLIENTS, Worker

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


class Office:
    """Inboxes in memory, and a sync that takes up what it is told to, or fails."""

    def __init__(self, *tenants, codes=()):
        self.inbox = defaultdict(list)
        self.calls = []
        self.codes = list(codes)
        self.lost = set()  # clients whose data cannot be read
        self.stuck = False  # the inbox takes no note of what was tried
        self.running = self.most = 0
        self.proceed = asyncio.Event()
        self.proceed.set()
        self.broken = False
        self.worker = Worker(tenants, self, self.sync, jitter=lambda: 0.01)

    def deliver(self, tenant, *clients):
        for client in clients:
            self.inbox[tenant].append(
                Delivery(webhook_id=f"{len(self.calls)}-{client}", type=CALCULATED, client_id=client, received_at=NOW)
            )
            self.worker.wake(tenant)

    async def waiting(self, tenant):
        if self.broken:
            raise InboxError(__file__, "damaged")
        return Waiting(deliveries=list(self.inbox[tenant]))

    async def sync(self, tenant, clients):
        self.calls.append((tenant, list(clients)))
        self.running += 1
        self.most = max(self.most, self.running)
        taken = [delivery for delivery in self.inbox[tenant] if delivery.client_id in set(clients) - self.lost]
        await asyncio.sleep(0)
        await self.proceed.wait()
        self.running -= 1
        code = self.codes.pop(0) if self.codes else 4 if self.lost.intersection(clients) else 0
        if code in {0, 4}:
            self.inbox[tenant] = [
                replace(delivery, tried=delivery.tried or (delivery.client_id in clients and not self.stuck))
                for delivery in self.inbox[tenant]
                if delivery not in taken
            ]
        return code

    async def play(self, scene):
        task = asyncio.create_task(self.worker.run())
        try:
            await asyncio.wait_for(scene(), 10)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def until(self, condition):
        while not condition():  # noqa: ASYNC110 - any condition, of a few milliseconds
            await asyncio.sleep(0.001)


def played(scene, *tenants, codes=()):
    async def play():
        office = Office(*tenants, codes=codes)
        await office.play(lambda: scene(office))
        return office

    return asyncio.run(play())


async def idle(office):
    await office.until(lambda: not any(office.inbox.values()))
    await asyncio.sleep(0.02)


def test_a_delivery_starts_a_sync_of_its_client():
    async def scene(office):
        office.deliver("acme", "c1")
        await idle(office)

    assert played(scene, "acme").calls == [("acme", ["c1"])]


def test_what_comes_meanwhile_is_joined_into_one():
    """Each client once, in the order of their first delivery."""

    async def scene(office):
        office.proceed.clear()
        office.deliver("acme", "c1")
        await office.until(lambda: office.calls)
        office.deliver("acme", "c2", "c3", "c2", "c1")
        office.proceed.set()
        await idle(office)

    office = played(scene, "acme")
    assert office.calls == [("acme", ["c1"]), ("acme", ["c2", "c3", "c1"])]
    assert office.most == 1


def test_what_waited_before_the_start_is_synced():
    """After a crash or a restart nobody delivers it again."""

    async def play():
        office = Office("acme", "bravo")
        office.deliver("bravo", "c7")
        office.worker._news.clear()
        await office.play(lambda: idle(office))
        return office

    assert asyncio.run(play()).calls == [("bravo", ["c7"])]


def test_a_failed_sync_is_tried_again():
    async def scene(office):
        office.deliver("acme", "c1")
        await idle(office)

    assert played(scene, "acme", codes=[1, 3, 143, 0]).calls == [("acme", ["c1"])] * 4


def test_a_sync_that_takes_nothing_up_is_not_repeated_without_a_wait():
    """Whatever its exit code says: what still waits is what counts."""

    async def play():
        office = Office("acme")
        office.worker._jitter = lambda: 1000.0
        office.deliver("acme", "c1")
        office.codes = [1]
        await office.play(lambda: asyncio.sleep(0.3))
        return office

    assert len(asyncio.run(play()).calls) == 1


def test_waits_grow_to_ten_minutes_and_no_further():
    async def waits():
        worker = Worker((), Office(), Office().sync, jitter=lambda: 1.0)
        return [worker._wait_s(failures) for failures in (1, 2, 3, 9, 10, 5000)]

    assert asyncio.run(waits()) == [2.0, 4.0, 8.0, 512.0, 600.0, 600.0]


async def crowd(office):
    """Eight tenants have a delivery, and some of them every slot."""
    office.proceed.clear()
    for tenant in "abcdefgh":
        office.deliver(tenant, "c1")
    await office.until(lambda: office.running == AT_ONCE)
    await asyncio.sleep(0.05)


def test_a_few_tenants_are_synced_at_once():
    async def scene(office):
        await crowd(office)
        office.proceed.set()
        await idle(office)

    office = played(scene, *"abcdefgh")
    assert office.most == AT_ONCE
    assert sorted(tenant for tenant, _ in office.calls) == list("abcdefgh")


def test_what_a_run_took_up_while_its_tenant_waited_for_a_turn_starts_none():
    """A sync without clients would be the whole tenant's."""

    async def scene(office):
        await crowd(office)
        waiting = set("abcdefgh") - {tenant for tenant, _ in office.calls}
        for tenant in waiting:
            office.inbox[tenant].clear()  # the nightly run
        office.proceed.set()
        await idle(office)

    calls = played(scene, *"abcdefgh").calls
    assert len(calls) == AT_ONCE
    assert all(clients for _, clients in calls)


def test_a_command_line_has_its_bounds():
    async def scene(office):
        office.deliver("acme", *(f"c{number}" for number in range(MOST_CLIENTS + 1)))
        await idle(office)

    assert [len(clients) for _, clients in played(scene, "acme").calls] == [MOST_CLIENTS, 1]


def test_one_tenant_that_fails_does_not_hold_up_another():
    async def scene(office):
        office.worker._jitter = lambda: 1000.0
        office.codes = [1]
        office.deliver("acme", "c1")
        await office.until(lambda: office.calls)
        office.deliver("bravo", "c2")
        await office.until(lambda: not office.inbox["bravo"])

    assert played(scene, "acme", "bravo").calls == [("acme", ["c1"]), ("bravo", ["c2"])]


def test_a_client_that_cannot_be_read_does_not_hold_up_another():
    """A partial run left it due, and its next turn may be minutes away; news are synced at once, and news alone."""

    async def scene(office):
        office.worker._jitter = lambda: 1000.0
        office.lost = {"c1", "c3"}
        for number, client in enumerate(["c1", "c2", "c3", "c1"], 1):
            office.deliver("acme", client)
            await office.until(lambda number=number: len(office.calls) == number and not office.running)
            await asyncio.sleep(0.05)

    assert played(scene, "acme").calls == [("acme", [client]) for client in ("c1", "c2", "c3", "c1")]


def test_a_client_that_could_not_be_read_has_its_turn_though_there_are_news():
    """They put off nobody's."""

    async def scene(office):
        office.worker._jitter = lambda: 0.05  # a tenth of a second
        office.lost = {"c1"}
        office.deliver("acme", "c1")
        await office.until(lambda: office.calls and not office.running)
        office.lost = set()
        office.deliver("acme", "c2")
        await idle(office)

    assert sorted(client for _, clients in played(scene, "acme").calls for client in clients) == ["c1", "c1", "c2"]


def test_waits_of_those_that_were_tried_grow_though_others_are_synced():
    """An API of which half is down is not asked the more for each delivery of the other half."""
    waits = []

    async def scene(office):
        wait_s = office.worker._wait_s
        office.worker._wait_s = lambda times: waits.append(times) or wait_s(times)
        office.lost = {"c1"}
        office.deliver("acme", "c1")
        for number in range(3):
            await office.until(lambda number=number: len(waits) > number)
            office.deliver("acme", "c2")

    played(scene, "acme")
    assert waits[:3] == [1, 2, 3]


def test_a_sync_whose_inbox_cannot_be_written_is_not_repeated_without_a_wait():
    """What it read in part is not noted as tried, and looks new."""

    async def scene(office):
        office.worker._jitter = lambda: 1000.0
        office.lost, office.stuck = {"c1"}, True
        office.deliver("acme", "c1")
        await asyncio.sleep(0.3)

    assert len(played(scene, "acme").calls) == 1


def test_an_inbox_that_cannot_be_read_ends_nothing():
    async def scene(office):
        office.broken = True
        office.deliver("acme", "c1")
        await asyncio.sleep(0.1)
        office.broken = False
        await idle(office)

    assert played(scene, "acme").calls == [("acme", ["c1"])]


def test_a_sync_that_cannot_be_started_is_tried_again():
    """The machine may be out of processes or memory for a while."""

    async def scene(office):
        sync, failures = office.worker._sync, [OSError("no more processes")]

        async def failing(tenant, clients):
            if failures:
                raise failures.pop()
            return await sync(tenant, clients)

        office.worker._sync = failing
        office.deliver("acme", "c1")
        await idle(office)

    assert played(scene, "acme").calls == [("acme", ["c1"])]


def test_a_defect_ends_the_worker_and_with_it_the_service():
    """Deliveries that nobody follows any more would be a silent failure."""

    async def defect():
        office = Office("acme")

        async def broken(tenant, clients):
            raise ZeroDivisionError

        office.worker._sync = broken
        office.deliver("acme", "c1")
        await asyncio.wait_for(office.worker.run(), 10)

    with pytest.raises(ExceptionGroup) as raised:
        asyncio.run(defect())
    assert raised.group_contains(ZeroDivisionError)
