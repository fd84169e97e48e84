"""What an operator watches while a run goes on: each tenant's figures, on a terminal or as a log line now and then."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from types import TracebackType
from typing import Protocol, Self, TextIO, cast

from rich.console import Console
from rich.file_proxy import FileProxy
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from sources.aleta.clock import Clock
from sources.aleta.errors import RetryableError
from sources.aleta.transport.observer import Reason

from .figures import Facts, Plan, Recent, Wait, described
from .report import Status

DRAW_S = 0.25
LOOK_S = 1.0  # how often a log line may fall due
BAR = 20
WIDE = 60  # columns of a terminal that has room for bars
ENDED = frozenset(Status)

log = logging.getLogger(__name__)


class Progress:
    """One tenant's figures, fed by its run and, as the transport's Observer, by every worker. Safe for threads.

    Args:
        requests_per_minute: the budget, 0 for none.
        changed: called, from the thread that says so, when another stage begins.
    """

    def __init__(
        self, name: str, *, requests_per_minute: int, clock: Clock, changed: Callable[[Progress], None]
    ) -> None:
        self.name = name
        self._per_minute = requests_per_minute
        self._clock = clock
        self._changed = changed
        self._lock = threading.Lock()
        self._stage = ""
        self._plan = Plan()
        self._counts: Counter[str] = Counter()
        self._requests: Counter[str] = Counter()
        self._retries: Counter[str] = Counter()
        self._recent = Recent()
        self._waits: dict[Reason, datetime] = {}
        self._cause = ""

    # The transport says:

    def attempt(self, resource: str) -> None:
        with self._lock:
            self._requests[resource] += 1
            self._recent.add(self._clock.monotonic())

    def retry(self, resource: str, error: RetryableError, wait_s: float) -> None:  # noqa: ARG002  `waiting` tells it
        with self._lock:
            self._retries[resource] += 1
            self._cause = error.code

    def waiting(self, seconds: float, reason: Reason) -> None:
        until = self._clock.now() + timedelta(seconds=seconds)
        with self._lock:
            self._waits[reason] = max(until, self._waits.get(reason, until))

    # The run says:

    def stage(self, text: str) -> None:
        """What the run does from now on; a `Status` ends it."""
        with self._lock:
            changed = text != self._stage
            self._stage = text
            self._plan.since_s = None
        if changed:
            self._changed(self)

    def crawled(self, objects: int) -> None:
        """So many more objects are listed."""
        self._add("objects", objects)

    def planned(self, resource: str, parents: int, *, noun: str = "accounts") -> None:
        """From now on the rows of so many parents are read; say it after the stage."""
        with self._lock:
            self._plan = Plan(resource, noun, parents, self._clock.monotonic())

    def parent_done(self, resource: str, parent_id: str) -> None:
        """All is read of this parent, or it was given up; saying it twice changes nothing."""
        with self._lock:
            if resource == self._plan.resource:
                self._plan.done.add(parent_id)

    def rows(self, n: int) -> None:
        """So many more rows are read."""
        self._add("rows", n)

    def committed(self, rows: int) -> None:
        """So many more rows are in the warehouse."""
        self._add("committed", rows)

    def _add(self, name: str, number: int) -> None:
        with self._lock:
            self._counts[name] += number

    # The report and the screen ask:

    @property
    def requests(self) -> Counter[str]:
        """Attempts by resource, as of now."""
        with self._lock:
            return self._requests.copy()

    @property
    def retries(self) -> Counter[str]:
        """Attempts that were followed by another, by resource, as of now."""
        with self._lock:
            return self._retries.copy()

    @property
    def requests_total(self) -> int:
        return self.requests.total()

    @property
    def retries_total(self) -> int:
        return self.retries.total()

    def facts(self) -> Facts:
        """All of it as of now."""
        with self._lock:
            now, now_s = self._clock.now(), self._clock.monotonic()
            return Facts(
                now=now,
                stage=self._stage,
                ended=self._stage in ENDED,
                objects=self._counts["objects"],
                noun=self._plan.noun,
                done=len(self._plan.done),
                parents=self._plan.parents,
                rows=self._counts["rows"],
                committed=self._counts["committed"],
                requests=self._requests.total(),
                last_minute=self._recent.count(now_s),
                per_minute=self._per_minute,
                retries=self._retries.total(),
                waits=tuple(self._still_waiting(now)),
                left_s=self._plan.left_s(now_s),
            )

    def _still_waiting(self, now: datetime) -> Iterator[Wait]:
        for reason, until in self._waits.items():
            if until > now:
                yield Wait(reason=reason, until=until, cause=self._cause if reason == "retry" else "")


class _Display(Protocol):
    """One form of the screen; called by one thread at a time."""

    def changed(self, tenant: Progress) -> None: ...

    def refresh(self, tenants: Sequence[Progress]) -> None: ...

    def close(self) -> None: ...


class _Lines:
    """Log lines: at each change of stage, and for each tenant that runs every *interval_s* seconds."""

    def __init__(self, clock: Clock, interval_s: float) -> None:
        self._clock = clock
        self._interval_s = interval_s
        self._said_s: dict[str, float] = {}

    def changed(self, tenant: Progress) -> None:
        self._said_s[tenant.name] = self._clock.monotonic()
        log.info("%s: %s", tenant.name, ", ".join(described(tenant.facts())))

    def refresh(self, tenants: Sequence[Progress]) -> None:
        for tenant in tenants:
            since_s = self._said_s.setdefault(tenant.name, self._clock.monotonic())
            if self._clock.monotonic() - since_s >= self._interval_s and not tenant.facts().ended:
                self.changed(tenant)

    def close(self) -> None: ...


class _Drawing:
    """A live display on a terminal, from the first tenant on; log lines appear above it."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = Live(console=console, auto_refresh=False, redirect_stdout=False)
        self._moved: list[tuple[logging.StreamHandler[TextIO], TextIO]] = []

    def changed(self, tenant: Progress) -> None: ...

    def refresh(self, tenants: Sequence[Progress]) -> None:
        if tenants and not self._live.is_started:
            self._start()
        if tenants:
            self._live.update(drawing(tenants, width=self._console.width), refresh=True)

    def close(self) -> None:
        for handler, stream in self._moved:
            handler.setStream(stream)
        self._live.stop()

    def _start(self) -> None:
        self._live.start()
        self._console.show_cursor()  # rich hides it, and a killed process could not bring it back
        for handler in _handlers_to(self._console.file):
            self._moved.append((handler, handler.stream))
            handler.setStream(cast("TextIO", FileProxy(self._console, handler.stream)))


def _handlers_to(stream: object) -> Iterator[logging.StreamHandler[TextIO]]:
    for logger in (logging.root, *map(logging.getLogger, list(logging.root.manager.loggerDict))):
        for handler in logger.handlers:
            if isinstance(handler, logging.StreamHandler) and handler.stream is stream:
                yield handler


def drawing(tenants: Sequence[Progress], *, width: int) -> Table:
    """One row a tenant: name, bar, and the words, which wrap where the terminal is narrow."""
    table = Table.grid(padding=(0, 2))
    for tenant in tenants:
        facts = tenant.facts()
        bar = [ProgressBar(facts.parents or 1, facts.done, width=BAR)] if width >= WIDE else []
        table.add_row(Text(tenant.name, style="bold"), *bar, Text(", ".join(described(facts))))
    return table


class Screen:
    """What an operator watches while several tenants run; a context manager, safe for threads. Never writes to stdout.

    Args:
        stream: stderr. A terminal shows a live display; anything else gets log lines, by way of `logging`.
        interval_s: between two log lines of one tenant.
        live: False for log lines on a terminal, too.
    """

    def __init__(self, stream: TextIO, clock: Clock, interval_s: float = 30.0, *, live: bool = True) -> None:
        console = Console(file=stream, force_terminal=stream.isatty(), highlight=False)
        draws = live and console.is_terminal and not console.is_dumb_terminal
        self._display: _Display = _Drawing(console) if draws else _Lines(clock, interval_s)
        self._every_s = DRAW_S if draws else LOOK_S
        self._clock = clock
        self._tenants: list[Progress] = []
        self._lock = threading.RLock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._keep_up, name="screen", daemon=True)

    def tenant(self, name: str, *, requests_per_minute: int) -> Progress:
        """A tenant's run begins."""
        progress = Progress(name, requests_per_minute=requests_per_minute, clock=self._clock, changed=self._tell)
        with self._lock:
            self._tenants.append(progress)
        return progress

    def refresh(self) -> None:
        """Show what is due now."""
        with self._lock, suppress(OSError, ValueError):  # the terminal may be gone: the run goes on
            self._display.refresh(self._tenants)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()
        self.refresh()
        with suppress(OSError, ValueError):
            self._display.close()

    def _tell(self, tenant: Progress) -> None:
        with self._lock:
            self._display.changed(tenant)

    def _keep_up(self) -> None:
        while not self._over.wait(self._every_s):
            self.refresh()
