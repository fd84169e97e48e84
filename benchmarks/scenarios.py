"""One round: first load, a night without and one with changes, a crash and what comes after it; for one or many."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from benchmarks import worlds
from benchmarks.contenders import OURS, Contender, Place
from benchmarks.measure import Usage, run
from benchmarks.results import AGAIN, CHANGED, FIRST, KILLED, RESUMED, SCENARIOS, UNCHANGED, Result
from benchmarks.stored import Row
from benchmarks.truth import differences
from benchmarks.worlds import BURST, World
from sandbox import Sandbox

PLENTY = 1_000_000_000  # requests; never enough


@dataclass(slots=True, kw_only=True)
class Round:
    """One round in one world; the contenders take turns, so that all meet the same machine and the same state.

    Args:
        folder: each contender works below it, twice.
        runner: what runs and measures a command; a test that counts may have a faster one.
    """

    box: Sandbox
    world: World
    number: int
    folder: Path
    contenders: Sequence[Contender]
    runner: Callable[..., Usage] = run
    truth: dict[str, Row] = field(default_factory=dict)
    recent: frozenset[str] | None = None
    old: frozenset[str] = frozenset()

    def play(self, scenarios: Sequence[str] = tuple(SCENARIOS)) -> Iterator[Result]:
        """Every scenario that is asked for, in the order of `SCENARIOS`."""
        worlds.begin(self.box, self.world)
        self._look()
        firsts = {}
        for contender in self.contenders:
            yield (first := self._run(FIRST, contender))
            firsts[contender.name] = first.requests
        if UNCHANGED in scenarios:
            yield from (self._run(UNCHANGED, contender) for contender in self.contenders)
        if CHANGED in scenarios:
            self.recent, self.old = worlds.night(self.box, self.world, self.number)
            self._look()
            yield from (self._run(CHANGED, contender) for contender in self.contenders)
        if AGAIN in scenarios:
            yield from (self._run(AGAIN, contender) for contender in self.contenders if contender is OURS)
        if RESUMED in scenarios:
            for contender in self.contenders:
                yield from self._crash(contender, half=firsts[contender.name] // 2)

    def place(self, contender: Contender, life: str = "kept") -> Place:
        """Where it works: `kept` through the nights, or `killed`."""
        folder = self.folder / f"{self.world.name}-{self.number}-{contender.name}-{life}"
        return Place(folder=folder, since=self.world.since)

    def _crash(self, contender: Contender, *, half: int) -> Iterator[Result]:
        yield self._run(KILLED, contender, life="killed", requests=half)
        yield self._run(RESUMED, contender, life="killed")

    def _look(self) -> None:
        self.truth = worlds.rows(self.box)

    def _run(self, scenario: str, contender: Contender, *, life: str = "kept", requests: int = PLENTY) -> Result:
        place = self.place(contender, life)
        place.folder.mkdir(parents=True, exist_ok=True)
        self._configure(place, again=scenario == AGAIN)
        self.box.set(requests_per_minute=self.world.per_minute, burst=BURST)  # a full bucket
        self.box.reset_requests()
        enough = partial(self._answered, requests)
        usage = self.runner(contender.command(place), log=place.folder / "log", enough=enough)
        counted = (len(self.box.requests), sum(call.status == 429 for call in self.box.requests))
        return self._result(scenario, contender, usage, counted, life)

    def _answered(self, requests: int) -> bool:
        return len(self.box.requests) >= requests

    def _configure(self, place: Place, *, again: bool) -> None:
        ours = {"resources": ["transactions"], "publish": ["duckdb"], "requests_per_minute": self.world.per_minute}
        ours |= {"burst": BURST, **({"reverify_days": 1} if again else {})}
        self.box.write_config(place.config, **ours)

    def _result(self, scenario: str, contender: Contender, usage: Usage, counted: tuple[int, int], life: str) -> Result:
        stored = contender.stored(self.place(contender, life))
        older = differences(stored, self.truth, only=self.old) if scenario == CHANGED else None
        lost = differences(stored, self.truth)
        hidden = (older.missing, older.extra, older.stale) if older else (0, 0, 0)
        return Result(
            world=self.world.name,
            scenario=scenario,
            contender=contender.name,
            round=self.number,
            seconds=usage.seconds,
            cpu_s=usage.cpu_s,
            megabytes=usage.megabytes,
            requests=counted[0],
            refused=counted[1],
            missing=lost.missing - hidden[0],
            extra=lost.extra - hidden[1],
            stale=lost.stale - hidden[2],
            digits=lost.digits,
            exit=usage.exit,
            old_changes=sum(hidden),
        )
