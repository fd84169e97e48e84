"""The service: receiver, worker and status page together, from start to a clean end."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Sequence
from dataclasses import dataclass

from starlette.types import ASGIApp

from .connections import server
from .worker import Worker

BACKLOG = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """An application, and the socket that it is served on."""

    application: ASGIApp
    socket: socket.socket


def listen(host: str, port: int) -> socket.socket:
    """A socket that accepts connections on *host*; port 0 takes any that is free.

    Raises:
        OSError: the address cannot be used.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=BACKLOG)


async def serve(listening: Sequence[Listening], worker: Worker | None, *, stop: threading.Event) -> None:
    """Serve until *stop* is set; then answer what is under way, and let a running sync commit what it fetched.

    Args:
        worker: None: deliveries are only recorded.
    """
    async with asyncio.TaskGroup() as tasks:  # a defect of one ends all: better no service than half of one
        working = tasks.create_task(worker.run()) if worker else None
        serving = [tasks.create_task(server(each.application, stop).serve(sockets=[each.socket])) for each in listening]
        await asyncio.gather(*serving)
        if working:  # only now: what was accepted last is on disk, and synced after the restart
            working.cancel()
