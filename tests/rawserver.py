"""A server on a loopback socket that sends whatever bytes it is told to, as slowly as it is told to, also over TLS."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

Say = Callable[[socket.socket], None]


@contextmanager
def raw_server(say: Say, *, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """Its URL. Each connection is heard until the end of one request's headers; then *say* has it, and it is closed."""
    listening = socket.create_server(("127.0.0.1", 0))
    talking: dict[threading.Thread, socket.socket] = {}  # without those that are done: an hour has a million

    def talk(connection: socket.socket) -> None:
        _talk(connection, say, tls)
        talking.pop(threading.current_thread(), None)

    def serve() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listening.accept()
                thread = threading.Thread(target=talk, args=(connection,), name="raw", daemon=True)
                talking[thread] = connection
                thread.start()

    accepting = threading.Thread(target=serve, name="raw-accept", daemon=True)
    accepting.start()
    try:
        yield f"{'https' if tls else 'http'}://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        with suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        accepting.join(timeout=10)
        for thread, connection in [*talking.items()]:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            thread.join(timeout=10)


def _talk(plain: socket.socket, say: Say, tls: ssl.SSLContext | None) -> None:
    with plain, suppress(OSError), _wrapped(plain, tls) as connection:
        heard = b""
        while b"\r\n\r\n" not in heard:
            piece = connection.recv(65536)
            if not piece:
                return
            heard += piece
        say(connection)


def _wrapped(plain: socket.socket, tls: ssl.SSLContext | None) -> socket.socket:
    return tls.wrap_socket(plain, server_side=True) if tls else plain
