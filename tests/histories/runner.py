"""Runs the pipeline in processes that can be killed: a server that forks a fresh, warm process for each order."""

from __future__ import annotations

import io
import os
import pickle
import select
import signal
import struct
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import BinaryIO, Self

ROOT = Path(__file__).parents[2]
HUNG_S = 240.0  # of a run that takes a second; a loaded machine may take longer
WARM = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Order:
    """What a process is to do.

    Args:
        tenants: the settings of each.
        now: what its clock says throughout.
        what: `sync`, `backfill` of *span*, `verify`, or `check`: what gives the bug *check* away, in *folder*.
        package_rows: a package is committed when it holds so many rows.
        cut: how it is to be cut short.
        bug: a planted bug of `bugs.BUGS`.
    """

    tenants: tuple
    now: datetime
    what: str = "sync"
    span: tuple[date, date] | None = None
    accounts: tuple[str, ...] = ()
    package_rows: int = 100_000
    cut: object = None
    bug: str = ""
    check: str = ""
    folder: Path = Path()


@dataclass(frozen=True, kw_only=True)
class Ended:
    """What became of it: its report (of a check, what it says), or the signal that ended it."""

    report: object = None
    signal: int = 0


@dataclass
class Runner:
    """The server, as the tests talk to it; a context manager."""

    _process: subprocess.Popen = field(init=False)

    def __enter__(self) -> Self:
        plain = {name: value for name, value in os.environ.items() if not name.startswith(("ALETA", "TENANTS__"))}
        self._process = subprocess.Popen(
            [sys.executable, "-c", "from tests.histories.runner import serve; serve()"],
            cwd=ROOT,
            env=plain | {"PYTHONPATH": f"{ROOT}"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()

    def run(self, order: Order) -> Ended:
        _put(self._process.stdin, order)
        ended = _get(self._process.stdout)
        if isinstance(ended, str):
            raise AssertionError(ended)  # noqa: TRY004  the other end told what went wrong
        return ended


def _put(stream: BinaryIO, value: object) -> None:
    data = pickle.dumps(value)
    stream.write(struct.pack("<Q", len(data)) + data)
    stream.flush()


def _get(stream: BinaryIO) -> object:
    size = stream.read(8)
    if len(size) < 8:
        raise EOFError("the other side ended")
    return pickle.loads(stream.read(struct.unpack("<Q", size)[0]))


# -- the server


def serve() -> None:
    os.umask(0o077)
    orders, ends = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not get between
    _warm_up()
    while True:
        try:
            order = _get(orders)
        except EOFError:
            return
        _put(ends, _in_a_process_of_its_own(order))


def _in_a_process_of_its_own(order: Order) -> Ended | str:
    assert threading.active_count() == 1, f"a fork would lose {threading.enumerate()}"
    reader, writer = os.pipe()
    pid = os.fork()
    if not pid:
        _be_the_process(order, writer)
    os.close(writer)
    if order.cut and order.cut.at == "time" and not select.select([reader], [], [], order.cut.after_us / 1e6)[0]:
        os.kill(pid, signal.SIGKILL)
    said = _hear(reader, pid)
    _, status = os.waitpid(pid, 0)
    if said is None:
        return f"hung: {order}"
    if os.WIFSIGNALED(status):
        return Ended(signal=os.WTERMSIG(status))
    result = pickle.loads(said)
    return result if isinstance(result, str) else Ended(report=result)


def _hear(reader: int, pid: int) -> bytes | None:
    said = bytearray()
    while True:
        ready, _, _ = select.select([reader], [], [], HUNG_S)
        if not ready:
            os.kill(pid, signal.SIGABRT)
            os.close(reader)
            return None
        piece = os.read(reader, 1 << 16)
        if not piece:
            os.close(reader)
            return bytes(said)
        said += piece


def _be_the_process(order: Order, writer: int) -> None:
    try:
        result: object = obey(order)
    except BaseException as error:  # noqa: BLE001  a defect of the harness, told by its other end
        import traceback

        result = f"{error!r}\n{traceback.format_exc()}"
    data = pickle.dumps(result)
    while data:
        data = data[os.write(writer, data) :]
    os._exit(0)


class Hurried:
    """A clock that waits for nothing; its monotonic time goes on all the same."""

    def __init__(self, stop: threading.Event) -> None:
        from sources.aleta.clock import SystemClock

        self._real = SystemClock(stop)
        self._slept_s = 0.0

    def now(self) -> datetime:
        return self._real.now()

    def monotonic(self) -> float:
        return self._real.monotonic() + self._slept_s

    def sleep(self, seconds: float) -> None:
        self._real.sleep(0.0)
        self._slept_s += max(0.0, seconds)


def obey(order: Order) -> object:
    """Do what *order* says, in this process."""
    from pipelines.commands import backfill
    from pipelines.report.progress import Screen
    from pipelines.run import sync
    from pipelines.run.connect import Connector
    from pipelines.run.job import SYNC
    from pipelines.run.loading import packages as load
    from pipelines.run.tools import Tools
    from pipelines.verification import verify
    from sources.aleta.planning.windows import Window
    from sources.aleta.transport.pacing.retry import RetryPolicy
    from tests.fakes import FakeClock
    from tests.histories import bugs, cuts, rule_checks

    load.PACKAGE_ROWS = order.package_rows
    if order.cut:
        cuts.announce()
    if order.bug:
        bugs.plant(order.bug)
    if order.what == "check":
        return rule_checks.faults(order.check, order.folder)
    stop, clock = threading.Event(), FakeClock(order.now)
    policy = RetryPolicy(attempts=5, unreachable_for_s=20.0, rate_limited_for_s=20.0)
    connect = Connector(clock=Hurried(stop), policy=policy)
    tools = Tools(connect=connect, screen=Screen(io.StringIO(), clock), clock=clock, stop=stop)
    if order.cut:
        cuts.arm(order.cut, order.tenants[0].data_dir, stop)
    if order.what == "verify":
        return verify.run(order.tenants, tools, sample=None)
    job = backfill.job(Window(*order.span), accounts=order.accounts) if order.what == "backfill" else SYNC
    return sync.run(order.tenants, tools, job=job)


def _warm_up() -> None:
    """A small sync, so that what is loaded and cached once is there in every fork."""
    from pipelines.settings import load, point_dlt_at
    from sandbox import Sandbox, SandboxSettings
    from tests import typing_cache

    typing_cache.cache_answers()
    with tempfile.TemporaryDirectory() as folder:
        settings = SandboxSettings(accounts=2, rows=4, years=1, today=WARM.date())
        with Sandbox(settings) as box:
            config = box.write_config(
                Path(folder) / "config", requests_per_minute=0, data_dir="warm", resources=["transactions"]
            )
            point_dlt_at(config, os.environ)
            tenants = load(config, environ={}).tenants
            obey(Order(tenants=tenants, now=WARM))
    for thread in threading.enumerate():
        if thread is not threading.main_thread():
            thread.join(5)
