"""What is left of a run when it is over: lines in the log, a trace for `status`, and word to whom `notify` names."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from ...report.notify import send
from ...report.problem_lines import log_problems
from ...report.report import TenantReport
from ...settings import TenantSettings
from ...warehouse.private_file import make_private_folder
from ..errors import failures
from ..machine.lock import refused_to_root
from . import journal
from .notices import Notice, messages, notice

log = logging.getLogger(__name__)


def leave(tenant: TenantSettings, report: TenantReport, began: journal.Entry, *, now: datetime) -> Notice | None:
    """Write down how a run came out, also of one that found no folder to work in; what is to be told of it."""
    log_problems(tenant.name, report.errors)
    entry = journal.ended(report, began, now=now)
    before: Sequence[journal.Entry] = []
    try:
        if refused_to_root(tenant.folder / "lock"):
            return None  # no night went wrong: somebody ran it as root by hand
        make_private_folder(tenant.folder)
        before = journal.read(tenant.folder)
        journal.append(tenant.folder, entry)
    except Exception as error:  # noqa: BLE001 - the run is over, and its end stands
        log.warning("%s: `status` will not know of this run: %s", tenant.name, failures.as_problem(error).message)
    return notice(entry, before, tenant=tenant.name, folder=tenant.folder, urls=tenant.notify)


def tell(notices: Iterable[Notice]) -> None:
    """Send what is to be told of all tenants, joined; what nobody took, the next run tells."""
    for message in messages(notices):
        try:
            if send(message.urls, title=message.title, body=message.body, is_well=message.is_well):
                for said in message.notices:
                    _keep_told(said)
        except Exception as error:  # noqa: BLE001 - all runs are over, and the others are told all the same
            log.warning("%s: could not be told: %s", message.title, failures.as_problem(error).message)


def _keep_told(said: Notice) -> None:
    try:
        journal.append(said.folder, msgspec.structs.replace(said.entry, told=True))
    except OSError as error:
        log.warning("%s: the next run will tell this again: %s", said.tenant, failures.as_problem(error).message)
