"""A threaded HTTP/1.1 listener on a loopback address: keep-alive, no delays, one thread a connection."""

from __future__ import annotations

import logging
import socket
import socketserver
import struct
import time
from collections.abc import Callable
from contextlib import suppress
from threading import Condition
from typing import Any, TypeAlias

from .wire import Call, Wire, read_call, refusal, sent

log = logging.getLogger(__name__)
Connection: TypeAlias = Any  # what socketserver hands around: a socket here, bytes for a datagram server
Address: TypeAlias = Any


class _Handler(socketserver.StreamRequestHandler):
    """One connection: requests one after another until either side hangs up."""

    disable_nagle_algorithm = True
    server: Listener

    def handle(self) -> None:
        with suppress(ConnectionError):
            while (call := read_call(self.rfile)) and self._send(self._answer(call)):
                if call.headers.get("connection", "").lower() == "close":
                    return

    def _answer(self, call: Call) -> Wire:
        try:
            return self.server.answer(call)
        except Exception:
            log.exception("sandbox: %s %s", call.method, call.path)
            return sent(refusal(500, "sandbox_bug", "The sandbox itself failed; see its log"), takes_gzip=False)

    def _send(self, wire: Wire) -> bool:
        time.sleep(wire.delay_s)
        if wire.ending == "reset":
            self._reset()
            return False
        self.connection.sendall(wire.payload)
        while wire.drip:  # until the client hangs up, or the server does
            time.sleep(wire.every_s)
            self.connection.sendall(wire.drip)
        return wire.ending == "keep"

    def _reset(self) -> None:
        """Close with RST instead of FIN: no lingering, and no file left that keeps the socket open."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.rfile.close()
        self.connection.close()


class Listener(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], answer: Callable[[Call], Wire]) -> None:
        super().__init__(address, _Handler)
        self.answer = answer
        self._open: set[Connection] = set()
        self._changed = Condition()

    def process_request(self, request: Connection, client_address: Address) -> None:
        with self._changed:
            self._open.add(request)
        super().process_request(request, client_address)

    def process_request_thread(self, request: Connection, client_address: Address) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._changed:
                self._open.discard(request)
                self._changed.notify_all()

    def hang_up(self) -> None:
        """Close every connection and wait until its thread is done."""
        with self._changed:
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            self._changed.wait_for(lambda: not self._open, timeout=5)
