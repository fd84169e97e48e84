"""Worlds with what is beyond the crawl, and what their tables hold."""

from __future__ import annotations

from datetime import date

from sandbox.settings import SandboxSettings
from sandbox.state.store import Store
from sandbox.state.truth import BEYOND
from sandbox.world.world import build

TODAY = date(2026, 3, 2)
SMALL = SandboxSettings(accounts=8, rows=300, years=1, computed_days=60, names="instrument")


def store(settings=SMALL, tenant="acme"):
    return Store(build(settings, tenant=tenant, today=TODAY), seed=f"{settings.seed}:{tenant}")


def tables(truth):
    return {name: dict(getattr(truth, name)) for name in BEYOND}


def differing(before, after):
    """Table -> the keys whose rows are not the same in both."""
    found = {
        name: {key for key in old.keys() | new.keys() if old.get(key) != new.get(key)}
        for name, old, new in ((name, getattr(before, name), getattr(after, name)) for name in BEYOND)
    }
    return {name: keys for name, keys in found.items() if keys}
