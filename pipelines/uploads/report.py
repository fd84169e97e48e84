"""What an upload did, as values, as the contract's JSON and as words. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

from sources.aleta.transport.write import Write

from ..report.figures import counted
from ..report.report import Exit, Json, Status, exit_of, status_of
from ..report.text import duration
from .columns import Mistake
from .journal import State

COUNTED = ("confirmed", "skipped", "rejected", "unknown")


@dataclass(slots=True, kw_only=True)
class UploadReport:
    """One upload, or one delete.

    Args:
        rows: in the file; each is confirmed, skipped, rejected, unknown, or was not sent.
        sent: rows of which a request went out in this run and was not turned away.
        skipped: confirmed by an earlier run.
        unknown: sent, in this run or an earlier one, and nobody knows what became of them.
        errors: everything that is not well, by line.
        would_send: what a dry run would send, each with its line (0: it is no row).
        fatal: the run ended early, and this is why.
    """

    tenant: str
    kind: str
    what: str = "upload"
    rows: int = 0
    sent: int = 0
    confirmed: int = 0
    skipped: int = 0
    rejected: int = 0
    unknown: int = 0
    requests: int = 0
    retries: int = 0
    duration_s: float = 0.0
    errors: list[Mistake] = field(default_factory=list)
    warnings: Sequence[str] = ()
    would_send: Sequence[tuple[int, Write]] | None = None
    fatal: Exit | None = None

    @property
    def not_sent(self) -> int:
        return max(0, self.rows - self.confirmed - self.skipped - self.rejected - self.unknown)

    @property
    def status(self) -> Status:
        return status_of(self._fatal, self.errors)

    @property
    def exit(self) -> Exit:
        return exit_of(self._fatal, self.errors)

    @property
    def _fatal(self) -> Exit | None:
        """Rows that were not sent, and nobody says why, are no complete upload (F3)."""
        is_unsaid = self.not_sent and not self.errors and self.would_send is None
        return Exit.FAILED if is_unsaid else self.fatal

    def count(self, state: State) -> None:
        """One more row was sent and ended in *state*."""
        self.sent += 1
        setattr(self, state, getattr(self, state) + 1)

    def to_json(self) -> Json:
        counts = {name: getattr(self, name) for name in ("rows", "sent", *COUNTED, "not_sent")}
        document = {
            "status": self.status,
            "tenant": self.tenant,
            "kind": self.kind,
            **counts,
            "requests": self.requests,
            "retries": self.retries,
            "duration_s": round(self.duration_s, 3),
            "errors": [asdict(error) for error in self._errors()],
            "warnings": list(self.warnings),
        }
        if self.would_send is not None:
            document["would_send"] = [_shown(line, write) for line, write in self.would_send]
        return document

    def text(self) -> str:
        lines = [self._headline(), *(f"  warning: {warning}" for warning in self.warnings)]
        lines += [f"  - {described(error)}" for error in self._errors()]
        if self.would_send is not None:
            lines += [_request_line(line, write) for line, write in self.would_send]
        return "\n".join(lines)

    def _headline(self) -> str:
        name = f"{self.tenant}: {self.what} {self.kind}"
        if self.would_send is not None and not self.errors:
            skipped = f", {self.skipped:,} confirmed before" if self.skipped else ""
            return f"{name}, dry run: {counted(len(self.would_send), 'request')} would be sent{skipped}"
        counts = ", ".join(f"{getattr(self, outcome):,} {outcome}" for outcome in COUNTED if getattr(self, outcome))
        left = f"{self.not_sent:,} not sent" if self.not_sent else ""
        told = ", ".join(part for part in (counts, left) if part)
        what = f"; {counted(self.rows, 'row')}{f': {told}' if told else ''}" if self.what == "upload" else ""
        return f"{name} {self.status} in {duration(self.duration_s)}; {counted(self.requests, 'request')}{what}"

    def _errors(self) -> list[Mistake]:
        return sorted(self.errors, key=lambda error: error.line)


def described(error: Mistake) -> str:
    """One error in a line."""
    place = f"line {error.line}: " if error.line else ""
    return f"{place}[{error.code}] {error.message}"


def _shown(line: int, write: Write) -> Json:
    return {
        "line": line,
        "method": write.method,
        "path": f"/api{write.path}",
        "query": dict(write.params),
        "body": write.body.decode(),
    }


def _request_line(line: int, write: Write) -> str:
    place = f"line {line}: " if line else ""
    query = "&".join(f"{name}={value}" for name, value in write.params.items())
    target = f"/api{write.path}{f'?{query}' if query else ''}"
    return f"{place}{write.method} {target} {write.body.decode()}".rstrip()
