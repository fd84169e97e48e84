"""Windows that a sync did not ask for: an answer that was truncated there shows itself here. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from random import Random

from sources.aleta.planning.windows import Window

PART = (0.3, 0.7)
"""Where a border is drawn by chance: a half of a window could be cut at the same rows as the whole (rule W6)."""


def halves(spans: Mapping[str, Window], borders: Mapping[str, date]) -> tuple[dict[str, Window], dict[str, Window]]:
    """Each parent's span in two: up to its border, and from the day after; whole, where it has no border inside."""
    older, newer = {}, {}
    for parent, span in spans.items():
        border = borders.get(parent)
        if border is not None and span.first <= border < span.last:
            older[parent], newer[parent] = span.cut_after(border)
        else:
            older[parent] = span
    return older, newer


def another(window: Window, within: Window, chance: Random) -> Window:
    """A window that overlaps *window* and is not it: a part of it, or with a day more where it has one day.

    Args:
        within: what it may not leave; *window* itself, where there is no other.
    """
    if window.days == 1:
        wide = window.widened(1)
        wider = [Window(wide.first, window.last), Window(window.first, wide.last)]
        fitting = [each for each in wider if each != window and within.covers(each)]
        return chance.choice(fitting) if fitting else window
    days = max(1, min(window.days - 1, round(window.days * chance.uniform(*PART))))
    if chance.random() < 0.5:  # noqa: PLR2004 - either end
        return Window(window.first, window.first + timedelta(days=days - 1))
    return Window(window.last - timedelta(days=days - 1), window.last)
