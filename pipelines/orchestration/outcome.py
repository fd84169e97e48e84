"""How one tenant's run came out, from its exit code and its report; and whether another try may help. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import msgspec

from ..report.problem_lines import problem_line
from ..report.report import Counts, Exit, Problem, Status

COUNTS = ("read", "added", "modified", "removed", "unchanged", "quarantined")
HOPELESS: Mapping[int, str] = MappingProxyType(
    {Exit.USAGE: "a mistake in the command or the configuration", Exit.AUTH: "Aleta does not accept the key"}
)


class TenantRun(msgspec.Struct, frozen=True, kw_only=True):
    """One tenant's part of the report that `sync --json` prints."""

    status: Status = Status.FAILED
    run_id: str = ""
    requests: int = 0
    retries: int = 0
    duration_s: float = 0.0
    resources: dict[str, Counts] = {}
    errors: list[Problem] = []


class _Report(msgspec.Struct):
    tenants: dict[str, TenantRun]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One tenant's run.

    Args:
        errors: a line each: what failed, where, and what to do.
    """

    exit: int
    run: TenantRun
    errors: Sequence[str]

    @property
    def complete(self) -> bool:
        return self.exit == Exit.COMPLETE and self.run.status is Status.COMPLETE

    @property
    def committed(self) -> bool:
        """All that could be read is in the warehouse."""
        return self.complete or (self.exit == Exit.PARTIAL and self.run.status is Status.PARTIAL)

    @property
    def again(self) -> bool:
        """Whether another try at once may come out better."""
        if self.exit == Exit.PARTIAL and self.run.errors:
            return any(problem.may_pass for problem in self.run.errors)
        return not self.complete and self.exit not in HOPELESS

    @property
    def reason(self) -> str:
        """Why it is not complete, in one sentence."""
        if self.complete:
            return ""
        what = self.errors[0] if self.errors else HOPELESS.get(self.exit, "the log says no more")
        more = f" ({len(self.errors) - 1} more)" if len(self.errors) > 1 else ""
        return f"exit {self.exit}: {what}{more}"

    def total(self, name: str) -> int:
        """The sum of one of `COUNTS` over all tables."""
        return sum(int(getattr(counts, name)) for counts in self.run.resources.values())


def outcome_of(tenant: str, *, exit_code: int, report: bytes, logged: Sequence[str] = ()) -> Outcome:
    """What came of a run of *tenant*.

    Args:
        exit_code: that of the program, or the negative number of the signal that ended it.
        report: what it printed; where that is no report, the run has failed.
        logged: the errors in its log, for a run that came to no report.
    """
    try:
        run = msgspec.json.decode(report, type=_Report).tenants[tenant]
    except (msgspec.DecodeError, KeyError):
        return Outcome(exit=exit_code or Exit.FAILED, run=TenantRun(), errors=tuple(logged))
    return Outcome(exit=exit_code, run=run, errors=tuple(map(problem_line, run.errors)) or tuple(logged))
