"""`serve`: receives webhooks, and syncs the clients they name."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from functools import partial

import click

from sources.aleta.catalogue.catalogue import CATALOGUE
from sources.aleta.clock import Clock, SystemClock
from sources.aleta.transport.observer import Silent
from sources.aleta.transport.pacing.retry import RetryPolicy

from ..invocation.invocation import Invocation, fail, output, stop_on_signals
from ..invocation.tenants import chosen
from ..report.report import Exit
from ..run.connect import Connector
from ..settings import TenantSettings

MISSING = 'the receiver is not installed: in the clone, pip install ".[serve]"'
try:
    from ..webhooks import standing
    from ..webhooks.keys import Coordinates, Keys, KeySource
    from ..webhooks.program import Program
    from ..webhooks.receiver import Receiver
    from ..webhooks.recorder import Recorder
    from ..webhooks.service import Listening, listen, serve
    from ..webhooks.worker import Worker
except ModuleNotFoundError as missing:
    if missing.name not in {"h11", "starlette", "uvicorn"}:
        raise
    fail(Exit.USAGE, MISSING)

IMPATIENT = RetryPolicy(attempts=2, base_s=0.2, unreachable_for_s=2.0, rate_limited_for_s=5.0)
FETCHING = 4  # tenants whose keys are fetched at once
LOOPBACK = "127.0.0.1"
START = "from pipelines.start import main; main()"


@click.command()
@click.option("--host", default=LOOPBACK, show_default=True, help="The address to receive on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8300, show_default=True, help="0: any that is free.")
@click.option(
    "--status-port",
    type=click.IntRange(0, 65535),
    default=0,
    show_default=True,
    help="Serve the page of `report` at / and /metrics there, on 127.0.0.1 only; 0: do not.",
)
@click.option("--no-sync", is_flag=True, help="Only record deliveries; the next `sync` takes them up.")
@click.pass_obj
def command(invocation: Invocation, *, host: str, port: int, status_port: int, no_sync: bool) -> None:
    """Receive webhooks at POST /webhooks/TENANT, and sync the clients they name."""
    tenants = chosen(invocation, (), keys=True)
    stop, stopped = stop_on_signals()
    recorder = Recorder({tenant.name: tenant.folder for tenant in tenants})
    worker = None if no_sync else Worker([tenant.name for tenant in tenants], recorder, _program(invocation).sync)
    threads = ThreadPoolExecutor(FETCHING, thread_name_prefix="keys")
    receiver = Receiver(
        _keys(tenants, threads, SystemClock(stop)),
        recorder,
        accepted=worker.wake if worker else lambda _: None,
        now=SystemClock().now,
    )
    listening = _listening(receiver, tenants, host=host, port=port, status_port=status_port)
    try:
        _announce(listening)  # the sockets take connections already
        asyncio.run(serve(listening, worker, stop=stop))
    finally:
        recorder.close()
        threads.shutdown(wait=False, cancel_futures=True)
    sys.exit(stopped())


def _listening(
    receiver: Receiver, tenants: Sequence[TenantSettings], *, host: str, port: int, status_port: int
) -> list[Listening]:
    found = [Listening(application=receiver.application(), socket=_listen(host, port, option="--port"))]
    if status_port:
        application = standing.application(page=_page(tenants), metrics=_metrics(tenants))
        found.append(Listening(application=application, socket=_listen(LOOPBACK, status_port, option="--status-port")))
    return found


def _listen(host: str, port: int, *, option: str) -> socket.socket:
    try:
        return listen(host, port)
    except OSError as error:
        reason = f"{error.strerror or error}".split(" (while ")[0]  # Python adds the address, as a tuple
        fail(Exit.FAILED, f"cannot listen on {host}:{port} ({reason}): name another with {option}")


def _announce(listening: Sequence[Listening]) -> None:
    """One line of JSON on stdout: where it listens, for people and scripts."""
    names = ("", "status_")
    line: dict[str, object] = {}
    for name, each in zip(names, listening, strict=False):
        host, port = each.socket.getsockname()[:2]
        line |= {f"{name}url": f"http://{f'[{host}]' if ':' in host else host}:{port}", f"{name}port": port}
    output(line)


def _program(invocation: Invocation) -> Program:
    """This program, by this interpreter, without what lies in the folder that it is started from."""
    folder = invocation.config.absolute()  # resolve() would go where a link points
    return Program([sys.executable, "-P", "-c", START, *invocation.log_options, "--config", f"{folder}"])


def _keys(tenants: Sequence[TenantSettings], threads: Executor, clock: Clock) -> dict[str, Keys]:
    """Each tenant's keys; *clock* ends the waits of a fetch when the service is to stop."""
    connector = Connector(clock=clock, policy=IMPATIENT)
    return {
        tenant.name: Keys(
            tenant.name,
            tenant.folder,
            KeySource(fetch=partial(_fetch, connector, tenant), threads=threads, monotonic=clock.monotonic),
        )
        for tenant in tenants
    }


def _fetch(connector: Connector, tenant: TenantSettings) -> Sequence[Coordinates]:
    """The tenant's keys, from the API.

    Raises:
        SourceError: they cannot be read.
        OSError: the data folder cannot be made.
    """
    connection = connector(tenant, Silent())
    try:
        answer = connection.reader.list_of(CATALOGUE["webhook_keys"])()
    finally:
        connection.close()
    rows = answer.batch.select(["kid", "x", "y", "kty", "crv"]).to_pylist()
    return [
        Coordinates(**{name: text for name, text in row.items() if text is not None})
        for row in rows
        if row["x"] and row["y"]
    ]


def _page(tenants: Sequence[TenantSettings]) -> Callable[[], str]:
    from ..page.page import run  # noqa: PLC0415 - brings DuckDB and charts, which the receiver does not need

    return lambda: run(tenants, now=SystemClock().now()).text


def _metrics(tenants: Sequence[TenantSettings]) -> Callable[[], str]:
    from ..status.prometheus import metrics  # noqa: PLC0415
    from ..status.standing import run  # noqa: PLC0415

    return lambda: metrics(run(tenants))
