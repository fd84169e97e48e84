"""Parts and tiles cover every day of a window once."""

import itertools
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from sources.aleta.windows import ONE_DAY, Window, split

START = date(2020, 2, 20)
DAYS = st.integers(0, 60)
windows = st.tuples(DAYS, DAYS).map(lambda ends: Window(*(START + timedelta(days=day) for day in sorted(ends))))


def tile(parts, span: Window) -> bool:
    ends = parts[0].first == span.first and parts[-1].last == span.last
    return ends and all(one.last + ONE_DAY == other.first for one, other in itertools.pairwise(parts))


@given(window=windows.filter(lambda one: one.days > 1), days=st.lists(st.integers(-9, 70), max_size=20))
def test_w2_the_two_parts_tile_the_window_wherever_the_rows_lie(window, days):
    """No gap, no overlap, and each part is narrower than the whole."""
    assert tile(split(window, [START + timedelta(days=day) for day in days]), window)


@given(window=windows, width=st.integers(1, 70))
def test_w5_tiles_are_no_wider_than_asked_and_as_few_as_can_be(window, width):
    """Every day in one of them."""
    tiles = list(window.tiles(width))
    assert tile(tiles, window)
    assert max(one.days for one in tiles) <= width
    assert len(tiles) == -(-window.days // width)
