"""What a command that sends requests works with."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sources.aleta.clock import SystemClock

from ..report.progress import Screen
from ..report.report import Exit
from ..run.connect import Connector
from ..run.tools import Tools
from .invocation import stop_on_signals


@contextmanager
def tools() -> Iterator[tuple[Tools, Callable[[], Exit | None]]]:
    """Clock, screen and connections of one command; a signal stops them, and names the exit code."""
    stop, stopped = stop_on_signals()
    clock = SystemClock(stop)
    with Screen(sys.stderr, clock) as screen:
        yield Tools(connect=Connector(clock=clock), screen=screen, clock=clock, stop=stop), stopped
