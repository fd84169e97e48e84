"""What a verification found: counts, differences, and a statement that can be filed. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime

from sources.aleta.safe_text import printable

from ..report.report import Exit, Json, TenantReport, bound_of, most_severe
from ..report.version import VERSION

SHOWN = 100  # ids of each kind in the report; the counts are of all


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One row that is not as the API shows it."""

    kind: str  # missing, different, extra: as seen from the warehouse
    resource: str
    parent_id: str
    id: str


KINDS = {"added": "missing", "modified": "different", "removed": "extra"}


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
    report: TenantReport

    @property
    def exit(self) -> Exit:
        differs = Exit.FAILED if any(self.counts.values()) or self.checks else Exit.COMPLETE
        return most_severe([self.report.exit, differs])

    @property
    def status(self) -> str:
        if any(self.counts.values()) or self.checks:
            return "different"
        return "equal" if self.report.exit is Exit.COMPLETE else str(self.report.status)

    @property
    def statement(self) -> str:
        found = ", ".join(f"{count} {kind}" for kind, count in self.counts.items())
        sound = "; ".join(self.checks) or "receipts tile every mark, keys are unique"
        unread = f"; {len(self.report.errors)} reads failed" if self.report.errors else ""
        return (
            f"{self.at:%Y-%m-%d %H:%M:%S} UTC, aleta-sync {VERSION}: {self.windows} windows of {len(self.accounts)} "
            f"parents with {self.rows} rows were read from {self.address} for tenant {self.tenant} and compared with "
            f"{self.warehouse} to the last digit: {found}{unread}. {self._rule}Ledger: {sound}. Result: {self.status}."
        )

    @property
    def _rule(self) -> str:
        """By which rule an answer counted as whole, and what its trials bound (W6)."""
        if not self.report.cap_rule:
            return ""
        trials = self.report.trials_passed
        bound = f": {bound_of(trials)}" if trials else ""
        return f"Rule for the row cap: {self.report.cap_rule}; {trials} trials{bound}. "

    def to_json(self) -> Json:
        return {
            "status": self.status,
            "statement": self.statement,
            "compared": {"windows": self.windows, "rows": self.rows, "accounts": len(self.accounts)},
            **self.counts,
            "cap_rule": self.report.cap_rule,
            "trials": self.report.trials_passed,
            "trials_bound": bound_of(self.report.trials_passed),
            "differences": [asdict(difference) for difference in self.differences],
            "checks": self.checks,
            "errors": [asdict(error) for error in self.report.errors],
        }

    def text(self) -> str:
        lines = [f"  {row.kind}: {row.resource} {row.id} of {row.parent_id}" for row in self.differences[:SHOWN]]
        problems = [f"  not read: {error}" for error in self.report.errors]
        return "\n".join(map(printable, [self.statement, *lines, *problems]))


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
