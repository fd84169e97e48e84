"""The figures of a running sync, and how they are described. Pure."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sources.aleta.transport.observer import Reason

from .report import Status

MINUTE_S = 60.0
FEW = 5  # tenants


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Threads wait until then, all for the same reason; *cause* is the code of the failure before a retry."""

    reason: Reason
    until: datetime
    cause: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """One tenant's run at one instant.

    Args:
        done: of the *parents*, called *noun*, whose rows are read.
        last_minute: requests sent in the last 60 seconds; `per_minute` is the budget, 0 for none.
        waits: those that are not over.
        ended: only what was done is described.
        total, total_done: parents of all tables that are read, and those of them whose rows are.
        left_s: seconds until all of them are read, at the speed so far; None where that is unknown.
        last: the stage that ended last.
    """

    now: datetime
    stage: str = ""
    ended: bool = False
    objects: int = 0
    noun: str = ""
    done: int = 0
    parents: int = 0
    rows: int = 0
    committed: int = 0
    requests: int = 0
    last_minute: int = 0
    per_minute: int = 0
    retries: int = 0
    waits: tuple[Wait, ...] = ()
    total: int = 0
    total_done: int = 0
    left_s: float | None = None
    last: Stage | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A stage of a run that ended, and what it did by itself.

    Args:
        parents: of how many, called *noun*, the rows were read.
    """

    name: str
    seconds: float = 0.0
    objects: int = 0
    noun: str = ""
    parents: int = 0
    rows: int = 0
    requests: int = 0
    retries: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether there was nothing to do in it: it counted nothing, and took no time that is shown."""
        return not round(self.seconds) and not any(getattr(self, name) for name in COUNTED if name != "seconds")

    def since(self, before: Stage) -> Stage:
        """What it did beyond *before*."""
        done = {name: getattr(self, name) - getattr(before, name) for name in COUNTED}
        return replace(self, **done)


COUNTED = ("seconds", "objects", "parents", "rows", "requests", "retries")
"""What a stage counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overall:
    """All tenants of a command at one instant.

    Args:
        began_s, now_s: when they began, and this instant.
        expected: how many there are in all, those included that wait for their turn.
        running: of these, how many run now.
        ended: how many ended with each status.
    """

    began_s: float = 0.0
    now_s: float = 0.0
    expected: int = 0
    running: int = 0
    ended: Mapping[str, int] = field(default_factory=dict)

    @property
    def many(self) -> bool:
        """Whether they are too many to be shown one by one."""
        return self.expected > FEW

    @property
    def done(self) -> int:
        return sum(self.ended.values())

    @property
    def left_s(self) -> float | None:
        return left_s(done=self.done, parents=self.expected, elapsed_s=self.now_s - self.began_s)


def left_s(*, done: int, parents: int, elapsed_s: float) -> float | None:
    """Seconds until all *parents* are done, at the speed at which *done* were; None where there is none yet."""
    remaining = parents - done
    return remaining * elapsed_s / done if done and remaining > 0 else None


def described(facts: Facts) -> list[str]:
    """A run as short phrases, the most important first; counts of zero are left out."""
    parts = [
        facts.stage,
        _progress(facts) or _if_any(facts.objects, "object"),
        f"{_if_any(facts.rows, 'row')}{f', {facts.committed:,} committed' if _lags(facts) else ''}",
        _requests(facts),
        _if_any(facts.retries, "retry", "retries"),
    ]
    if not facts.ended:
        parts += [_waiting(wait, facts.now) for wait in facts.waits]
        parts.append(f"about {timedelta(seconds=math.ceil(facts.left_s))} left" if facts.left_s else "")
    return [part for part in parts if part]


def _progress(facts: Facts) -> str:
    """How far the table is that is read; nothing of a run that ended with it, where other tables were read too."""
    is_over = facts.ended and facts.done == facts.parents < facts.total
    return f"{facts.done:,} of {_each(facts.parents, facts.noun)}" if facts.parents and not is_over else ""


def _lags(facts: Facts) -> bool:
    """Whether part of what was read waits to be committed; a run that ended has committed all."""
    return bool(facts.committed) and not facts.ended


def described_stage(stage: Stage) -> list[str]:
    """A stage that ended as short phrases; counts of zero are left out."""
    parts = [
        f"{stage.name} took {timedelta(seconds=round(stage.seconds))}",
        _each(stage.parents, stage.noun) if stage.parents else "",
        _if_any(stage.objects, "object"),
        _if_any(stage.rows, "row"),
        _if_any(stage.requests, "request"),
        _if_any(stage.retries, "retry", "retries"),
    ]
    return [part for part in parts if part]


def described_overall(overall: Overall) -> list[str]:
    """All tenants as short phrases."""
    left = overall.left_s
    return [
        f"{overall.done:,} of {overall.expected:,} tenants done",
        *([f"{overall.running:,} running"] if overall.running else []),
        *(f"{count:,} {status}" for status, count in overall.ended.items() if count and status != Status.COMPLETE),
        *([f"about {timedelta(seconds=math.ceil(left))} left"] if left is not None else []),
    ]


def counted(number: int, noun: str, plural: str = "") -> str:
    """A number and what it counts; *plural*: of more or less than one, where that is not the noun and an s."""
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"


def _if_any(number: int, noun: str, plural: str = "") -> str:
    return counted(number, noun, plural) if number else ""


def _each(number: int, nouns: str) -> str:
    """A number and what it counts, named in the plural: `1 reporting entity` of `reporting entities`."""
    return counted(number, singular(nouns), nouns)


def singular(nouns: str) -> str:
    """`reporting entity` of `reporting entities`, `account` of `accounts`."""
    return f"{nouns[:-3]}y" if nouns.endswith("ies") else nouns.removesuffix("s")


def _requests(facts: Facts) -> str:
    sent = _if_any(facts.requests, "request")
    if not sent or facts.ended:
        return sent
    budget = f" of {facts.per_minute:,}/min" if facts.per_minute else ""
    return f"{sent} ({facts.last_minute:,}/min{budget})"


def _waiting(wait: Wait, now: datetime) -> str:
    """Rule R3: why it waits, and until when."""
    if wait.reason == "retry":
        cause = f" ({wait.cause})" if wait.cause else ""
        return f"retrying in {math.ceil((wait.until - now).total_seconds())} s{cause}"
    why = "budget" if wait.reason == "budget" else "the API asked for a pause"
    return f"{why}: until {wait.until:%H:%M:%S} UTC"


class Recent:
    """How many there were in the last minute, to the second. Not safe for threads."""

    def __init__(self) -> None:
        self._seconds: deque[list[int]] = deque()  # [second, count]

    def add(self, now_s: float) -> None:
        second = int(now_s)
        if not self._seconds or self._seconds[-1][0] != second:
            self._forget(now_s)
            self._seconds.append([second, 0])
        self._seconds[-1][1] += 1

    def count(self, now_s: float) -> int:
        self._forget(now_s)
        return sum(count for _, count in self._seconds)

    def _forget(self, now_s: float) -> None:
        while self._seconds and self._seconds[0][0] <= now_s - MINUTE_S:
            self._seconds.popleft()


@dataclass(slots=True)
class Plan:
    """The parents to read of each table, and since when; the time stops when what follows is not reading."""

    resource: str = ""
    noun: str = ""
    expected: dict[str, int] = field(default_factory=dict)  # table -> parents
    done: dict[str, set[str]] = field(default_factory=dict)
    since_s: float | None = None

    def expect(self, parents: Mapping[str, int]) -> None:
        """So many parents are likely to be read of each table."""
        self.expected |= parents

    def begin(self, resource: str, noun: str, parents: int, now_s: float) -> None:
        """Just so many are read of a table, from now on."""
        self.resource, self.noun = resource, noun
        self.expected[resource] = parents
        self.done.setdefault(resource, set())
        self.since_s = now_s if self.since_s is None else self.since_s

    def take(self, resource: str, parent_id: str) -> None:
        """All is read of one parent."""
        if resource in self.done:
            self.done[resource].add(parent_id)

    @property
    def parents(self) -> int:
        return self.expected.get(self.resource, 0)

    @property
    def read(self) -> int:
        return len(self.done.get(self.resource, ()))

    @property
    def total(self) -> int:
        return sum(self.expected.values())

    @property
    def total_read(self) -> int:
        return sum(len(parents) for parents in self.done.values())

    def left_s(self, now_s: float) -> float | None:
        """Seconds until all tables are read, at the speed so far."""
        if self.since_s is None:
            return None
        return left_s(done=self.total_read, parents=self.total, elapsed_s=now_s - self.since_s)
