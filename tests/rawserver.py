"""A server on a loopback socket that sends whatever bytes it is told to, as slowly as it is told to."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

Say = Callable[[socket.socket], None]


@contextmanager
def raw_server(say: Say) -> Iterator[str]:
    """Its URL. Each connection is heard until the end of one request's headers; then *say* has it, and it is closed."""
    listening = socket.create_server(("127.0.0.1", 0))
    threads: list[threading.Thread] = []
    opened: list[socket.socket] = []

    def serve() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listening.accept()
                opened.append(connection)
                threads.append(threading.Thread(target=_talk, args=(connection, say), name="raw", daemon=True))
                threads[-1].start()

    accepting = threading.Thread(target=serve, name="raw-accept", daemon=True)
    accepting.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        with suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        for connection in opened:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in (accepting, *threads):
            thread.join(timeout=10)


def _talk(connection: socket.socket, say: Say) -> None:
    with connection, suppress(OSError):
        heard = b""
        while b"\r\n\r\n" not in heard:
            piece = connection.recv(65536)
            if not piece:
                return
            heard += piece
        say(connection)
