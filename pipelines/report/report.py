"""What a run did, as values and in the form of the contract's JSON. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Sized
from dataclasses import asdict, dataclass, field
from datetime import date
from enum import IntEnum, StrEnum
from typing import TypeAlias

Json: TypeAlias = Mapping[str, object]

OUT_OF_MEMORY = (
    "there is not enough memory: what is committed is intact. Give the process more (`ulimit -v`, the container's or "
    "the service's limit), or set fewer `workers` and run fewer tenants at once"
)
LASTING = frozenset(
    {
        "forbidden",
        "gone",
        "unknown",
        "quarantined",
        "removals",
        "conflict",
        "not_offered",
        "fatal",
        "too_large",
        "too_wide",
        "truncated",
    }
)
"""Codes of problems that the same run, made again at once, meets again."""


class Exit(IntEnum):
    """Exit codes of the contract."""

    COMPLETE = 0
    FAILED = 1
    USAGE = 2
    AUTH = 3
    PARTIAL = 4
    SIGINT = 130
    SIGTERM = 143


class Status(StrEnum):
    """How a run ended."""

    COMPLETE = "complete"
    PARTIAL = "partial"  # all that could be read is committed, the rest is named
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialRecord:
    """How the trials of the row cap's model went, for one resource in one run (rule W6).

    Args:
        strict: the model was contradicted: an answer counts only if its parts show the same rows.
        passed: trials that found nothing.
        requests: what they took.
        noticed: what contradicted the model first.
        chained: no answer was one that a cap may cut: each list was read to its last page.
    """

    strict: bool = False
    passed: int = 0
    requests: int = 0
    noticed: str = ""
    chained: bool = False

    @property
    def rule(self) -> str:
        if self.chained:
            return "pages to the last"
        return "strict" if self.strict else "one constant cap"

    @property
    def bound(self) -> str:
        """What they bound, in words; nothing where there were none."""
        return bound_of(self.passed)


NO_BOUND = 3  # trials, which bound nothing


def bound_of(trials: int) -> str:
    """What so many trials say that found nothing: three in so many may still be otherwise (the rule of three)."""
    return f"at 95 %, fewer than {min(1.0, 3 / trials):.1%} of the answers were cut" if trials else ""


def rule_in_words(rule: str, trials: int) -> str:
    """By which rule an answer counted as whole, and what its trials bound (W6); nothing where nothing was read."""
    tried = f"{trials or 'no'} trial{'s' if trials > 1 else ''}"
    bound = f": {bound_of(trials)}" if trials > NO_BOUND else ""
    return f"rule for the row cap: {rule}; {tried}{bound}" if rule else ""


def status_of(fatal: Exit | None, errors: Sized) -> Status:
    """How something ended that *errors* left incomplete, and that *fatal* ended early."""
    if fatal is not None:
        return Status.FAILED
    return Status.PARTIAL if errors else Status.COMPLETE


def exit_of(fatal: Exit | None, errors: Sized) -> Exit:
    """The exit code that goes with `status_of`."""
    return fatal or (Exit.PARTIAL if errors else Exit.COMPLETE)


@dataclass(slots=True, kw_only=True)
class Counts:
    """One resource in one run; rows unless it says otherwise.

    `windows` are answers that were asked for and kept, `splits` those dropped because they may have been cut.
    `quarantined` are windows.
    """

    requests: int = 0
    windows: int = 0
    splits: int = 0
    read: int = 0
    added: int = 0
    modified: int = 0
    removed: int = 0
    unchanged: int = 0
    quarantined: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something that could not be read, kept or written: what, where, and what to do."""

    code: str
    message: str
    resource: str = ""
    parent_id: str = ""
    from_date: str = ""
    to_date: str = ""
    lasts: bool = False  # whatever its code: what failed says so itself

    @property
    def may_pass(self) -> bool:
        """Whether another run at once may not meet it."""
        return not self.lasts and self.code not in LASTING

    def to_json(self) -> Json:
        """Without `lasts` where the code says it."""
        return {name: value for name, value in asdict(self).items() if name != "lasts" or value}

    def __str__(self) -> str:
        where = " ".join(part for part in (self.resource, self.parent_id) if part)
        days = f"{self.from_date} to {self.to_date}" if self.from_date else ""
        place = ", ".join(part for part in (where, days) if part)
        return f"{place}: {self.message}" if place else self.message


@dataclass(slots=True, kw_only=True)
class TenantReport:
    """One tenant's part of a run."""

    tenant: str
    run_id: str = ""
    kind: str = "sync"
    clients: Sequence[str] = ()  # only these were to be read; empty: all
    duration_s: float = 0.0
    requests: int = 0
    retries: int = 0
    resources: dict[str, Counts] = field(default_factory=dict)
    trials: dict[str, TrialRecord] = field(default_factory=dict)
    tracks: Mapping[str, str] = field(default_factory=dict)  # by resource, the API version that answered
    row_cap: int | None = None
    drift: Counter[str] = field(default_factory=Counter)
    errors: list[Problem] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)  # nothing is missing, yet the operator should know
    fatal: Exit | None = None  # the run ended early, and this is why
    warehouse: str = ""

    def of(self, resource: str) -> Counts:
        return self.resources.setdefault(resource, Counts())

    @property
    def counted(self) -> Mapping[str, Counts]:
        """The resources of which there is anything to tell."""
        return {name: counts for name, counts in self.resources.items() if counts != Counts()}

    @property
    def status(self) -> Status:
        return status_of(self.fatal, self.errors)

    @property
    def exit(self) -> Exit:
        return exit_of(self.fatal, self.errors)

    def count_requests(self, requests: Mapping[str, int], *, retries: int) -> None:
        """Note how many were sent for each resource, and the *retries* of all."""
        self.requests, self.retries = sum(requests.values()), retries
        for resource, count in requests.items():
            self.of(resource).requests = count

    def note_trials(self, resource: str, record: TrialRecord) -> None:
        """Add what one reading of *resource* tried."""
        before = self.trials.get(resource, TrialRecord())
        self.trials[resource] = TrialRecord(
            strict=before.strict or record.strict,
            passed=before.passed + record.passed,
            requests=before.requests + record.requests,
            noticed=before.noticed or record.noticed,
            chained=record.chained and (before.chained or resource not in self.trials),
        )

    @property
    def cap_rule(self) -> str:
        """The stricter of the rules that were in force; nothing where nothing could be tried."""
        rules = {trials.rule for trials in self.trials.values()}
        return "strict" if "strict" in rules else ", ".join(sorted(rules))

    @property
    def trials_passed(self) -> int:
        return sum(trials.passed for trials in self.trials.values())

    def _trials_of(self, resource: str) -> dict[str, object]:
        record = self.trials.get(resource)
        if record is None:
            return {}
        return {
            "cap_rule": record.rule,
            "trials": record.passed,
            "trial_requests": record.requests,
            "trials_bound": record.bound,
        }

    def total(self, name: str) -> int:
        return sum(int(getattr(counts, name)) for counts in self.resources.values())

    def to_json(self) -> Json:
        return {
            "status": self.status,
            "run_id": self.run_id,
            "requests": self.requests,
            "retries": self.retries,
            "duration_s": round(self.duration_s, 3),
            "resources": {name: asdict(counts) | self._trials_of(name) for name, counts in self.resources.items()},
            "tracks": dict(self.tracks),
            "row_cap": self.row_cap,
            "drift": dict(self.drift),
            "errors": [problem.to_json() for problem in self.errors],
            "warnings": self.warnings,
        } | ({"clients": list(self.clients)} if self.clients else {})


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """A run over several tenants."""

    tenants: Sequence[TenantReport]

    @property
    def status(self) -> Status:
        worst = {tenant.status for tenant in self.tenants}
        return next((status for status in (Status.FAILED, Status.PARTIAL) if status in worst), Status.COMPLETE)

    @property
    def exit(self) -> Exit:
        return most_severe(tenant.exit for tenant in self.tenants)

    def to_json(self) -> Json:
        return {"status": self.status, "tenants": {tenant.tenant: tenant.to_json() for tenant in self.tenants}}


SEVERITY = (Exit.SIGTERM, Exit.SIGINT, Exit.USAGE, Exit.AUTH, Exit.FAILED, Exit.PARTIAL)


def most_severe(exits: Iterable[Exit]) -> Exit:
    """Of several exits the one that is reported: stopped over usage over 3 over 1 over 4."""
    seen = set(exits)
    return next((code for code in SEVERITY if code in seen), Exit.COMPLETE)


def problem(error: BaseException, *, code: str = "", resource: str = "", parent_id: str = "", **days: date) -> Problem:
    """*error* as the report names it; what it knows itself fills what is not given."""
    attrs: Mapping[str, object] = getattr(error, "attrs", {})
    return Problem(
        code=code or str(getattr(error, "code", "error")),
        message=str(error),
        resource=resource or str(attrs.get("resource", "")),
        parent_id=parent_id or str(attrs.get("parent_id", "")),
        from_date=f"{days.get('from_date', '')}",
        to_date=f"{days.get('to_date', '')}",
        lasts=bool(getattr(error, "lasts", False)),
    )
