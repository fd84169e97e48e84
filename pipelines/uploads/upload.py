"""One upload, or one delete, from the settings of a tenant to its report."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sources.aleta.clock import Clock
from sources.aleta.errors import AuthError, StoppedError
from sources.aleta.transport.fate import GONE, Fate, Result
from sources.aleta.transport.write import Writer

from ..report.progress import Progress
from ..report.report import Exit, Status
from ..run.connect import Connector
from ..run.errors.failures import as_problem
from ..run.machine.lock import TenantLock
from ..settings import TenantSettings
from .columns import Mistake
from .file import Checked, FileError, read
from .journal import Journal, Known, Span, State, glance
from .kinds import Kind, delete, post
from .report import UploadReport
from .selection import Selection, select
from .sender import Sender, unknown

LOCK = "upload.lock"  # not the lock of `sync`: a night goes on while rows are sent
JOURNAL = "uploads.sqlite"
NOTHING = "the API answered 404: nothing was there for these days, or it knows no such parent"
NO_ANSWER = "sent by an earlier run, and no answer came"


@dataclass(frozen=True, slots=True, kw_only=True)
class Uploads:
    """What uploads of one tenant work with."""

    tenant: TenantSettings
    connect: Connector
    clock: Clock
    observe: Callable[[TenantSettings], Progress]
    stop: threading.Event = field(default_factory=threading.Event)

    def upload(self, kind: Kind, path: Path, *, again: bool, dry_run: bool) -> UploadReport:
        """Send the rows of *path* that are not confirmed, or all of them *again*.

        Nothing is sent when there is a mistake in the file; a dry run sends, makes and locks nothing.
        """
        report = UploadReport(tenant=self.tenant.name, kind=kind.name)
        with self._reported(report):
            checked = read(path, kind)
            report.rows, report.warnings = len(checked.rows), checked.warnings
            if dry_run:
                known = glance(self.tenant.folder / JOURNAL, kind, api=self.tenant.api_url)
                selection = _selected(checked, kind, known, report, again=again)
                report.would_send = [(row.line, post(kind, row)) for row in selection.send]
            else:
                self._send(checked, kind, report, again=again)
        return report

    def delete(self, kind: Kind, span: Span, *, dry_run: bool) -> UploadReport:
        """Delete what was uploaded for one parent in *span*; that nothing is there is success."""
        report = UploadReport(tenant=self.tenant.name, kind=kind.name, what="delete")
        write = delete(kind, span.parent, span.first, span.last)
        with self._reported(report):
            if dry_run:
                report.would_send = [(0, write)]
                return report
            with self._journal() as journal, self._writer(report) as (writer, progress):
                progress.planned(kind.name, 1, noun="deletes")
                _record(report, writer.send(write, watcher=_Deletion(journal, kind, span)))
                progress.parent_done(kind.name, span.parent)
        return report

    def _send(self, checked: Checked, kind: Kind, report: UploadReport, *, again: bool) -> None:
        with self._journal() as journal:
            known = journal.known(kind)
            selection = _selected(checked, kind, known, report, again=again)
            if not selection.send:
                return
            with self._writer(report) as (writer, progress):
                progress.planned(kind.name, len(selection.send), noun="rows")
                sender = Sender(
                    lambda write, watcher: writer.send(write, watcher=watcher),
                    journal=journal,
                    known=known,
                    kind=kind,
                    clock=self.clock,
                    progress=progress,
                    report=report,
                    stop=self.stop,
                )
                sender.run(selection.send)

    @contextmanager
    def _journal(self) -> Iterator[Journal]:
        """The journal, under the lock of uploads: one process at a time writes for a tenant."""
        folder = self.tenant.folder
        lock = TenantLock(folder / LOCK, command="upload", clock=self.clock)
        with lock, Journal(folder / JOURNAL, api=self.tenant.api_url) as journal:
            yield journal

    @contextmanager
    def _writer(self, report: UploadReport) -> Iterator[tuple[Writer, Progress]]:
        progress = self.observe(self.tenant)
        progress.stage(f"{report.what} {report.kind}")
        connection = self.connect(self.tenant, progress)
        writer = Writer(
            connection.client,
            self.tenant.api_url,
            tokens=connection.tokens,
            clock=self.clock,
            policy=self.connect.policy,
        )
        try:
            yield writer, progress
        finally:
            report.requests, report.retries = progress.requests_total, progress.retries_total
            writer.close()
            connection.close()
            progress.stage(Status(report.status))

    @contextmanager
    def _reported(self, report: UploadReport) -> Iterator[None]:
        """Whatever ends an upload is in its report."""
        began_s = self.clock.monotonic()
        try:
            yield
        except FileError as error:
            report.errors.extend(error.mistakes)
            report.fatal = Exit.USAGE
        except StoppedError:
            report.errors.append(Mistake(line=0, code="stopped", message="stopped on request: run it again"))
        except Exception as error:  # noqa: BLE001 - named with what to do, never a traceback
            problem = as_problem(error)
            report.errors.append(Mistake(line=0, code=problem.code, message=problem.message))
            report.fatal = Exit.AUTH if isinstance(error, AuthError) else Exit.FAILED
        report.duration_s = self.clock.monotonic() - began_s


@dataclass(frozen=True, slots=True)
class _Deletion:
    """Keeps the journal right around a DELETE: while one may be on its way, no row within is known to be there."""

    journal: Journal
    kind: Kind
    span: Span

    def sending(self) -> None:
        self.journal.delete_begun(self.kind, self.span)

    def came(self, result: Result) -> None:
        if result.fate is Fate.CONFIRMED:
            self.journal.deleted(self.kind, self.span)
        elif result.fate is not Fate.UNKNOWN:
            self.journal.delete_refused(self.kind, self.span)


def _selected(checked: Checked, kind: Kind, known: Known, report: UploadReport, *, again: bool) -> Selection:
    """What of the file is to be sent; what is not is counted.

    Raises:
        FileError: rows that contradict what was sent before.
    """
    selection = select(checked.rows, kind, known, again=again)
    if selection.conflicts:
        raise FileError(selection.conflicts)
    report.skipped, report.unknown = len(selection.skipped), len(selection.unresolved)
    report.errors += [unknown(kind, row, NO_ANSWER) for row in selection.unresolved]
    return selection


def _record(report: UploadReport, result: Result) -> None:
    """What came of a DELETE."""
    if result.fate is Fate.NOT_TAKEN:
        report.fatal = Exit.FAILED
        report.errors.append(Mistake(line=0, code=result.code, message=f"{result.message}: given up; run it again"))
        return
    report.count(State(result.fate))
    if result.status == GONE:
        report.warnings = (NOTHING,)
    if result.fate is not Fate.CONFIRMED:
        report.errors.append(Mistake(line=0, code=str(result.fate), message=result.message))
