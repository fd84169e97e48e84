"""What a sender may not take: size, time, connections."""

from __future__ import annotations

import time
from contextlib import ExitStack, suppress

import pytest

from tests.contract.webhooks.service import QUICK


def test_a_body_that_states_more_than_it_may_hold_is_refused_before_it_comes(service):
    with service.connect() as sender:
        sender.sendall(b"POST /webhooks/acme HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n")
        assert sender.recv(4096).startswith(b"HTTP/1.1 413 ")


def test_a_body_of_unstated_length_is_bounded(service):
    """Chunked, without end: refused at 256 KiB, read to 32 MiB so that the answer arrives, then cut off."""
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
