"""Planted bugs of what a run owes a parent and leaves to the next one (rules D6, D7)."""

from __future__ import annotations

from tests.histories.planting import bug


def _mark_without(name: str) -> None:
    """Marks are not told of what is handed to them under *name*."""
    from pipelines.run.loading.followed import FollowedParents

    mark = FollowedParents.mark
    FollowedParents.mark = lambda *args, **owed: mark(*args, **{**owed, name: frozenset()})


@bug
def missed_row_forgotten() -> None:
    """A row that a run missed, and is still to look for, leaves nothing behind should the run be killed."""
    _mark_without("missing")


@bug
def named_day_forgotten() -> None:
    """A far day that a row names, and is still to be asked for, leaves nothing behind should the run be killed."""
    _mark_without("waiting")
