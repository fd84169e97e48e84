"""Where in a tenant's folder each format's copy is, and which copies there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from ..settings import TenantSettings

FILE = "warehouse.duckdb"
STALE = "{path} is no longer written: {why}"
PLACES: Mapping[str, str] = {"duckdb": FILE, "parquet": "parquet/current", "delta": "delta"}


def copies(tenant: TenantSettings) -> tuple[Mapping[str, Path], Sequence[str]]:
    """By format the copies that are there and kept up to date, and a warning for each that is no longer."""
    there = {name: path for name, place in PLACES.items() if (path := tenant.folder / place).exists()}
    asked = tenant.publish if tenant.destination == "duckdb" else ()
    kept: dict[str, Path] = {name: path for name, path in there.items() if name in asked}
    return kept, [STALE.format(path=path, why=_why(tenant, name)) for name, path in there.items() if name not in kept]


def _why(tenant: TenantSettings, name: str) -> str:
    if tenant.destination == "duckdb":
        return f"publish asks for no {name}. It stays as it was; delete it, or ask for it again"
    return f"no copies are made of {tenant.destination}, which is read where it is. It stays as it was; delete it"
