"""TLS is always verified (rule S1), and an answer over it has the bounds of any other (rule F7)."""

from __future__ import annotations

import socket
from datetime import UTC, datetime, timedelta

import pytest

from sources.aleta.errors import TooLargeError, UnavailableError, UnreachableError
from tests.certificates import certified
from tests.rawserver import raw_server
from tests.unit.sources.aleta.transport.odd_client import DRIPS, MB, client_of, get, head, sent

A_LIST = b'{"data":[]}'
ANSWER = sent(head(f"Content-Length: {len(A_LIST)}") + A_LIST)


@pytest.fixture(autouse=True)
def direct(monkeypatch):
    """No proxy of this machine's, and none of its authorities."""
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)


def test_s1_a_server_whose_authority_is_trusted_is_answered(tmp_path, monkeypatch):
    ours = certified(tmp_path)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", f"{ours.authority}")
    with raw_server(ANSWER, tls=ours.server) as url:
        assert url.startswith("https:")
        assert get(client_of(url)) == []


def not_trusted(folder, monkeypatch):
    return certified(folder)


def of_another_host(folder, monkeypatch):
    return trusted(certified(folder, host="127.0.0.2"), monkeypatch)


def outdated(folder, monkeypatch):
    return trusted(certified(folder, ends=datetime.now(UTC) - timedelta(days=1)), monkeypatch)


def trusted(ours, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", f"{ours.authority}")
    return ours


@pytest.mark.parametrize("certificate", [not_trusted, of_another_host, outdated])
def test_s1_no_other_server_hears_anything(tmp_path, monkeypatch, certificate):
    """Neither the bearer nor the path: the handshake is where it ends."""
    heard: list[socket.socket] = []
    with raw_server(heard.append, tls=certificate(tmp_path, monkeypatch).server) as url:
        with pytest.raises(UnreachableError, match="cannot be reached"):
            get(client_of(url))
        assert heard == []


@pytest.mark.parametrize("say", [DRIPS["status-line"], DRIPS["100-continue"]])
def test_f7_an_answer_that_drips_ends_in_time(tmp_path, monkeypatch, say):
    ours = trusted(certified(tmp_path), monkeypatch)
    with raw_server(say, tls=ours.server) as url, pytest.raises(UnavailableError, match=r"did not come whole within"):
        get(client_of(url, seconds=0.4))


def test_f7_an_answer_without_end_is_refused(tmp_path, monkeypatch):
    def floods(connection: socket.socket) -> None:
        connection.sendall(head("Transfer-Encoding: chunked"))
        while True:
            connection.sendall(b"1;" + b" " * 4096 + b"\r\n \r\n")

    ours = trusted(certified(tmp_path), monkeypatch)
    with (
        raw_server(floods, tls=ours.server) as url,
        pytest.raises(TooLargeError, match="the answer has more than 1 MB"),
    ):
        get(client_of(url, size=MB))
