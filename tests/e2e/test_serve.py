"""`serve` from outside: what it acknowledged survives `kill -9`, is synced once, and is a row of the warehouse."""

from __future__ import annotations

import http.client
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from pipelines.webhooks.inbox import FILE, Inbox
from sandbox.http.deliveries import Signed, send
from tests.e2e.planted import BUGS
from tests.e2e.program import Program
from tests.e2e.serving import Serving, until
from tests.ports import free_port


def signed(program: Program, count: int, *, client_id: str = "c1") -> list[Signed]:
    return [
        program.box.signed_delivery("acme", client_id=client_id, webhook_id=f"msg_{number}") for number in range(count)
    ]


def recorded(program: Program) -> list[str]:
    if not (program.tenant_folder() / FILE).exists():
        return []
    with Inbox(program.tenant_folder()) as inbox:
        return [delivery.webhook_id for delivery in inbox.undone()]


def clients(program: Program) -> Sequence[str]:
    return list(program.box.objects("acme")["clients"])


def rows(program: Program) -> list[tuple]:
    return program.rows(
        "SELECT webhook_id, tenant, type, client_id, received_at IS NOT NULL, synced_at IS NOT NULL, "
        "run_id IN (SELECT run_id FROM aleta.sync_runs) FROM aleta.webhook_deliveries ORDER BY webhook_id"
    )


def wrongs_of_a_kill(program: Program, *, bug: str = "") -> list[str]:
    """Send a few, all but the last twice, kill it the instant that is acknowledged, and compare with the disk."""
    serving = Serving(program, "--no-sync", bug=bug)
    deliveries = signed(program, 5)
    sent = [*deliveries[:-1], *deliveries]
    acknowledged = [delivery.headers["webhook-id"] for delivery in sent if send(delivery, serving.url()) == 204]
    serving.kill()
    found = recorded(program)
    lost = [f"lost: {webhook_id}" for webhook_id in dict.fromkeys(acknowledged) if webhook_id not in found]
    return lost + [f"not sent: {webhook_id}" for webhook_id in found if webhook_id not in acknowledged]


def test_what_was_acknowledged_is_there_after_kill_9(program):
    assert wrongs_of_a_kill(program) == []
    assert len(recorded(program)) == 5


@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_is_caught(program, bug):
    """The same check objects when a delivery is acknowledged before it is on the disk, or taken twice."""
    assert wrongs_of_a_kill(program, bug=bug) != []


def test_a_burst_through_a_kill_loses_nothing(synced):
    """Killed in the middle, started again, the rest sent again by the sender: each is one row, and synced."""
    deliveries = signed(synced, 300, client_id=clients(synced)[0])
    serving = Serving(synced, "--no-sync")
    with ThreadPoolExecutor(1) as background:
        sending = background.submit(serving.send_all, deliveries)
        until(lambda: len(recorded(synced)) > 50)
        serving.kill()
        before = sending.result()
    assert 0 < len(before) < len(deliveries)
    assert set(before) <= set(recorded(synced))
    again = Serving(synced, "--no-sync")
    assert len(again.send_all(deliveries)) == len(deliveries)
    assert again.terminate() == 143
    synced.sync()
    assert [row[0] for row in rows(synced)] == sorted(delivery.headers["webhook-id"] for delivery in deliveries)
    assert {row[3:] for row in rows(synced)} == {(clients(synced)[0], True, True, True)}
    assert recorded(synced) == []


def test_a_repeated_delivery_is_known_after_a_restart_and_after_its_sync(synced):
    (delivery,) = signed(synced, 1)
    for _ in range(2):
        serving = Serving(synced, "--no-sync")
        assert serving.send_all([delivery] * 3) == ["msg_0"] * 3
        serving.kill()
    synced.sync()
    serving = Serving(synced, "--no-sync")
    assert serving.send_all([delivery]) == ["msg_0"]
    serving.terminate()
    synced.sync()
    assert [row[0] for row in rows(synced)] == ["msg_0"]
    assert recorded(synced) == []


def test_a_type_that_is_not_known_is_a_row_too(synced):
    serving = Serving(synced, "--no-sync")
    assert serving.deliver(type="limit.breached", webhook_id="msg_1", body=None) == 204
    serving.terminate()
    synced.sync()
    assert rows(synced) == [("msg_1", "acme", "limit.breached", None, True, False, True)]


def test_a_failed_sync_leaves_its_deliveries_due(synced):
    """They are rows already, and synced by the next run."""
    serving = Serving(synced, "--no-sync")
    assert serving.deliver(client_id="c1", webhook_id="msg_1") == 204
    serving.terminate()
    synced.rewrite('iss = "iss-acme"', 'iss = "someone-else"')
    synced.sync(expect=3)
    assert recorded(synced) == ["msg_1"]
    synced.rewrite('iss = "someone-else"', 'iss = "iss-acme"')
    synced.sync()
    assert [row[5] for row in rows(synced)] == [True]


def test_it_ends_cleanly_and_its_log_has_no_secret(program):
    """143 after SIGTERM, within seconds; what it said has neither key nor token, and no traceback."""
    serving = Serving(program, "--no-sync")
    assert serving.deliver(client_id="c1", webhook_id="msg_1") == 204
    assert serving.deliver(forged=True) == 401
    began = time.monotonic()
    assert serving.terminate() == 143
    assert time.monotonic() - began < 15
    assert program.indiscretions(serving.log) == []
    assert "delivery msg_1 (calculated_data.created, client c1) accepted" in serving.log
    assert {file.stat().st_mode & 0o077 for file in program.tenant_folder().rglob("*")} == {0}


def test_the_status_port_shows_the_page_and_the_metrics(synced):
    """Current at each request, on 127.0.0.1, and to nobody who was led there under another name."""
    port = free_port()
    serving = Serving(synced, "--no-sync", "--status-port", f"{port}")
    assert serving.said["status_port"] == port

    def ask(path: str, **headers: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        try:
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    try:
        status, page = ask("/")
        assert (status, "<html" in page, "acme" in page) == (200, True, True)
        runs = page.count("<tr")
        status, text = ask("/metrics")
        assert (status, 'aleta_sync_last_run_status{tenant="acme",status="complete"} 1' in text) == (200, True)
        assert ask("/", Host="evil.example")[0] == 400
        assert ask("/webhooks/acme")[0] == 404
        synced.sync()
        assert ask("/")[1].count("<tr") > runs
    finally:
        serving.terminate()


def test_a_port_that_is_taken_is_said(program):
    """Exit 1, and one line."""
    serving = Serving(program, "--no-sync")
    ended = program.run("serve", "--port", f"{serving.said['port']}")
    serving.terminate()
    assert (ended.exit, ended.err.count("\n")) == (1, 1)
    assert f"cannot listen on 127.0.0.1:{serving.said['port']} (Address already in use): name another with --port" in (
        ended.err
    )
