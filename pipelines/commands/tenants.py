"""The tenants that a command is about."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence

from sources.aleta.catalogue.catalogue import CATALOGUE

from ..report.report import Exit
from ..settings import Settings, SettingsError, TenantSettings, check_key_files, load
from .invocation import Invocation, fail

log = logging.getLogger(__name__)


def chosen(invocation: Invocation, names: Sequence[str], *, keys: bool = False) -> Sequence[TenantSettings]:
    """The tenants named, all when none is; ends the program with a message when the configuration is wrong.

    Args:
        keys: requests will be sent, so that each tenant's key file must be there.
    """
    try:
        settings: Settings = load(invocation.config, environ=os.environ)
        tenants = settings.select(names)
        _check_resources(settings, tenants)
        if keys:
            check_key_files(settings.folder, tenants)
    except SettingsError as error:
        fail(Exit.USAGE, str(error))
    for warning in settings.warnings:
        log.warning("%s", warning)
    return tenants


def _check_resources(settings: Settings, tenants: Sequence[TenantSettings]) -> None:
    for tenant in tenants:
        for name in tenant.resources:
            if name != "*" and name not in CATALOGUE:
                raise SettingsError(
                    file=f"{settings.folder / 'config.toml'}",
                    path=f"tenants.{tenant.name}.resources",
                    expected=f"names of tables, not {name!r}",
                    remedy=f"Known are {', '.join(CATALOGUE)}.",
                )
