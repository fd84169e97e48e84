"""The two forms of the screen: a live display on a terminal, and log lines anywhere else."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from typing import Protocol, TextIO, cast

from rich.console import Console, Group, RenderableType
from rich.file_proxy import FileProxy
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from sources.aleta.clock import Clock

from .figures import Facts, Overall, described, described_overall, described_stage

BAR = 20
WIDE = 60  # columns of a terminal that has room for bars
OVERALL = ""  # no tenant is called so

log = logging.getLogger(__name__)


class Shown(Protocol):
    """One tenant's run: `progress.Progress`."""

    name: str

    def facts(self) -> Facts: ...


class Display(Protocol):
    """One form of the screen; called by one thread at a time."""

    def changed(self, tenant: Shown, overall: Overall) -> None: ...

    def refresh(self, tenants: Sequence[Shown], overall: Overall) -> None: ...

    def close(self) -> None: ...


class Lines:
    """Log lines: for each tenant that runs every *interval_s* seconds, and at the end of each stage that was not empty.

    Of many tenants, not their stages but their ends, and how many there were.
    """

    def __init__(self, clock: Clock, interval_s: float) -> None:
        self._clock = clock
        self._interval_s = interval_s
        self._said_s: dict[str, float] = {}

    def changed(self, tenant: Shown, overall: Overall) -> None:
        facts = tenant.facts()
        self._said_s[tenant.name] = self._clock.monotonic()
        if not overall.many and facts.last and facts.last.name and not facts.last.is_empty:
            log.info("%s: %s", tenant.name, ", ".join(described_stage(facts.last)))
        if facts.ended:
            self._say(tenant)
        if facts.ended:
            self._said_s.pop(tenant.name)

    def refresh(self, tenants: Sequence[Shown], overall: Overall) -> None:
        if overall.many and self._due(OVERALL):
            self._said_s[OVERALL] = self._clock.monotonic()
            log.info("%s", ", ".join(described_overall(overall)))
        for tenant in tenants:
            if not tenant.facts().ended and self._due(tenant.name):
                self._say(tenant)

    def _due(self, name: str) -> bool:
        since_s = self._said_s.setdefault(name, self._clock.monotonic())
        return self._clock.monotonic() - since_s >= self._interval_s

    def _say(self, tenant: Shown) -> None:
        self._said_s[tenant.name] = self._clock.monotonic()
        log.info("%s: %s", tenant.name, ", ".join(described(tenant.facts())))

    def close(self) -> None: ...


class Drawing:
    """A live display on a terminal, from the first tenant on; log lines appear above it."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = Live(console=console, auto_refresh=False, redirect_stdout=False)
        self._moved: list[tuple[logging.StreamHandler[TextIO], TextIO]] = []

    def changed(self, tenant: Shown, overall: Overall) -> None: ...

    def refresh(self, tenants: Sequence[Shown], overall: Overall) -> None:
        if tenants and not self._live.is_started:
            self._start()
        if self._live.is_started:
            self._live.update(drawing(tenants, overall, width=self._console.width), refresh=True)

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


def drawing(tenants: Sequence[Shown], overall: Overall, *, width: int) -> RenderableType:
    """One row a tenant: name, bar, and the words, which wrap where the terminal is narrow.

    Of many tenants, those that run, and above them how many ran.
    """
    table = Table.grid(padding=(0, 2))
    for tenant in tenants:
        facts = tenant.facts()
        if not (overall.many and facts.ended):
            table.add_row(
                Text(tenant.name, style="bold"), *_bar(facts.total, facts.total_done, width=width), _words(facts)
            )
    if not overall.many:
        return table
    head = Table.grid(padding=(0, 2))
    words = Text(", ".join(described_overall(overall)), style="bold")
    head.add_row(*_bar(overall.expected, overall.done, width=width), words)
    return Group(head, table)


def _words(facts: Facts) -> Text:
    return Text(", ".join(described(facts)))


def _bar(total: int, done: int, *, width: int) -> list[ProgressBar]:
    return [ProgressBar(total or 1, done, width=BAR)] if width >= WIDE else []
