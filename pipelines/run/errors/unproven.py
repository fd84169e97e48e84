"""A word about a database that nobody proved to keep a warehouse exactly."""

from __future__ import annotations

import logging
import threading

from ...program import command
from ...report.report import TenantReport
from ...warehouse.destinations.naming import PROVEN

UNPROVEN = (
    "destination {destination}: nobody proved that it keeps a warehouse exactly; proven are {proven}. Check it with "
    "`{command}`, and let no second machine sync the same tenant: no lease keeps it out"
)

ONE_AT_A_TIME = threading.Lock()  # tenants run side by side

log = logging.getLogger(__name__)


def warn(destination: str, report: TenantReport, said: set[str]) -> None:
    """Warn in the *report*, and in the log once for all tenants.

    Args:
        destination: one that is not proven; empty: nothing is said.
        said: what is in the log already.
    """
    if not destination:
        return
    warning = UNPROVEN.format(destination=destination, proven=PROVEN, command=command("verify --all"))
    report.warnings.append(warning)
    with ONE_AT_A_TIME:
        if warning in said:
            return
        said.add(warning)
    log.warning(warning)
