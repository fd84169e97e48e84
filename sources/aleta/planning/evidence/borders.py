"""Where to part a window that is put to the test: by chance, for a border in the middle can be foreseen. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from random import Random

from ..windows import Window

OLDER, NEWER = 0, 1  # the two parts of a window, as `parts` gives them
LEAST, MOST = 0.3, 0.7  # of the rows, that lie before the border
EDGE = 20  # rows at an end that tell how many a day there are


def parts(window: Window, days: Sequence[int], rng: Random) -> tuple[Window, Window]:
    """Two windows that tile *window*, which has more than one day.

    Args:
        days: sorted ordinals of the rows that were shown of it.
    """
    first, last = window.first.toordinal(), window.last.toordinal()
    if not days:
        return window.cut_after(date.fromordinal(rng.randint(first, last - 1)))
    at = days[min(len(days) - 1, int(len(days) * rng.uniform(LEAST, MOST)))]
    if days[0] == days[-1]:  # all on one day: what lies before or behind is what is not known
        before, behind = at - first, last - at
        return window.cut_after(date.fromordinal(at if behind >= before else at - 1))
    if at == days[-1]:
        at = next(day for day in reversed(days) if day < at)
    return window.cut_after(date.fromordinal(rng.randint(at, _next(days, at) - 1)))


def _next(days: Sequence[int], at: int) -> int:
    return next(day for day in days if day > at)


def silence(window: Window, days: Sequence[int], *, back: bool) -> float:
    """Rows that would be expected on the days without any at one end, at the rate of the rows before.

    Args:
        back: at the older end.
    """
    if not days:
        return 0.0
    some = min(len(days), EDGE)
    if back:
        held, quiet = days[some - 1] - days[0] + 1, days[0] - window.first.toordinal()
    else:
        held, quiet = days[-1] - days[-some] + 1, window.last.toordinal() - days[-1]
    return some / held * quiet
