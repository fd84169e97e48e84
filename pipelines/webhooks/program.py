"""`sync` as a process of its own: what it takes is freed at its end, and its crash is not the receiver's."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from asyncio.subprocess import DEVNULL, Process
from collections.abc import Sequence

from ..report.figures import counted

STOP_S = 60.0  # for a sync that is told to stop, and commits what it fetched

log = logging.getLogger(__name__)


class Program:
    """Runs `sync`; when the waiting for it is cancelled, it is told to stop, and waited for.

    Args:
        command: what starts the program, with the options before its command.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self._command = tuple(command)

    async def sync(self, tenant: str, clients: Sequence[str]) -> int:
        """The exit code. Its log goes where ours goes."""
        named = [f"--client={client}" for client in clients]  # in one word: an id may begin with a dash
        log.info("%s: sync of %s begins", tenant, counted(len(clients), "client"))
        process = await asyncio.create_subprocess_exec(
            *self._command, "sync", "--json", *named, "--", tenant, stdin=DEVNULL, stdout=DEVNULL,
            start_new_session=True,
        )  # fmt: skip
        try:
            return await process.wait()
        except asyncio.CancelledError:
            await _stop(process)
            raise


async def _stop(process: Process) -> None:
    for number, patience_s in ((signal.SIGTERM, STOP_S), (signal.SIGKILL, STOP_S)):
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(number)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), patience_s)
            return
