"""Where in a tenant's folder each format's copy is, and which copies there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from ..settings import TenantSettings

FILE = "warehouse.duckdb"
PLACES: Mapping[str, str] = {"duckdb": FILE, "parquet": "parquet/current", "delta": "delta"}


def copies(tenant: TenantSettings) -> tuple[Mapping[str, Path], Sequence[str]]:
    """By format the copies that are there and kept up to date, and a warning for each that is no longer."""
    there = {name: path for name, place in PLACES.items() if (path := tenant.folder / place).exists()}
    asked = tenant.publish if tenant.destination == "duckdb" else ()
    kept: dict[str, Path] = {name: path for name, path in there.items() if name in asked}
    return kept, [_stale(tenant, name, path) for name, path in there.items() if name not in kept]


def _stale(tenant: TenantSettings, name: str, path: Path) -> str:
    why, remedy = f"publish asks for no {name}", "delete it, or ask for it again"
    if tenant.destination != "duckdb":
        why, remedy = f"no copies are made of {tenant.destination}, which is read where it is", "delete it"
    return f"{path} is no longer written: {why}. It stays as it was; {remedy}"
