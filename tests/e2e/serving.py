"""`serve` as a process: started, told where it listens, sent to by many at once, killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path

from sandbox.http.deliveries import Signed, send
from tests.e2e.program import Program

PLANTED = "from tests.e2e.planted import plant; plant({bug!r}); from pipelines.cli import main; main()"
ROOT = Path(__file__).parents[2]


class Serving:
    """A running `serve`; its log goes to a file.

    Args:
        bug: a planted one, see `planted`.
    """

    def __init__(self, program: Program, *args: str, bug: str = "", options: Sequence[str] = ()) -> None:
        start = PLANTED.format(bug=bug) if bug else "from pipelines.cli import main; main()"
        argv = [sys.executable, "-c", start, "--config", f"{program.config}", *options, "serve", "--port", "0", *args]
        self.program = program
        self._log = (program.folder / "serve.log").open("a")
        environ = os.environ | {"HOME": f"{program.home}", "PYTHONPATH": f"{ROOT}"}
        self.process = subprocess.Popen(
            argv, stdout=subprocess.PIPE, stderr=self._log, text=True, cwd=program.folder, env=environ
        )
        assert self.process.stdout
        self.said = json.loads(self.process.stdout.readline())

    @property
    def log(self) -> str:
        return (self.program.folder / "serve.log").read_text()

    def url(self, tenant: str = "acme") -> str:
        return f"{self.said['url']}/webhooks/{tenant}"

    def deliver(self, **wanted: object) -> int:
        return self.program.box.deliver("acme", self.url(), **wanted)[0]

    def send_all(self, deliveries: Sequence[Signed], *, at_once: int = 16) -> list[str]:
        """Send them side by side; the ids of those that were acknowledged."""

        def deliver(signed: Signed) -> str | None:
            with suppress(OSError, HTTPException):
                return signed.headers["webhook-id"] if send(signed, self.url()) == 204 else None
            return None

        with ThreadPoolExecutor(at_once) as senders:
            return [webhook_id for webhook_id in senders.map(deliver, deliveries) if webhook_id]

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def terminate(self, timeout_s: float = 60.0) -> int:
        return self._end(signal.SIGTERM, timeout_s)

    def _end(self, number: int, timeout_s: float = 60.0) -> int:
        self.process.send_signal(number)
        try:
            return self.process.wait(timeout_s)
        finally:
            self.process.kill()
            self.process.communicate()
            self._log.close()


def until(condition: Callable[[], object], *, within_s: float = 120.0) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that in time"
        time.sleep(0.05)
