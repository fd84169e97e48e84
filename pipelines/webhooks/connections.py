"""Connections with bounds that uvicorn leaves open: how long a request may take to arrive, and how large it may be."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

import h11
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

LARGEST_HEAD = 16 << 10
IDLE_S = 10  # between two requests of a connection
SHUTDOWN_S = 10
ARRIVED = {h11.DONE, h11.MUST_CLOSE, h11.CLOSED, h11.ERROR}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What a sender may take.

    Args:
        request_s: from a connection's start, or a request's first byte, until all of the request is there.
        request_size: what is too large to be accepted is read so far, so that its sender sees the answer.
        connections: at a time; further ones are closed at once.
    """

    request_s: float = 15.0
    request_size: int = 32 << 20
    connections: int = 1000


class BoundedProtocol(H11Protocol):
    """One connection; a sender that is slow or endless is cut off."""

    def __init__(self, *args: Any, bounds: Bounds, **kwargs: Any) -> None:  # noqa: ANN401 - uvicorn's
        super().__init__(*args, **kwargs)
        self._bounds = bounds
        self._size = 0  # of the request that is arriving
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > self._bounds.connections:
            transport.abort()
            return
        self._arm()

    def connection_lost(self, exc: Exception | None) -> None:
        self._disarm()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if not self._size:
            self._arm()
        self._size += len(data)
        super().data_received(data)
        if self.conn.their_state in ARRIVED:
            self._size = 0
            self._disarm()
        elif self._size > self._bounds.request_size:
            self.transport.abort()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self._deadline is None and self.conn.their_state not in ARRIVED:
            self._arm()

    def _arm(self) -> None:
        self._disarm()
        self._deadline = self.loop.call_later(self._bounds.request_s, self.transport.abort)

    def _disarm(self) -> None:
        if self._deadline:
            self._deadline.cancel()
            self._deadline = None


class Server(uvicorn.Server):
    """Serves until *stop* is set; signals are the command's."""

    def __init__(self, config: uvicorn.Config, stop: threading.Event) -> None:
        super().__init__(config)
        self._stop = stop

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def on_tick(self, counter: int) -> bool:  # ten times a second
        return self._stop.is_set() or await super().on_tick(counter)


def server(application: ASGIApp, stop: threading.Event, *, bounds: Bounds | None = None) -> Server:
    """A server of *application* until *stop* is set, bounded in connections, headers and time."""
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)  # its warnings tell of what strangers send
    made = partial(BoundedProtocol, bounds=bounds or Bounds())
    config = uvicorn.Config(
        application,
        http=cast("type[asyncio.Protocol]", made),
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        h11_max_incomplete_event_size=LARGEST_HEAD,
        timeout_keep_alive=IDLE_S,
        timeout_graceful_shutdown=SHUTDOWN_S,
    )
    return Server(config, stop)
