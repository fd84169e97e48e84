"""Where in a tenant's folder each format's copy is, and which copies there are."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ..settings import TenantSettings

FILE = "warehouse.duckdb"
STALE = "{path} is no longer written: publish asks for no {name}. It stays as it was; delete it, or ask for it again"
PLACES: Mapping[str, str] = {"duckdb": FILE, "parquet": "parquet/current", "delta": "delta"}


def copies(tenant: TenantSettings) -> tuple[Mapping[str, Path], Mapping[str, Path]]:
    """By format the copies that there are: those that a tenant asks for, and those that it asked for once."""
    there = {name: path for name, place in PLACES.items() if (path := tenant.folder / place).exists()}
    asked: dict[str, Path] = {name: path for name, path in there.items() if name in tenant.publish}
    return asked, {name: path for name, path in there.items() if name not in asked}
