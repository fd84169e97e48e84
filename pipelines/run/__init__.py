"""Runs of tenants: `reading`, `loading`, `errors`, `machine`, `aftermath`. `sync_tenants` is for Python."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .in_process import sync_tenants

__all__ = ["sync_tenants"]


def __getattr__(name: str) -> object:
    """`sync_tenants`, imported when it is asked for: the commands start without what it brings."""
    if name != "sync_tenants":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from .in_process import sync_tenants  # noqa: PLC0415

    return sync_tenants
