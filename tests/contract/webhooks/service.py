"""A receiver that runs in a thread, and what a test asks of it."""

from __future__ import annotations

import http.client
import socket
from dataclasses import dataclass
from pathlib import Path

from pipelines.webhooks.connections import Bounds
from pipelines.webhooks.inbox import Inbox
from sandbox import Sandbox

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
            return [delivery.webhook_id for delivery in inbox.undone()]

    def key_requests(self) -> int:
        return sum(request.path == KEYS for request in self.box.requests)

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=10)
