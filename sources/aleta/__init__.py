"""Aleta as a source. `from sources.aleta import aleta_source` is the dlt source; nothing else here needs dlt."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .dlt_source.source import aleta_source

__all__ = ["aleta_source"]


def __getattr__(name: str) -> object:
    """Dlt takes a second to import: only who asks for its source waits."""
    if name == "aleta_source":
        from .dlt_source.source import aleta_source  # noqa: PLC0415

        return aleta_source
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
