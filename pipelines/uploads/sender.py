"""Sends row after row: what is about to be sent, and what came of it, is on disk before the next is sent."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from sources.aleta.clock import Clock
from sources.aleta.errors import AuthError, StoppedError
from sources.aleta.transport.fate import Fate, Result
from sources.aleta.transport.write import Watcher, Write

from ..report.progress import Progress
from ..report.report import Exit
from ..run.errors.failures import as_problem
from .columns import Mistake
from .journal import Journal, Known, State
from .kinds import Kind, Row, post
from .report import UploadReport
from .selection import OPEN

Send = Callable[[Write, Watcher], Result]
UNANSWERED_IN_A_ROW = 50
"""An API that answers nobody is asked no more: each further row would only be one more that nobody knows about."""
ADVICE = "look at Aleta whether it is there; send it with --again if not, or delete the day and upload it anew"


@dataclass(slots=True, kw_only=True)
class Entry:
    """One row in the journal, from before its first attempt on: the transport tells it of each.

    Args:
        before: where it stood when this run began.
        outcome: where it stands by what this run did; None: nothing of it was taken.
    """

    journal: Journal
    clock: Clock
    kind: Kind
    row: Row
    before: State | None
    outcome: State | None = None
    said: str = ""
    _lost: bool = field(default=False, init=False)  # an attempt of this run went out, and no answer came

    def sending(self) -> None:
        self.journal.sending(self.kind, self.row, at=self.clock.now())
        self.outcome = State.UNKNOWN  # until it is on disk what came

    def came(self, result: Result) -> None:
        self.said = result.message
        if result.fate is Fate.NOT_TAKEN:
            self._put(self.before)  # as if it had not been tried
            self.outcome = State.UNKNOWN if self._lost else None
            return
        outcome = State(result.fate)
        self._put(self.before if outcome is State.REJECTED and self._stays else outcome)
        self.outcome = outcome
        if outcome is State.UNKNOWN:
            self.before, self._lost = outcome, True

    @property
    def _stays(self) -> bool:
        """What was, or may have been, written before is not undone by a second one that was rejected."""
        return not self.kind.overwrites and (self.before is State.CONFIRMED or self.before in OPEN)

    def _put(self, state: State | None) -> None:
        state = State.UNKNOWN if state is State.SENDING else state
        self.journal.put(self.kind, self.row, state, said=self.said, at=self.clock.now())


class Sender:
    """Sends the rows of one file, each until its fate is known or as often as is safe.

    Args:
        send: what sends one request.
        known: where rows stood before.
        stop: set when no further row is to be begun.
    """

    def __init__(
        self,
        send: Send,
        *,
        journal: Journal,
        known: Known,
        kind: Kind,
        clock: Clock,
        progress: Progress,
        report: UploadReport,
        stop: threading.Event,
    ) -> None:
        self._send = send
        self._journal, self._known, self._kind, self._clock = journal, known, kind, clock
        self._progress, self._report, self._stop = progress, report, stop
        self._ended = False
        self._unanswered = 0

    def run(self, rows: Iterable[Row]) -> None:
        """Send *rows*; what became of each is counted and named in the report."""
        try:
            for row in rows:
                if self._ended or self._stop.is_set():
                    break
                self._send_row(row)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is named
            self._fail(error)
        if self._stop.is_set() and not self._ended:
            self._end("stopped", "stopped on request: run the same command again, it sends what is left")

    def _send_row(self, row: Row) -> None:
        before = self._known.get(row.key, {}).get(row.fingerprint)
        entry = Entry(journal=self._journal, clock=self._clock, kind=self._kind, row=row, before=before)
        try:
            result = self._send(post(self._kind, row), entry)
        finally:
            self._count(entry)
        if result.fate is Fate.NOT_TAKEN:  # and patience is over
            self._end(result.code, f"{result.message}: given up; run the same command again", Exit.FAILED)

    def _count(self, entry: Entry) -> None:
        if entry.outcome is not None:
            self._report.count(entry.outcome)
        if entry.outcome in {State.REJECTED, State.UNKNOWN}:
            self._report.errors.append(self._named(entry))
        self._unanswered = self._unanswered + 1 if entry.outcome is State.UNKNOWN else 0
        self._progress.parent_done(self._kind.name, entry.row.key)
        if self._unanswered >= UNANSWERED_IN_A_ROW:
            self._end("unavailable", f"{UNANSWERED_IN_A_ROW} rows in a row without an outcome: no more is sent")

    def _named(self, entry: Entry) -> Mistake:
        if entry.outcome is State.REJECTED:
            return Mistake(line=entry.row.line, code="rejected", message=f"{entry.row.name}: {entry.said}")
        return unknown(self._kind, entry.row, entry.said)

    def _fail(self, error: Exception) -> None:
        if isinstance(error, StoppedError):
            return  # `run` says it once
        problem = as_problem(error)
        self._end(problem.code, problem.message, Exit.AUTH if isinstance(error, AuthError) else Exit.FAILED)

    def _end(self, code: str, message: str, fatal: Exit | None = None) -> None:
        """No further row is begun; the first reason is the one that is told."""
        if not self._ended:
            self._ended = True
            self._report.fatal = fatal
            self._report.errors.append(Mistake(line=0, code=code, message=message))


def unknown(kind: Kind, row: Row, said: str) -> Mistake:
    """How a row is named that was sent and has no outcome."""
    advice = "the same command sends it again" if kind.overwrites else ADVICE
    return Mistake(line=row.line, code="unknown", message=f"{row.name}: {said}; {advice}")
