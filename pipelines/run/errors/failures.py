"""Exceptions as problems and exit codes: what failed, for whom, and what to do. One place for all runs."""

from __future__ import annotations

import errno
import logging
import os
import re
from pathlib import Path

from sources.aleta.errors import AuthError, SourceError, StoppedError

from ...report.logs import redact
from ...report.report import OUT_OF_MEMORY, Exit, Problem, Status, TenantReport, problem
from ...settings import reason_of
from ...warehouse.duckdb.file import is_in_use
from .damage import damaged

log = logging.getLogger(__name__)
NO_MEMORY = ("OutOfMemoryException", "Out of Memory", "bad_alloc", "bad allocation", "can't start new thread")
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
ADVICE = re.compile(r"\.? However| See also")  # DuckDB's, which does not fit a run
FREE_IT = "wait for that process to end, or stop it, and run again; a command that only looks lets go in seconds"
OF_DISK = tuple(map(os.strerror, (*FULL, errno.EIO, errno.EROFS)))  # DuckDB quotes them in its messages


def name(error: BaseException, report: TenantReport, *, tenant: str, folder: Path | None = None) -> None:
    """Put *error*, which ended a tenant's run, into its report: before all that was wrong besides, for it is why.

    Of two the first counts: what cannot be published after a key was refused is of less weight.

    Args:
        folder: the tenant's own: what nobody foresaw may come of a file in it that is damaged.
    """
    log.debug("%s: ended by %s", tenant, type(error).__name__, exc_info=error)
    if isinstance(error, StoppedError):
        kept = "nothing was changed" if report.kind == "verify" else "what was read is committed"
        report.errors.append(Problem(code="stopped", message=f"stopped on request; {kept}"))
        return
    found = explained(error, tenant=tenant, folder=folder)
    if report.fatal is not None:
        report.errors.append(found)
        return
    report.errors.insert(0, found)
    report.fatal = Exit.AUTH if isinstance(error, AuthError) else Exit.FAILED


def explained(error: BaseException, *, tenant: str, folder: Path | None) -> Problem:
    """`as_problem`, or the damage to a file of the tenant's that it came of; a defect is ours alone."""
    found = as_problem(error)
    if folder is None or found.code not in {"defect", "publish", "warehouse"}:
        return found
    try:
        return damaged(tenant, folder, said=found.message) or found
    except OSError:  # of the two, what ended the run is what counts
        return found


def as_problem(error: BaseException) -> Problem:
    """*error* as a problem for the operator; an error of no known kind is reported as a defect."""
    if isinstance(error, SourceError) or getattr(error, "code", None) is not None:
        return problem(error)
    root = _root(error)
    text = redact(f"{type(root).__name__}: {root}")
    if _is_memory(root, text):
        return Problem(code="memory", message=OUT_OF_MEMORY)
    if is_in_use(text):
        return Problem(code="in_use", message=f"{_short(ADVICE.split(text)[0])}: {FREE_IT}")
    if isinstance(root, OSError):
        return Problem(code="disk", message=_of_disk(root))
    if any(sentence in text for sentence in OF_DISK):
        return Problem(code="disk", message=f"the disk is full or failing ({_short(text)}): free space, run again")
    return Problem(code="defect", message=f"unforeseen ({_short(text)}): run again with --debug and report it")


def _is_memory(error: BaseException, text: str) -> bool:
    if isinstance(error, OSError):
        return error.errno in {errno.ENOMEM, errno.EAGAIN} and not error.filename
    return isinstance(error, MemoryError) or any(sentence in text for sentence in NO_MEMORY)


def run_status(report: TenantReport) -> str:
    """How `sync_runs` names the end of this run."""
    if report.fatal is None and any(error.code == "stopped" for error in report.errors):
        return "stopped"
    return str(Status(report.status))


def _root(error: BaseException) -> BaseException:
    """The error that dlt and others wrapped."""
    while (cause := error.__cause__ or error.__context__) is not None and not isinstance(error, OSError):
        error = cause
    return error


def _of_disk(error: OSError) -> str:
    where = f" {error.filename}" if error.filename else ""
    if error.errno == errno.ELOOP:
        return f"{error.filename} is a link, which is not followed here: put the file itself in its place"
    if error.errno in FULL:
        return f"the disk is full{where}: committed data is intact; free space, run again"
    remedy = "committed data is intact; free space or fix permissions, run again"
    return f"cannot use{where} ({reason_of(error)}): {remedy}"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 300 else f"{line[:300]} ..."  # noqa: PLR2004 - one line of an operator's log
