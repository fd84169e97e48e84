"""What a verification found: counts, differences, and a statement that can be filed. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import asdict, dataclass, field
from datetime import datetime

from sources.aleta.catalogue.endpoint import Track
from sources.aleta.safe_text import printable

from ..report.problem_lines import problem_line
from ..report.report import Exit, Json, Problem, TenantReport, bound_of, most_severe, rule_in_words
from ..report.version import VERSION

SHOWN = 100  # ids of each kind and table in the report; the counts are of all


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One row that is not as the API shows it."""

    kind: str  # missing, different, extra: as seen from the warehouse
    resource: str
    parent_id: str
    id: str


NOTHING = "nothing compared"
NO_FAILED_READ = {"conflict": "conflict", "never_read": "not compared"}  # code of an error -> what it is instead
KINDS = {"added": "missing", "modified": "different", "removed": "extra"}


def never_read(resource: str, unread: Collection[str], *, of: int) -> Problem:
    """Nothing that a sample is drawn from: parents of which no run has loaded anything."""
    message = (
        f"no run has loaded anything of {len(unread)} of {of} parents, from {min(unread)} on, so nothing of them was "
        "compared: `sync` loads them, and `verify --all` compares them as they are"
    )
    return Problem(code="never_read", message=message, resource=resource)


@dataclass(slots=True, kw_only=True)
class Verification:
    """What was compared for one tenant, and the result."""

    tenant: str
    address: str
    warehouse: str
    at: datetime
    windows: int = 0
    rows: int = 0
    accounts: set[str] = field(default_factory=set)
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS.values(), 0))
    differences: list[Difference] = field(default_factory=list)
    checks: list[str] = field(default_factory=list)  # what receipts, marks and keys get wrong
    ledger_checked: bool = False  # whether they were looked at
    report: TenantReport
    track: str = Track.V2  # that was to be read
    _named: Counter[tuple[str, str]] = field(default_factory=Counter)  # of each table and kind
    _told: set[Difference] = field(default_factory=set)
    _shown: set[tuple[str, str]] = field(
        default_factory=set
    )  # table and id of what the API has, and differs or is missing

    def tell(self, difference: Difference) -> None:
        """Count it once: a row of two windows is in both answers, and one that moved is missed where it was."""
        is_shown = difference.kind == "extra" and (difference.resource, difference.id) in self._shown
        if is_shown or difference in self._told:
            return
        self._told.add(difference)
        if difference.kind != "extra":
            self._shown.add((difference.resource, difference.id))
        self.counts[difference.kind] += 1
        self.name(difference)

    def withdraw_extra(self, resource: str, shown: AbstractSet[str]) -> None:
        """Take back that rows are extra which a later answer shows: their days are in no history (D7)."""
        wrong = {each for each in self._told if (each.kind, each.resource) == ("extra", resource) and each.id in shown}
        self._told -= wrong
        self.counts["extra"] -= len(wrong)
        self._named[resource, "extra"] -= len(wrong)
        self.differences = [each for each in self.differences if each not in wrong]

    def name(self, difference: Difference) -> None:
        """Name one of those that are counted, unless a hundred like it are named: no table hides another."""
        alike = difference.resource, difference.kind
        if self._named[alike] < SHOWN:
            self.differences.append(difference)
        self._named[alike] += 1

    @property
    def exit(self) -> Exit:
        well = self.compared and not self._differs
        return most_severe([self.report.exit, Exit.COMPLETE if well else Exit.FAILED])

    @property
    def compared(self) -> bool:
        """Whether anything was: a verification that read nothing, or nothing of the track it was to, proves nothing."""
        return bool(self.windows or self.rows) and not self._only_elsewhere

    @property
    def _only_elsewhere(self) -> bool:
        """Whether v1 was to be read, and no table of it answered there."""
        return self.track == Track.V1 and bool(self.report.tracks) and Track.V1 not in self.report.tracks.values()

    @property
    def _differs(self) -> bool:
        return any(self.counts.values()) or bool(self.checks)

    @property
    def status(self) -> str:
        if self._differs:
            return "different"
        if not self.compared:
            return NOTHING
        return "equal" if self.report.exit is Exit.COMPLETE else str(self.report.status)

    @property
    def findings(self) -> Sequence[Problem]:
        """Why this is no `equal`, as far as it is no error of the reading: each is a line of the log."""
        found = [Problem(code="ledger", message=check) for check in self.checks]
        if any(self.counts.values()):
            tables = ", ".join(sorted({difference.resource for difference in self.differences}))
            found.append(Problem(code="different", message=f"{self._counted}{f' in {tables}' if tables else ''}"))
        if not self.compared and (self._only_elsewhere or not self.report.errors):
            remedy = "see v1_url, or verify v2" if self._only_elsewhere else "`check` says what the API shows"
            message = f"nothing could be compared ({self._why_nothing}): {remedy}"
            found.append(Problem(code="nothing", message=message))
        return found

    @property
    def statement(self) -> str:
        """What was done and found, and nothing that was not done."""
        done = self._comparison() if self.compared else self._no_comparison()
        sound = "; ".join(self.checks) or "receipts tile every mark, keys are unique"
        ledger = printable(sound) if self.ledger_checked else "not checked"
        return (
            f"{self.at:%Y-%m-%d %H:%M:%S} UTC, aleta-sync {VERSION}: {done}. {self._rule}Ledger: {ledger}. "
            f"Result: {self.status}."
        )

    def _comparison(self) -> str:
        failed = sum(error.code not in NO_FAILED_READ for error in self.report.errors)
        unread = f"; {failed} reads failed" if failed else ""
        return (
            f"{self.windows} windows of {len(self.accounts)} parents with {self.rows} rows were read from "
            f"{self.address} for tenant {self.tenant} and compared with {self.warehouse} to the last digit: "
            f"{self._counted}{unread}{self._lacking}"
        )

    @property
    def _counted(self) -> str:
        return ", ".join(f"{count} {kind}" for kind, count in self.counts.items())

    @property
    def _lacking(self) -> str:
        """Which tables v1 was asked for in vain."""
        names = sorted(name for name, track in self.report.tracks.items() if track != Track.V1)
        return f"; v1 lacks {', '.join(names)}: read from v2 or v3" if self.track == Track.V1 and names else ""

    def _no_comparison(self) -> str:
        return f"for tenant {self.tenant} nothing could be compared with {self.warehouse} ({self._why_nothing})"

    @property
    def _why_nothing(self) -> str:
        if self._only_elsewhere:
            return "no table answered on v1: what came is of v2 and v3, and says nothing of v1"
        errors = self.report.errors
        return printable(errors[0].message).rstrip(".") if errors else "there was no window and no object to read"

    @property
    def _rule(self) -> str:
        """By which rule an answer counted as whole, and what its trials bound (W6)."""
        rule = rule_in_words(self.report.cap_rule, self.report.trials_passed)
        return f"{rule.capitalize()}. " if rule else ""

    def to_json(self) -> Json:
        return {
            "status": self.status,
            "statement": self.statement,
            "compared": {"windows": self.windows, "rows": self.rows, "accounts": len(self.accounts)},
            **self.counts,
            "tracks": dict(self.report.tracks),
            "cap_rule": self.report.cap_rule,
            "trials": self.report.trials_passed,
            "trials_bound": bound_of(self.report.trials_passed),
            "differences": [asdict(difference) for difference in self.differences],
            "checks": self.checks,
            "errors": [error.to_json() for error in self.report.errors],
        }

    def text(self) -> str:
        lines = [printable(f"  {row.kind}: {row.resource} {row.id} of {row.parent_id}") for row in self.differences]
        lines += [
            f"  {kind}: {count - SHOWN:,} more of {resource}"
            for (resource, kind), count in self._named.items()
            if count > SHOWN
        ]
        problems = [
            f"  {NO_FAILED_READ.get(error.code, 'not read')}: {problem_line(error)}" for error in self.report.errors
        ]
        return "\n".join([self.statement, *lines, *problems])


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """All tenants' verifications."""

    tenants: Sequence[Verification]

    @property
    def exit(self) -> Exit:
        return most_severe(tenant.exit for tenant in self.tenants)

    def to_json(self) -> Json:
        worst = next((tenant.status for tenant in self.tenants if tenant.exit is self.exit), "equal")
        return {"status": worst, "tenants": {tenant.tenant: tenant.to_json() for tenant in self.tenants}}

    def text(self) -> str:
        return "\n\n".join(tenant.text() for tenant in self.tenants)
