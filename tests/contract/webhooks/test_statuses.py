"""Every status of the contract, over a real socket, and what the port does not serve."""

from __future__ import annotations

import http.client
import json

import pytest

from pipelines.webhooks.inbox import FILE
from pipelines.webhooks.receiver import LARGEST_BODY
from sandbox.http.deliveries import send


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


@pytest.mark.parametrize("good_first", [True, False])
def test_signatures_on_lines_of_their_own_are_read(service, good_first):
    """RFC 9110, 5.3: a header that is a list may come in several lines, and a proxy may join them."""
    signed = service.box.signed_delivery("acme", client_id="c1")
    lines = [signed.headers["webhook-signature"], "v1a,bm8="]
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=30)
    connection.putrequest("POST", "/webhooks/acme")
    for name, value in {**signed.headers, "content-length": f"{len(signed.body)}"}.items():
        values = (lines if good_first else reversed(lines)) if name == "webhook-signature" else [value]
        for each in values:
            connection.putheader(name, each)
    connection.endheaders(signed.body)
    assert connection.getresponse().status == 204
    connection.close()


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
