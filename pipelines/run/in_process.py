"""`sync` for Python: the same run as the command's, in the caller's process."""

from __future__ import annotations

import io
import logging
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sources.aleta.clock import SystemClock

from ..report.progress import Screen
from ..report.report import RunReport
from ..settings import point_dlt_at
from .job import sync_of
from .selection import selected

log = logging.getLogger(__name__)


def sync_tenants(config: Path, tenants: Sequence[str] = (), *, clients: Sequence[str] = ()) -> RunReport:
    """The nightly run of the *tenants* named, all when none is.

    Progress and warnings go to `logging`. What fails is in the report, as with the command. No signal is handled: a
    KeyboardInterrupt stops the run after it committed what was fetched. While it runs, files that this process makes
    are readable by its user alone (rule S1).

    Args:
        config: the folder with `config.toml`. dlt reads its own sections there if it was not imported before.
        clients: only these and what hangs below them; empty: all.

    Raises:
        SettingsError: the configuration is wrong; nothing was sent or written.
    """
    point_dlt_at(config, os.environ)  # before anything asks dlt: which destination there is, for one
    chosen, warnings = selected(config, tenants, keys=True)
    for warning in warnings:
        log.warning(warning)
    from .connect import Connector  # noqa: PLC0415 - these bring dlt, which reads where its configuration is
    from .sync import run  # noqa: PLC0415
    from .tools import Tools  # noqa: PLC0415

    stop = threading.Event()
    clock = SystemClock(stop)
    stderr = sys.stderr or io.StringIO()  # none in a process without a console
    with _private_files(), _stopped_at_the_end(stop), Screen(stderr, clock, live=False) as screen:
        tools = Tools(connect=Connector(clock=clock), screen=screen, clock=clock, stop=stop)
        return run(chosen, tools, job=sync_of(clients))


@contextmanager
def _private_files() -> Iterator[None]:
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


@contextmanager
def _stopped_at_the_end(stop: threading.Event) -> Iterator[None]:
    try:
        yield
    finally:
        stop.set()
