"""Processes of the program that begin warm: a server that has imported all it needs forks one for each command.

Of a short run, more than half is Python that starts and imports. A process from here is one of its own all the same,
with its own id, folder, environment, files and signals, and it ends as the interpreter ends any, but that it leaves
its memory to the system: to free object after object would take longer than a short run.
As a script, this file is the server.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import os
import pickle
import pkgutil
import random
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO
from uuid import UUID

ROOT = Path(__file__).parents[2]
LARGEST_ORDER = 1 << 17
EXTRAS = ("keyvault", "orchestration")  # bring azure and Dagster, which the commands do without
LAZY = (
    *("dlt._workspace", "dlt.destinations.impl.duckdb.duck", "dlt.destinations.impl.duckdb.sql_client"),
    *("dlt.destinations.impl.postgres.postgres", "dlt.destinations.impl.postgres.factory"),
    *(
        "dlt._workspace._plugins",
        "dlt.common.libs.pyarrow",
        "dlt.common.libs.sql_alchemy_compat",
    ),
    *("cryptography.hazmat.backends.openssl", "dlt.sources.helpers.requests", "http.server"),
    *("dlt._workspace.cli._plugins", "pendulum.locales.en.custom", "pendulum.locales.en.locale"),
    *("pyarrow.dataset", "pyarrow.parquet", "pyarrow.substrait", "_strptime", "encodings.utf_8_sig"),
)
MALLOC = {"MALLOC_ARENA_MAX": "1", "MALLOC_MMAP_THRESHOLD_": f"{1 << 25}", "MALLOC_TOP_PAD_": f"{1 << 26}"}
"""glibc takes memory in large pieces and keeps it: in a short run, every third page fault is one less."""
NUMBER = struct.Struct("<q")


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A command line, and where it is to run."""

    argv: Sequence[str]
    cwd: str
    environ: Mapping[str, str]


class Process:
    """What `subprocess.Popen` is to a process of its own making; all it prints goes to files."""

    def __init__(self, order: Order) -> None:
        self._out, self._err = tempfile.TemporaryFile(), tempfile.TemporaryFile()  # noqa: SIM115
        self._told, teller = os.pipe()
        files = [self._out.fileno(), self._err.fileno(), teller]
        socket.send_fds(_server(), [pickle.dumps(order)], files)
        os.close(teller)
        self.pid = self._hear()
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """The exit code as `Popen` has it; None while it runs."""
        if self.returncode is None and select.select([self._told], [], [], 0)[0]:
            self.returncode = self._hear()
            os.close(self._told)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        if self.poll() is None and not select.select([self._told], [], [], timeout)[0]:
            raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0.0)
        return self.poll()

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        self.wait(timeout)
        return _text(self._out), _text(self._err)

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            with suppress(ProcessLookupError):  # it ended, and the server has not said so yet
                os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _hear(self) -> int:
        said = os.read(self._told, NUMBER.size)
        assert said, "the server is gone"
        return NUMBER.unpack(said)[0]


def _text(file: IO[bytes]) -> str:
    if file.closed:
        return ""
    with file:
        file.seek(0)
        return file.read().decode()


@cache
def _server() -> socket.socket:
    """The server of this process; it ends when its socket is closed."""
    ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with its:
        command = [sys.executable, "-m", "tests.e2e.warm", f"{its.fileno()}"]
        process = subprocess.Popen(command, cwd=ROOT, pass_fds=[its.fileno()], env=os.environ | MALLOC)
    atexit.register(lambda: (ours.close(), process.wait(10)))
    return ours


# -- the server


def serve(orders: socket.socket) -> None:
    """Fork a process for each order; in that process, return."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _import_all()
    gc.freeze()
    starts: Counter[str] = Counter()
    while True:
        said, files, *_ = socket.recv_fds(orders, LARGEST_ORDER, 3)
        if not said:
            os._exit(0)
        _reap()
        order = pickle.loads(said)
        test = order.environ["PYTEST_CURRENT_TEST"]
        starts[test] += 1
        if not os.fork():
            orders.close()
            _become(order, *files)
            return _draw_run_ids(f"{test} {starts[test]}")
        for file in files:
            os.close(file)


def _reap() -> None:
    """Let watchers go that have told all."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _import_all() -> None:
    os.environ["DLT_CONFIG_FOLDER"] = "config"  # dlt reads it once, on import: here a process runs beside this folder

    import pipelines
    import sources.aleta
    from tests import typing_cache

    for package in (pipelines, sources.aleta):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not any(extra in module.name for extra in EXTRAS):
                importlib.import_module(module.name)
    for name in LAZY:
        importlib.import_module(name)
    typing_cache.cache_answers()
    assert threading.active_count() == 1, f"a fork would lose {threading.enumerate()}"


def _become(order: Order, out: int, err: int, teller: int) -> None:
    """Watch a child to its end and tell how it ended; return in that child, which is as if just started."""
    if child := os.fork():
        os.close(out)
        os.close(err)
        os.write(teller, NUMBER.pack(child))
        os.write(teller, NUMBER.pack(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])))
        os._exit(0)
    for source, target in ((os.open(os.devnull, os.O_RDONLY), 0), (out, 1), (err, 2)):
        os.dup2(source, target)
    os.closerange(3, 1024)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.chdir(order.cwd)
    os.environ.clear()
    os.environ.update(order.environ)
    sys.argv = list(order.argv)


def _draw_run_ids(seed: str) -> None:
    """A run's chance comes from its id: a test whose ids are drawn by its name meets the same chance every time."""
    from pipelines.run import sync

    rng = random.Random(seed)
    sync.uuid4 = lambda: UUID(int=rng.getrandbits(128), version=4)


def _end(code: object) -> None:
    """What the interpreter does when a process exits, up to where it would free its memory."""
    if code is not None and not isinstance(code, int):
        sys.exit(code)
    threading._shutdown()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code or 0)


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
    from pipelines.cli import main

    try:
        ended = main()
    except SystemExit as said:
        ended = said.code
    _end(ended)
