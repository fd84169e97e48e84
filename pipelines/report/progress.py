"""What an operator watches while a run goes on: each tenant's figures, on a terminal or as a log line now and then."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self, TextIO

from rich.console import Console

from sources.aleta.clock import Clock
from sources.aleta.errors import RetryableError
from sources.aleta.transport.observer import Reason

from .displays import Display, Drawing, Lines
from .figures import Facts, Overall, Plan, Recent, Stage, Wait
from .report import Status

DRAW_S = 0.25
LOOK_S = 1.0  # how often a log line may fall due
ENDED = frozenset(Status)
READING = "reading "  # how the stages begin in which there is something to foretell


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
        self._begun = self._so_far()
        self._last: Stage | None = None

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
            if changed:
                self._end_stage()
            self._stage = text
            if not text.startswith(READING):
                self._plan.since_s = None
        if changed:
            self._changed(self)

    def _end_stage(self) -> None:
        """What the stage did since it began."""
        now = self._so_far()
        self._last, self._begun = now.since(self._begun), now

    def _so_far(self) -> Stage:
        """All that was done by now, as one stage."""
        return Stage(
            name=self._stage,
            seconds=self._clock.monotonic(),
            objects=self._counts["objects"],
            noun=self._plan.noun,
            parents=self._plan.total_read,
            rows=self._counts["rows"],
            requests=self._requests.total(),
            retries=self._retries.total(),
        )

    def expected(self, parents: Mapping[str, int]) -> None:
        """The rows of so many parents of each table are likely to be read."""
        with self._lock:
            self._plan.expect(parents)

    def crawled(self, objects: int) -> None:
        """So many more objects are listed."""
        self._add("objects", objects)

    def planned(self, resource: str, parents: int, *, noun: str = "accounts") -> None:
        """From now on the rows of so many parents are read; say it after the stage."""
        with self._lock:
            self._plan.begin(resource, noun, parents, self._clock.monotonic())

    def parent_done(self, resource: str, parent_id: str) -> None:
        """All is read of this parent, or it was given up; saying it twice changes nothing."""
        with self._lock:
            self._plan.take(resource, parent_id)

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
                done=self._plan.read,
                parents=self._plan.parents,
                rows=self._counts["rows"],
                committed=self._counts["committed"],
                requests=self._requests.total(),
                last_minute=self._recent.count(now_s),
                per_minute=self._per_minute,
                retries=self._retries.total(),
                waits=tuple(self._still_waiting(now)),
                total=self._plan.total,
                total_done=self._plan.total_read,
                left_s=self._plan.left_s(now_s),
                last=self._last,
            )

    def _still_waiting(self, now: datetime) -> Iterator[Wait]:
        for reason, until in self._waits.items():
            if until > now:
                yield Wait(reason=reason, until=until, cause=self._cause if reason == "retry" else "")


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
        self._display: Display = Drawing(console) if draws else Lines(clock, interval_s)
        self._every_s = DRAW_S if draws else LOOK_S
        self._clock = clock
        self._began_s = clock.monotonic()
        self._expected = 0
        self._tenants: list[Progress] = []
        self._ended: Counter[str] = Counter()  # of those that are shown no more
        self._lock = threading.RLock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._keep_up, name="screen", daemon=True)

    def expect(self, tenants: int) -> None:
        """So many will run in all, not all of them at the same time."""
        self._began_s, self._expected = self._clock.monotonic(), tenants

    def tenant(self, name: str, *, requests_per_minute: int) -> Progress:
        """A tenant's run begins."""
        progress = Progress(name, requests_per_minute=requests_per_minute, clock=self._clock, changed=self._tell)
        with self._lock:
            self._tenants.append(progress)
        return progress

    def refresh(self) -> None:
        """Show what is due now."""
        with self._lock, suppress(OSError, ValueError):  # the terminal may be gone: the run goes on
            self._display.refresh(self._tenants, self._overall())

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
            overall = self._overall()
            self._display.changed(tenant, overall)
            if overall.many and tenant.facts().ended:
                self._tenants.remove(tenant)
                self._ended[tenant.facts().stage] += 1

    def _overall(self) -> Overall:
        shown = [tenant.facts() for tenant in self._tenants]
        ended = self._ended + Counter(facts.stage for facts in shown if facts.ended)
        return Overall(
            began_s=self._began_s,
            now_s=self._clock.monotonic(),
            expected=self._expected,
            running=sum(not facts.ended for facts in shown),
            ended=ended,
        )

    def _keep_up(self) -> None:
        while not self._over.wait(self._every_s):
            self.refresh()
