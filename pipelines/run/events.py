"""What the reading thread tells the loading thread, in the order in which it came to know it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Protocol, TypeAlias

from sources.aleta.catalogue.endpoint import Endpoint
from sources.aleta.planning.windows import Window
from sources.aleta.reading.objects.walk import Listed
from sources.aleta.reading.rows.fetch import Receipt

from ..compare.rows.findings import Missed
from ..compare.rows.sighted import Sighting
from ..ledger.ledger import Doubled, Learned
from ..ledger.readings import Reading
from ..report.report import Problem, TrialRecord

LATE_ROWS = 3  # of one parent, in days that were covered: more than a row that was booked late


@dataclass(frozen=True, slots=True)
class Crawled:
    """All lists are walked."""


@dataclass(frozen=True, slots=True)
class Visited:
    """Some objects of one endpoint were read one by one."""

    listed: Listed


@dataclass(frozen=True, slots=True)
class Following:
    """What is read of each parent from here on."""

    endpoint: Endpoint
    readings: Mapping[str, Reading]


@dataclass(frozen=True, slots=True)
class Sighted:
    """An answer that is not loaded showed rows; but for those of days that are read anyway (W7)."""

    endpoint: Endpoint
    sighting: Sighting


@dataclass(frozen=True, slots=True)
class Noticed:
    """A problem that no answer carries: what was named and is not there, or cannot be shown to be whole."""

    problem: Problem


@dataclass(frozen=True, slots=True)
class Refused:
    """Objects that something names and that the API does not show; they were never in the warehouse."""

    resource: str
    ids: Sequence[str]


@dataclass(frozen=True, slots=True)
class Away:
    """Parents that were read before and that the API did not show in this run."""

    resource: str
    ids: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsettled:
    """What partial readings leave open.

    Args:
        missed: by parent, rows that they did not show where the warehouse has them (D6).
        late: by parent, rows that they showed for the first time, in days that earlier runs had covered.
    """

    missed: Mapping[str, Sequence[Missed]] = field(default_factory=dict)
    late: Mapping[str, int] = field(default_factory=dict)

    @property
    def suspects(self) -> Mapping[str, int]:
        """Of *late*, those to be tested (rule 10 of the trials); who missed rows as well is read whole."""
        return {parent: rows for parent, rows in self.late.items() if rows >= LATE_ROWS and parent not in self.missed}

    def __or__(self, more: Unsettled) -> Unsettled:
        """With what was missed since."""
        missed = {
            parent: [*self.missed.get(parent, ()), *more.missed.get(parent, ())]
            for parent in {**self.missed, **more.missed}
        }
        return replace(self, missed=missed)


@dataclass(slots=True)
class Settle:
    """Asks whoever compares: what do the partial readings of *endpoint* leave open? *answer* says it."""

    endpoint: Endpoint
    answer: Unsettled | None = None


@dataclass(slots=True)
class Remaining:
    """Asks whoever compares, when all is read: what must be asked once more? *answer* says it."""

    answer: Doubts | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubts:
    """What is not settled at the end of a run.

    Args:
        conflicts: by endpoint and id, who may have it with two contents (D8); from earlier runs too.
        new: of these, by endpoint, the ids that this run found.
        far: by endpoint and parent, days that rows name and no whole history asks for (D7).
        removed: by endpoint and parent, some of the rows that this run removed (D6).
        sighted: by endpoint and parent, days of which answers showed rows that the warehouse does not have so (W7).
    """

    conflicts: Mapping[str, Mapping[str, Doubled]] = field(default_factory=dict)
    new: Mapping[str, Collection[str]] = field(default_factory=dict)
    far: Mapping[str, Mapping[str, Collection[date]]] = field(default_factory=dict)
    removed: Mapping[str, Mapping[str, Sequence[Missed]]] = field(default_factory=dict)
    sighted: Mapping[str, Mapping[str, Sequence[Window]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Confronted:
    """All that may have an id were asked for it in this run (D8).

    Args:
        standing: ids that they show with two contents.
        over: ids that they do not.
        elsewhere: ids that none of the clients has that are read; nobody was asked.
    """

    resource: str
    standing: Collection[str]
    over: Collection[str]
    elsewhere: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Taught:
    """What the answers of one endpoint taught; the ledger keeps it as *lesson* (`planners.lesson`).

    Args:
        ended: the reading has; if not, it is told so early for a run that is killed before its end (C1).
    """

    resource: str
    learned: Learned
    trials: TrialRecord | None
    lesson: str
    ended: bool = True


@dataclass(frozen=True, slots=True)
class Rereading:
    """Windows that had counted as whole are read again: the histories of *parents* are due until that is done.

    Args:
        parents: of whom they are, so far; of nobody, once all are read.
    """

    resource: str
    parents: AbstractSet[str]


@dataclass(frozen=True, slots=True)
class Doubted:
    """The cap is not one number: what earlier runs read of *resource* in that belief is due; or also *in_this_run*."""

    resource: str
    in_this_run: bool = False


@dataclass(frozen=True, slots=True)
class NotOffered:
    """The API answered 404 to every request for one endpoint: in this run; or lately, and it was not *asked* again."""

    endpoint: Endpoint
    asked: bool = True


@dataclass(frozen=True, slots=True)
class Ended:
    """Nothing more comes; *error*: why, unless all was read."""

    error: Exception | None = None


Fact: TypeAlias = Noticed | Refused | Away | Taught | Rereading | Doubted | NotOffered | Confronted
"""What was found out besides rows."""

Event: TypeAlias = Listed | Crawled | Visited | Following | Receipt | Sighted | Settle | Remaining | Fact | Ended


class Put(Protocol):
    """Hands an event on; waits while too many *rows* do."""

    def __call__(self, event: Event, /, *, rows: int = 0) -> None: ...


class Wait(Protocol):
    """Returns when what it is given is true: the answer to a question that was put."""

    def __call__(self, ready: Callable[[], bool], /) -> None: ...
