"""A planner for one endpoint, with what earlier runs learned of it. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from sources.aleta.catalogue.endpoint import Endpoint, Track
from sources.aleta.planning.planner import Planner
from sources.aleta.planning.windows import Window

from ...ledger.ledger import Learned, Ledger
from ...settings import TenantSettings


def lesson(endpoint: Endpoint, tenant: TenantSettings) -> str:
    """Under which name the ledger keeps what the answers of *endpoint* teach: v1 has windows and bounds of its own."""
    return f"{endpoint.name} {Track.V1}" if tenant.track == "v1" else endpoint.name


def planner_of(
    endpoint: Endpoint, ledger: Ledger, tenant: TenantSettings, *, only: Collection[str] | None = None
) -> Planner:
    """With what earlier runs learned; what cannot be divided borrows the caps that other endpoints showed.

    Args:
        only: the parents that may be asked for, be it to prove the cap; None: all.
    """
    divisible = endpoint.dates is None or endpoint.dates.divisible
    learned = ledger.learned.get(lesson(endpoint, tenant), Learned())
    if learned.proof and only is not None and learned.proof.parent not in only:
        learned = replace(learned, proof=None)
    planner = learned.planner(row_cap=tenant.row_cap, max_window_days=tenant.max_window_days)
    planner.proofs.extend(
        Window(tenant.history_start, tenant.history_start)
    )  # a whole history may clear a day in doubt
    if not divisible:
        planner.cap.divisible = False
        planner.cap.elsewhere = ledger.known_caps
        planner.max_days = 1 if endpoint.by_day else 0
    return planner
