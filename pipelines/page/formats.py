"""Values as the page words them. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

KIB = 1024.0


def when(at: object) -> str:
    """`2026-11-24 02:00`, in UTC as the page says."""
    return f"{datetime.fromisoformat(f'{at}').astimezone(UTC):%Y-%m-%d %H:%M}" if at else "never"


def ago(age: timedelta) -> str:
    """An age in its largest unit."""
    hours, days = age // timedelta(hours=1), age.days
    return f"{days} days" if days > 1 else f"{hours} h" if hours else f"{age // timedelta(minutes=1)} min"


def count(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else "not known"


def size(value: object) -> str:
    """Bytes, in the unit of three digits."""
    left = float(value) if isinstance(value, int) else 0.0
    for unit in ("B", "KiB", "MiB"):
        if left < KIB:
            return f"{left:,.0f} {unit}"
        left /= KIB
    return f"{left:,.1f} GiB"
