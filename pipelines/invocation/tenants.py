"""The tenants that a command is about."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from ..report.report import Exit
from ..run.selection import selected
from ..settings import SettingsError, TenantSettings
from .invocation import Invocation, fail

log = logging.getLogger(__name__)


def chosen(invocation: Invocation, names: Sequence[str], *, keys: bool = False) -> Sequence[TenantSettings]:
    """The tenants named, all when none is; ends the program with a message when the configuration is wrong.

    Args:
        keys: requests will be sent, or foretold, so that each tenant's key file must be there.
    """
    try:
        tenants, warnings = selected(invocation.config, names, keys=keys)
    except SettingsError as error:
        fail(Exit.USAGE, str(error))
    for warning in warnings:
        log.warning("%s", warning)
    return tenants
