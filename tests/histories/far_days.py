"""Days that no night reaches."""

from __future__ import annotations

from datetime import date, timedelta

from tests.histories.scene import TODAY, Scene

FAR = TODAY + timedelta(days=400)


def backfill_far_ahead(scene: Scene, day: date = FAR) -> None:
    """Two rows of a day that no night reaches, and the days around it."""
    scene.change("late", account=scene.accounts()[0], date=f"{day}", count=2)
    scene.backfill(day - timedelta(days=3), day + timedelta(days=3), "acme")
