"""Whether there is anything to compare with."""

from __future__ import annotations

from ..program import command
from ..settings import TenantSettings
from ..warehouse.duckdb.file import store_file


class NothingStoredError(Exception):
    """No run ever committed anything: there is nothing to compare with."""

    code = "nothing"

    def __init__(self, tenant: TenantSettings, place: str) -> None:
        super().__init__(f"nothing is committed in {place} yet: run `{command(f'sync {tenant.name}')}` first")


def check_stored(tenant: TenantSettings) -> None:
    """Before a lock or a folder is made, for a verification changes nothing.

    Raises:
        NothingStoredError: there is no store.
    """
    if tenant.destination == "duckdb" and not store_file(tenant.folder).exists():
        raise NothingStoredError(tenant, f"{tenant.folder}")
