"""The tenants that a run is about: read from a configuration folder, and checked."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from sources.aleta.catalogue.catalogue import CATALOGUE

from ..settings import DEFAULTS, Settings, TenantSettings, check_key_files, did_you_mean, load


def selected(
    config: Path, names: Sequence[str], *, keys: bool = False
) -> tuple[Sequence[TenantSettings], Sequence[str]]:
    """The tenants named, all when none is; and warnings for the operator.

    Args:
        keys: requests will be sent, or foretold, so that each tenant's key file must be there.

    Raises:
        SettingsError: the configuration is wrong, or names no such tenant.
    """
    settings = load(config, environ=os.environ)
    tenants = settings.select(names)
    check_names(settings, tenants)
    if keys:
        check_key_files(settings, tenants)
    return tenants, settings.warnings


def check_names(settings: Settings, tenants: Sequence[TenantSettings]) -> None:
    """Refuse names of tables that there are not, and of destinations that cannot keep a warehouse.

    Raises:
        SettingsError: the first of them.
    """
    for tenant in tenants:
        if tenant.destination != DEFAULTS["destination"]:
            _check_destination(settings, tenant)
        for name in tenant.resources:
            if name != "*" and name not in CATALOGUE:
                remedy = f"{did_you_mean(name, CATALOGUE)} Known are {', '.join(CATALOGUE)}."
                settings.refuse(tenant.name, "resources", f"names of tables, not {name!r}", remedy)


def _check_destination(settings: Settings, tenant: TenantSettings) -> None:
    from ..warehouse.destinations.destination import DestinationError, check_configured  # noqa: PLC0415 - dlt, half a second

    try:
        check_configured(tenant.destination)
    except DestinationError as error:
        settings.refuse(tenant.name, "destination", "a destination that can keep a warehouse", f"{error}.")
