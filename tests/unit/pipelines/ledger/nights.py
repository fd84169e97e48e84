"""Nights, and marks of what was read before them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from pipelines.ledger.marks import Mark
from pipelines.ledger.readings import Horizon
from sources.aleta.catalogue.endpoint import By, DateParams
from sources.aleta.planning.windows import ONE_DAY, Window

START = date(2020, 1, 1)
SPANS, DAYS, WHOLE = DateParams(columns=("date",)), DateParams(columns=("date",), by=By.DAY), DateParams(by=By.WHOLE)


def night(number: int = 0, **more) -> Horizon:
    """The run of one morning; history began years ago."""
    fixed = {"history_start": START, "look_back_days": 30, "look_ahead_days": 31, "reverify_days": 30}
    return Horizon(now=datetime.combine(date(2026, 3, 2), time(5), UTC) + timedelta(days=number), **fixed | more)


def read(horizon: Horizon, *, days_ago: int = 1, bare: bool = False) -> Mark:
    """What is known of a parent whose whole history was read so many nights ago, and its look-back in each since."""
    return Mark(
        covered=Window(START, horizon.elapsed - ONE_DAY),
        verified_at=horizon.now - timedelta(days=days_ago),
        bare=bare,
    )
