"""What `serve` does on its own: it syncs the clients that deliveries name, also those of before a crash."""

from __future__ import annotations

import time

import pytest

from tests.e2e.program import Program
from tests.e2e.serving import Serving, until
from tests.e2e.test_serve import clients, recorded, rows, signed

pytestmark = pytest.mark.long


def synced_rows(program: Program) -> list[str]:
    return [row[0] for row in rows(program) if row[5]]


def runs(program: Program) -> int:
    return program.column("SELECT count(*) FROM aleta.sync_runs")[0]


def test_a_delivery_brings_its_client_up_to_date(synced):
    """Minutes after the figures are computed, and not the next morning."""
    for client in clients(synced):
        synced.box.mutate("acme", "late", within_days=10, count=2)
        serving = Serving(synced)
        assert serving.deliver(client_id=client, webhook_id=f"msg_{client}") == 204
        until(lambda: not recorded(synced))
        assert serving.terminate() == 143
    assert synced.differences() == []
    assert synced_rows(synced) == sorted(f"msg_{client}" for client in clients(synced))


def test_deliveries_between_syncs_of_one_service_are_synced_and_kept(synced):
    """Each comes when the sync of the one before has ended; the last is on the disk when the service is killed."""
    serving = Serving(synced)
    for number in range(3):
        assert serving.deliver(client_id=clients(synced)[0], webhook_id=f"msg_{number}") == 204
        until(lambda: serving.log.count("acme: synced 1 delivery of 1 client (exit 0)") > number)  # noqa: B023 - called at once
    assert serving.deliver(client_id=clients(synced)[0], webhook_id="msg_3") == 204
    serving.kill()
    assert recorded(synced) == ["msg_3"]


def test_what_was_accepted_before_a_kill_is_synced_after_the_restart(synced):
    """Though nobody sends it again."""
    synced.box.mutate("acme", "late", within_days=10, count=3)
    serving = Serving(synced, "--no-sync")
    names = [serving.deliver(client_id=client, webhook_id=f"msg_{client}") for client in clients(synced)]
    assert set(names) == {204}
    serving.kill()
    again = Serving(synced)
    until(lambda: not recorded(synced))
    again.terminate()
    assert synced.differences() == []


def test_a_burst_is_joined_into_few_syncs(synced):
    """One goes on while the rest arrives; the rest is one more, or two."""
    before = runs(synced)
    serving = Serving(synced)
    deliveries = signed(synced, 200, client_id=clients(synced)[0])
    assert len(serving.send_all(deliveries)) == len(deliveries)
    until(lambda: not recorded(synced))
    assert serving.terminate() == 143
    assert len(synced_rows(synced)) == len(deliveries)
    assert runs(synced) - before <= 4


def test_it_ends_while_a_sync_runs(synced):
    """The sync is told to stop, and commits what it fetched; what it did not sync stays due."""
    synced.box.set(latency_s=0.5)
    serving = Serving(synced)
    assert serving.deliver(client_id=clients(synced)[0], webhook_id="msg_1") == 204
    until(lambda: "sync of 1 client begins" in serving.log)
    time.sleep(2)
    assert serving.terminate() == 143
    synced.box.set(latency_s=0.0)
    assert recorded(synced) == ["msg_1"]
    synced.sync()
    assert recorded(synced) == []


def test_what_could_not_be_read_of_a_client_stays_due(synced):
    """H: `synced_at` is set by the run that read it, and no other."""
    client = clients(synced)[0]
    serving = Serving(synced, "--no-sync")
    assert serving.deliver(client_id=client, webhook_id="msg_1") == 204
    serving.terminate()
    synced.box.faults.script("200_errors", path_contains="transactions", times=1_000_000)
    assert synced.run("sync", "acme", "--client", client).exit == 4
    assert (synced_rows(synced), recorded(synced)) == ([], ["msg_1"])

    synced.box.faults.clear()
    synced.sync("--client", client)
    assert (synced_rows(synced), recorded(synced)) == (["msg_1"], [])


def test_a_sync_of_one_client_leaves_the_deliveries_of_others_due(start):
    """It did not read them."""
    synced = start(accounts=20)
    synced.sync()
    first, second = clients(synced)[:2]
    serving = Serving(synced, "--no-sync")
    assert [serving.deliver(client_id=client, webhook_id=f"msg_{client}") for client in (first, second)] == [204, 204]
    serving.terminate()
    synced.sync("--client", first)
    assert synced_rows(synced) == [f"msg_{first}"]
    assert recorded(synced) == [f"msg_{second}"]
