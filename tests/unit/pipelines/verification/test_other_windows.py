"""`verify` reads in other windows than the sync did."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from pipelines.verification.other_windows import another, halves
from sources.aleta.planning.windows import Window
from tests.stores import on


@st.composite
def windows(draw) -> Window:
    first, last = sorted(draw(st.tuples(st.integers(0, 60), st.integers(0, 60))))
    return Window(on(first), on(last))


@given(windows(), st.integers())
def test_another_window_is_another_one_that_overlaps(window, seed):
    """Within what is covered, and never the same, but where nothing else is there."""
    within = Window(on(0), on(60))
    found = another(window, within, Random(seed))

    assert within.covers(found)
    assert found != window
    assert found.first <= window.last
    assert window.first <= found.last


def test_where_one_day_is_all_there_is_it_is_read_again():
    """Better than nothing; the statement counts it like the others."""
    day = Window(on(3), on(3))
    assert another(day, day, Random(1)) == day


@given(windows(), st.integers(-5, 65))
def test_halves_tile_the_span(span, border):
    """Nothing is read twice and nothing is left out."""
    older, newer = halves({"a": span}, {"a": on(border)})

    days = [day for half in (older, newer) if "a" in half for day in range((half["a"].last - half["a"].first).days + 1)]
    assert len(days) == span.days
    assert older["a"].first == span.first
    assert (newer or older)["a"].last == span.last
