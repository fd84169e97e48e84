"""The receiver over a real socket: every status of the contract, its bounds, and what the port does not serve."""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from pipelines.commands.serve import _keys
from pipelines.settings import load
from pipelines.webhooks.connections import Bounds, server
from pipelines.webhooks.inbox import FILE, Inbox
from pipelines.webhooks.receiver import LARGEST_BODY, Receiver
from pipelines.webhooks.recorder import Recorder
from pipelines.webhooks.service import listen
from sandbox import Sandbox, SandboxSettings
from sandbox.http.deliveries import send
from sources.aleta.clock import SystemClock

QUICK = Bounds(request_s=1.0, connections=20)
KEYS = "/api/v2/webhooks/keys"


@dataclass(frozen=True, kw_only=True)
class Service:
    """A receiver that runs in a thread, and the local Aleta that sends to it."""

    box: Sandbox
    port: int
    data: Path
    woken: list[str]

    def url(self, path: str = "/webhooks/acme") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def deliver(self, tenant: str = "acme", **wanted: object) -> int:
        wanted = {"client_id": "c1"} | wanted
        return self.box.deliver(tenant, self.url(f"/webhooks/{tenant}"), **wanted)[0]

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            answer.read()
            return answer.status
        finally:
            connection.close()

    def recorded(self, tenant: str = "acme") -> list[str]:
        with Inbox(self.data / tenant) as inbox:
            return [one.webhook_id for one in inbox.undone()]

    def key_requests(self) -> int:
        return sum(request.path == KEYS for request in self.box.requests)

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=10)


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with Sandbox(SandboxSettings(tenants=("acme", "bravo"), accounts=1, rows=0)) as box:
        yield box


@pytest.fixture
def service(box: Sandbox, tmp_path: Path) -> Iterator[Service]:
    box.reset()
    settings = load(box.write_config(tmp_path / "config"), environ={})
    tenants, stop, woken = settings.select(()), threading.Event(), []
    recorder = Recorder({tenant.name: tenant.folder for tenant in tenants})
    bound = listen("127.0.0.1", 0)
    with ThreadPoolExecutor(2) as threads:
        receiver = Receiver(
            _keys(tenants, threads, SystemClock(stop)), recorder, accepted=woken.append, now=SystemClock().now
        )
        serving = server(receiver.application(), stop, bounds=QUICK).serve(sockets=[bound])
        thread = threading.Thread(target=partial(asyncio.run, serving))
        port = bound.getsockname()[1]
        thread.start()
        yield Service(box=box, port=port, data=tmp_path / "data", woken=woken)
        stop.set()
        thread.join(30)
        recorder.close()
    assert not thread.is_alive()


def test_a_signed_delivery_is_accepted_and_on_the_disk(service):
    assert service.deliver(webhook_id="msg_1") == 204
    assert service.recorded() == ["msg_1"]
    assert service.woken == ["acme"]


@pytest.mark.parametrize(
    "wanted",
    [
        {"encoding": "der"}, {"encoding": "raw", "alphabet": "url", "padded": False},
        {"encoding": "der", "alphabet": "url"}, {"prefix": "v1"}, {"prefix": "v2.p256"},
        {"before": ("v1,AAAA", "v1a,bm8=")}, {"age_s": 290}, {"age_s": -290},
    ],
)  # fmt: skip
def test_every_way_to_sign_is_read(service, wanted):
    assert service.deliver(**wanted) == 204


@pytest.mark.parametrize(
    ("wanted", "status"),
    [
        pytest.param({"forged": True}, 401, id="forged"),
        pytest.param({"age_s": 301}, 401, id="old"),
        pytest.param({"age_s": -302}, 401, id="ahead"),
        pytest.param({"body": "{}"}, 400, id="no-body-of-theirs"),
        pytest.param({"body": "no json"}, 400, id="no-json"),
        pytest.param({"client_id": ""}, 400, id="no-client"),
        pytest.param({"body": "x" * (LARGEST_BODY + 1)}, 413, id="too-large"),
        pytest.param({"body": "x" * LARGEST_BODY}, 400, id="as-large-as-may-be"),
        pytest.param({"body": "{}", "forged": True}, 401, id="the-signature-is-judged-first"),
    ],
)
def test_what_is_wrong_is_refused_and_not_kept(service, wanted, status):
    assert service.deliver(**wanted) == status
    assert service.recorded() == []
    assert service.woken == []


def test_a_delivery_that_was_changed_on_its_way_is_refused(service):
    signed = service.box.signed_delivery("acme", client_id="c1")
    changed = type(signed)(headers=signed.headers, body=signed.body.replace(b"c1", b"c2"))
    assert send(changed, service.url()) == 401


@pytest.mark.parametrize("missing", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_delivery_without_a_signing_header_is_refused(service, missing):
    signed = service.box.signed_delivery("acme", client_id="c1")
    headers = {name: value for name, value in signed.headers.items() if name != missing}
    assert send(type(signed)(headers=headers, body=signed.body), service.url()) == 401


def test_a_delivery_for_another_tenant_does_not_fit(service):
    """Each tenant has keys of its own (C3)."""
    signed = service.box.signed_delivery("bravo", client_id="c1")
    assert send(signed, service.url()) == 401
    assert send(signed, service.url("/webhooks/bravo")) == 204


def test_a_repeated_delivery_is_answered_and_nothing_happens_twice(service):
    assert service.box.deliver("acme", service.url(), times=3, client_id="c1", webhook_id="msg_1") == [204] * 3
    assert service.recorded() == ["msg_1"]
    assert service.woken == ["acme"]


def test_an_unknown_type_is_accepted(service):
    assert service.deliver(type="limit.breached", webhook_id="msg_1") == 204
    assert service.recorded() == ["msg_1"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/healthz", 200), ("POST", "/healthz", 405), ("GET", "/webhooks/acme", 405),
        ("POST", "/webhooks/nobody", 404), ("POST", "/webhooks/acme/", 404), ("POST", "/webhooks/", 404),
        ("POST", "/webhooks/..%2facme", 404), ("GET", "/", 404), ("GET", "/metrics", 404), ("GET", "/docs", 404),
        ("POST", "/webhooks/ACME", 404), ("POST", "/healthz/", 404),
    ],
)  # fmt: skip
def test_two_paths_are_served_and_nothing_else(service, method, path, status):
    assert service.ask(method, path, b"{}" if method == "POST" else None) == status


def test_a_rotation_is_followed(service):
    assert service.deliver() == 204
    service.box.rotate_webhook_keys("acme")
    assert service.deliver() == 204
    assert service.key_requests() == 2


def test_a_flood_of_forgeries_costs_one_request(service):
    assert service.deliver() == 204
    before = service.key_requests()
    assert {service.deliver(forged=True) for _ in range(60)} == {401}
    assert service.key_requests() - before == 1
    assert service.deliver() == 204


def test_while_the_keys_cannot_be_fetched_a_delivery_is_to_be_sent_again(service):
    service.box.faults.script("500", path_contains="webhooks/keys", times=50)
    assert service.deliver() == 503
    service.box.faults.clear()


def test_a_full_disk_refuses_and_says_so(service):
    """And the sender sends again; once there is room, it is accepted."""
    service.data.mkdir()
    (service.data / "acme").write_text("a file where the folder should be")
    assert service.deliver() == 503
    assert service.ask("GET", "/healthz") == 503
    (service.data / "acme").unlink()
    assert service.ask("GET", "/healthz") == 200
    assert service.deliver() == 204


def test_a_body_that_states_more_than_it_may_hold_is_refused_before_it_comes(service):
    with service.connect() as sender:
        sender.sendall(b"POST /webhooks/acme HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n")
        assert sender.recv(4096).startswith(b"HTTP/1.1 413 ")


def test_a_body_of_unstated_length_is_bounded(service):
    """Chunked, without end: refused at 256 KiB, read to 2 MiB so that the answer arrives, then cut off."""
    with service.connect() as sender:
        sender.sendall(b"POST /webhooks/acme HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        piece = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
        for _ in range(6):
            sender.sendall(piece)
        assert sender.recv(4096).startswith(b"HTTP/1.1 413 ")
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            sender.sendall(piece * 1000)


@pytest.mark.parametrize(
    "start",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"POST /webhooks/acme HTTP/1.1\r\nHost: x\r\n", id="headers-without-end"),
        pytest.param(b"POST /webhooks/acme HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc", id="half-a-body"),
    ],
)
def test_a_slow_sender_is_cut_off(service, start):
    """A byte now and then does not help."""
    began = time.monotonic()
    with service.connect() as sender:
        try:
            sender.sendall(start)
            while time.monotonic() - began < 8:
                sender.sendall(b"a" if start else b"")
                sender.settimeout(0.2)
                try:
                    if sender.recv(4096) == b"":
                        break
                except TimeoutError:
                    continue
        except OSError:
            pass
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("header", [b"X: " + b"x" * 70_000, b"X: y\r\n" * 10_000])
def test_headers_are_bounded(service, header):
    with service.connect() as sender:
        sender.sendall(b"POST /webhooks/acme HTTP/1.1\r\nHost: x\r\n" + header)
        assert sender.recv(4096)[:13] in {b"HTTP/1.1 400 ", b"HTTP/1.1 431 "}


def test_connections_are_bounded(service):
    """Those over the bound are closed, those within it go on."""
    with ExitStack() as stack:
        senders = [stack.enter_context(service.connect()) for _ in range(QUICK.connections)]
        time.sleep(0.2)
        with service.connect() as further, suppress(ConnectionResetError):
            assert further.recv(1) == b""
        senders[0].sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert senders[0].recv(4096).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    "nonsense", [b"\x16\x03\x01 hello", b"GET\r\n\r\n", b"POST /webhooks/acme HTTP/1.1\r\nContent-Length: -5\r\n\r\n"]
)
def test_nonsense_is_no_defect(service, nonsense, caplog):
    with service.connect() as sender:
        sender.sendall(nonsense + b"\r\n\r\n")
        assert sender.recv(4096).startswith(b"HTTP/1.1 400 ")
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


def test_neither_log_nor_inbox_hold_a_signature_or_a_token(service, caplog):
    caplog.set_level("DEBUG")
    signed = service.box.signed_delivery("acme", client_id="c1")
    assert send(signed, service.url()) == 204
    assert service.deliver(forged=True) == 401
    signature = signed.headers["webhook-signature"].partition(",")[2]
    secrets = [signature, *service.box._issuer._tokens]
    files = b"".join(file.read_bytes() for file in (service.data / "acme").iterdir())
    assert [secret for secret in secrets if secret in caplog.text or secret.encode() in files] == []
    assert {file.stat().st_mode & 0o777 for file in (service.data / "acme").iterdir()} == {0o600}
    assert (service.data / "acme" / FILE).exists()


def test_the_sandbox_delivers_and_rotates_by_its_controls(service):
    """For programs in other processes."""
    parts = service.box.url.removeprefix("http://")

    def control(name: str, **given: object) -> dict[str, object]:
        connection = http.client.HTTPConnection(parts, timeout=30)
        try:
            connection.request("POST", f"/_sandbox/{name}", json.dumps(given))
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()

    sent = {"tenant": "acme", "url": service.url(), "client_id": "c1"}
    assert control("deliver", **sent, times=2) == {"statuses": [204, 204]}
    assert control("deliver", **sent, forged=True) == {"statuses": [401]}
    assert len(str(control("rotate-webhook-keys", tenant="acme")["kid"])) == 64
    assert "ValueError" in str(control("deliver", **sent | {"url": "http://example.com/"}))
    assert "ValueError" in str(control("deliver", **sent, encoding="pem"))
