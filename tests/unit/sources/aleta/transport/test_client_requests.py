"""What the client sends, and to whom: paths, headers, connections, addresses."""

from __future__ import annotations

import threading
from collections import Counter

import pytest

from sources.aleta.errors import (
    RefusedError,
)
from tests.fakes import Reply, scripted_server
from tests.unit.sources.aleta.transport.client_world import EMPTY, ROWS, SECRET, World


def test_a_read_is_sent_as_the_api_wants_it(server, world):
    """Path behind /api, encoded query, JSON:API accepted, gzip welcome, bearer stamped."""
    server.say(Reply(body=ROWS))
    assert len(world.get(params={"accountId": "a&b", "fromDate": "2026-01-01"})) == 200
    (request,) = server.seen
    assert (request.method, request.target) == ("GET", "/api/v2/transactions?accountId=a%26b&fromDate=2026-01-01")
    assert request.headers["Accept"] == "application/vnd.api+json"
    assert request.headers["Accept-Encoding"] == "gzip"
    assert request.headers["Authorization"] == f"Bearer {SECRET}1"
    assert world.seen.attempts == ["transactions"]


@pytest.mark.parametrize(
    ("parent_id", "target"),
    [
        ("5f0", "/api/v2/clients/5f0/users"),
        ("a/b?c#d e%", "/api/v2/clients/a%2Fb%3Fc%23d%20e%25/users"),
        ("../x", "/api/v2/clients/..%2Fx/users"),
        ("é", "/api/v2/clients/%C3%A9/users"),
    ],
)
def test_an_id_stays_one_segment_of_the_path(server, world, parent_id, target):
    """Ids are opaque: none of them leads elsewhere."""
    world.get(path="/v2/clients/{parent_id}/users", params=None, parent_id=parent_id)
    assert server.seen[0].target == target


@pytest.mark.parametrize("parent_id", [".", ".."])
def test_an_id_that_is_a_step_in_a_path_is_refused(server, world, parent_id):
    """RFC 3986 section 5.2.4 would make another path of it."""
    world.fails(RefusedError, path="/v2/clients/{parent_id}/users", parent_id=parent_id)
    assert server.seen == []


def test_one_connection_serves_many_reads(server, world):
    """Keep-alive, also behind an error with a body."""
    threads = Counter()
    server.on_request = lambda _: threads.update([threading.get_ident()])
    server.say(EMPTY, Reply(status=503, body=b"x" * 5000), EMPTY)
    for _ in range(3):
        world.get()
    assert list(threads.values()) == [4]  # the server has one thread a connection


def test_cookies_are_not_kept(server, world):
    """A read depends on nothing that was read before."""
    server.say(Reply(body=b'{"data":[]}', headers={"Set-Cookie": "session=1; Path=/"}), EMPTY)
    world.get()
    world.get()
    assert "Cookie" not in server.seen[1].headers


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(server, world, status):
    """S1: no bearer goes where a header points."""
    with scripted_server() as elsewhere:
        server.say(Reply(status=status, headers={"Location": f"{elsewhere.url}/api/v2/x"}))
        error = world.fails(RefusedError)
        assert elsewhere.seen == []
    assert "redirects are never followed" in str(error)


@pytest.mark.parametrize(
    "url",
    [
        "http://platform.aleta.io",
        "http://127.0.0.1.example",
        "http://10.0.0.1",
        "http://localhost.example",
        "ftp://127.0.0.1",
        "https://user:pass@platform.aleta.io",
        "https://platform.aleta.io?x=1",
        "platform.aleta.io",
        "",
    ],
)
def test_an_unsafe_url_is_refused_at_once(url):
    """S1: https, or http to this machine; and no password in a URL."""
    with pytest.raises(ValueError, match=r"not safe|nothing else") as caught:
        World(url)
    assert "pass" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["https://platform.aleta.io", "http://127.0.0.1:1", "http://localhost:1", "http://[::1]:1/"]
)
def test_a_safe_url_is_taken(url):
    """TLS anywhere, plain http to a loopback host."""
    World(url).client.close()


def test_no_proxy_sees_a_plain_request(server, monkeypatch):
    """S1: http to this machine stays on it, whatever the environment says."""
    with scripted_server() as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.delenv("no_proxy", raising=False)
        World(server.url).get()
        assert proxy.seen == []


def test_a_password_in_netrc_does_not_replace_the_bearer(server, world, tmp_path, monkeypatch):
    """Requests would take it for a host that it lists, where no auth is given."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password pw\n")
    monkeypatch.setenv("NETRC", str(netrc))
    world.client._wire._session.trust_env = True
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    world.get()
    assert server.seen[0].headers["Authorization"] == f"Bearer {SECRET}1"
