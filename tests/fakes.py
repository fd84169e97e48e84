"""Small fakes of the source's ports, and a scripted server on a loopback socket."""

from __future__ import annotations

import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from sources.aleta.errors import StoppedError

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


class FakeClock:
    """A `Clock` that moves only when someone sleeps; `waits` holds every wait longer than nothing."""

    def __init__(self, start: datetime = NOON) -> None:
        self._start = start
        self._passed_s = 0.0
        self._lock = threading.Lock()
        self.waits: list[float] = []
        self.stopped = False

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._passed_s)

    def monotonic(self) -> float:
        return self._passed_s

    def sleep(self, seconds: float) -> None:
        if self.stopped:
            raise StoppedError("stopped while waiting")
        with self._lock:
            self._passed_s += max(0.0, seconds)
            if seconds > 0:
                self.waits.append(seconds)


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request as the scripted server saw it."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, kw_only=True)
class Reply:
    """An answer to be given: the bytes of *body* as they are, under headers that may promise something else."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: bytes | None = None  # the whole answer, status line and all; the connection is closed after it


@dataclass(kw_only=True)
class Script:
    """What the server is to say, in turn; the last reply is repeated."""

    url: str
    replies: deque[Reply] = field(default_factory=lambda: deque([Reply(body=b"{}")]))
    seen: list[Request] = field(default_factory=list)
    on_request: Callable[[Request], None] | None = None

    def say(self, *replies: Reply) -> None:
        self.replies = deque(replies)

    def next_reply(self, request: Request) -> Reply:
        self.seen.append(request)
        if self.on_request is not None:
            self.on_request(request)
        return self.replies.popleft() if len(self.replies) > 1 else self.replies[0]


@contextmanager
def scripted_server() -> Iterator[Script]:
    """A server on 127.0.0.1 that says what its script says."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            request = Request(
                method=self.command, target=self.path, headers=dict(self.headers.items()), body=self.rfile.read(length)
            )
            with lock:
                reply = script.next_reply(request)
            self.answer(reply)

        do_POST = do_DELETE = do_GET  # noqa: N815  the names that http.server looks for

        def answer(self, reply: Reply) -> None:
            if reply.raw is not None:
                self.wfile.write(reply.raw)
                self.close_connection = True
                return
            self.send_response_only(reply.status)  # no header that the script does not name
            for name, value in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply.body)

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, request, client_address) -> None:
            if not isinstance(sys.exception(), ConnectionError):  # a client may hang up on a cut answer
                super().handle_error(request, client_address)

    server = Server(("127.0.0.1", 0), Handler)
    script = Script(url=f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield script
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
