"""Copies that analysts were to have, and that are not there."""

from __future__ import annotations

from ..program import command
from ..publish.places import PLACES, copies
from ..run.aftermath import journal
from ..settings import TenantSettings
from ..warehouse.duckdb.file import store_file


def lost(tenant: TenantSettings) -> str:
    """Where a copy should be that a tenant asks for and does not have, and what to run; empty where none is missing.

    Before the first complete run none is.

    Raises:
        OSError: the tenant's journal cannot be read.
    """
    there, _ = copies(tenant)
    gone = ", ".join(f"{tenant.folder / PLACES[name]}" for name in tenant.publish if name not in there)
    if not gone or tenant.destination != "duckdb" or not _was_complete(tenant):
        return ""
    again = "publish" if store_file(tenant.folder).exists() else "sync"
    return f"there is no copy for analysts at {gone}: run `{command(f'{again} {tenant.name}')}`"


def _was_complete(tenant: TenantSettings) -> bool:
    """So it is believed of a store whose journal was lost, or of an older version that kept none."""
    if journal.last_complete(tenant.folder):
        return True
    return store_file(tenant.folder).exists() and not journal.read(tenant.folder)
