"""Controls over HTTP, for programs in other processes."""

from __future__ import annotations

import json
import socket
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import pytest

from sandbox import Sandbox
from sandbox.world.jsontext import exact
from tests.contract.crawl.caller import SMALL


def test_controls_over_http_do_what_the_methods_do(box, caller):
    """A program in another process can script, change, revoke and reset."""
    start = box.truth("acme")
    caller.control("faults", kind="500", path_contains="/clients", times=1)
    statuses = [caller.get("/v2/clients")[0] for _ in range(2)]
    caller.control("faults", kind="404", times=99)
    caller.control("faults", kind="clear")
    touched = caller.control("mutate", tenant="acme", kind="delete", args={"count": 3})
    caller.control("settings", row_cap=20, today="2026-03-05")
    changed = box.truth("acme")
    caller.control("revoke")
    unauthorised = caller.get("/v2/clients")[0]
    caller.control("reset")

    assert statuses == [500, 200]
    assert len(touched["removed"]) == 3
    assert (box.settings.row_cap, box.settings.today) == (20, date(2026, 3, 5))
    assert changed != start
    assert unauthorised == 401
    assert box.truth("acme") == start


def test_the_truth_over_http_keeps_every_numbers_text(box, caller):
    """Parsed exactly it equals the truth in process."""
    body = caller.send("GET", "/_sandbox/truth?tenant=acme")[2]

    truth = box.truth("acme")
    assert exact(body) == {name: getattr(truth, name) for name in type(truth).__slots__}
    assert b"1234567890123456789012345" in body


def test_requests_over_http_tell_what_came(box, caller):
    """The list of requests is there for other processes too, without the controls."""
    box.reset_requests()
    caller.get("/v2/clients")

    told = json.loads(caller.send("GET", "/_sandbox/requests")[2])

    assert [(request["path"], request["status"]) for request in told] == [("/api/v2/clients", 200)]


@pytest.mark.parametrize(
    ("name", "body", "word"),
    [
        ("mutate", {"tenant": "acme", "kind": "late", "args": [1]}, "object"),
        ("faults", {"kind": "meteor"}, "meteor"),
        ("mutate", {"tenant": "acme", "kind": "melt"}, "melt"),
        ("mutate", {"tenant": "acme", "kind": "late", "args": {"colour": "red"}}, "colour"),
        ("settings", {"seed": 3}, "seed"),
        ("nothing", {}, "reset"),
    ],
)
def test_a_mistaken_control_says_what_was_wrong(caller, name, body, word):
    """A test with a typo fails at the typo."""
    assert word in caller.control(name, **body)["error"]


def test_close_frees_the_port_and_ends_open_connections(tmp_path):
    """After `close` nobody listens and an idle connection reads its end."""
    box = Sandbox(SMALL)
    host, port = urlsplit(box.url).netloc.split(":")
    with socket.create_connection((host, int(port)), timeout=5) as idle:
        idle.sendall(b"GET /api/v2/clients HTTP/1.1\r\n\r\n")
        assert idle.recv(65536).startswith(b"HTTP/1.1 401")

        box.close()

        assert idle.recv(10) == b""
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(port)), timeout=5)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        pytest.param("GET", "/api/v2/clients", id="a list"),
        pytest.param("GET", "/api/v2/nothing", id="a refusal"),
        pytest.param("POST", "/oauth/token", id="a token"),
        pytest.param("POST", "/api/v2/historical-fee-holdings", id="an upload"),
    ],
)
def test_every_answer_has_a_date_unless_it_is_left_out(box, caller, method, path):
    """The time of the server, as RFC 9110 has it; as much off as was asked for, or none."""

    def ahead_s():
        _, headers, _ = caller.send(method, path, Authorization=f"Bearer {caller.token}")
        return (
            (parsedate_to_datetime(headers["date"]) - datetime.now(UTC)).total_seconds() if "date" in headers else None
        )

    assert abs(ahead_s()) < 5
    box.set(date_off_s=3600.0)
    assert abs(ahead_s() - 3600) < 5
    box.set(date_off_s=None)
    assert ahead_s() is None
