"""Parts, tiles and coverages hold every day of a span once, whatever happens to the windows on the way."""

import itertools
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from sources.aleta.planning.coverage import Coverage
from sources.aleta.planning.windows import ONE_DAY, Window, day_after, day_before, split

START = date(2020, 2, 20)
DAYS = st.integers(0, 60)
windows = st.tuples(DAYS, DAYS).map(lambda ends: Window(*(START + timedelta(days=day) for day in sorted(ends))))


def tile(parts, span: Window) -> bool:
    ends = parts[0].first == span.first and parts[-1].last == span.last
    return ends and all(earlier.last + ONE_DAY == later.first for earlier, later in itertools.pairwise(parts))


@given(window=windows.filter(lambda window: window.days > 1), days=st.lists(st.integers(-9, 70), max_size=20))
def test_w2_the_two_parts_tile_the_window_wherever_the_rows_lie(window, days):
    """No gap, no overlap, and each part is narrower than the whole."""
    assert tile(split(window, [START + timedelta(days=day) for day in days]), window)


@given(window=windows, width=st.integers(1, 70))
def test_w5_tiles_are_no_wider_than_asked_and_as_few_as_can_be(window, width):
    """Every day in one of them."""
    tiles = list(window.tiles(width))
    assert tile(tiles, window)
    assert max(tile.days for tile in tiles) <= width
    assert len(tiles) == -(-window.days // width)


@settings(deadline=None)
@given(span=windows, width=st.integers(0, 70), cap=st.sampled_from([None, 1, 3, 50]), data=st.data())
def test_w5_what_is_handed_on_and_what_is_given_up_tile_the_span(span, width, cap, data):
    """Kept, split, halved, narrowed and skipped in any order: each day is handed on once, or lies in a gap."""
    plan, out, given_up, handed_on = Coverage(span, width), [], [], []
    while not plan.done:
        if plan.waiting and (not out or data.draw(st.booleans())):
            out.append(plan.ask(cap))
            continue
        asked = out.pop(data.draw(st.integers(0, len(out) - 1)))
        fate = data.draw(st.sampled_from(["keep", "keep", "test", "again", "halve", "skip", "narrow"]))
        drawn = data.draw(st.lists(st.integers(0, asked.window.days - 1), max_size=4))
        days = [asked.window.first + timedelta(days=day) for day in drawn]
        if fate == "test" and asked.window.days > 1:
            plan.test(asked, days)
        elif fate == "again" and asked.window.days > 1:
            plan.again(asked, days)
        elif fate == "skip":
            plan.skip(asked)
            given_up.append(asked.window)
        elif fate != "halve" or not plan.halve(asked):
            plan.keep(asked, days)
        if fate == "narrow":
            plan.narrow(data.draw(st.integers(0, 20)))
        handed_on += [question.window for question in plan.take()]
    assert tile(sorted(handed_on + given_up), span)
    assert handed_on == sorted(handed_on)
    assert not plan.ahead


@given(width=st.integers(1, 40), days=st.integers(1, 40), at_the_end=st.booleans())
def test_d7_the_first_and_the_last_day_of_the_calendar_can_be_asked_for(width, days, at_the_end):
    """A row may name 9999-12-31 or 0001-01-01: nothing asks for the day behind the last, or before the first."""
    more = timedelta(days=days - 1)
    span = Window(date.max - more, date.max) if at_the_end else Window(date.min, date.min + more)
    assert tile(list(span.tiles(width)), span)

    plan, kept = Coverage(span, width), []
    while plan.waiting:
        plan.keep(plan.ask(None), [])
        kept += [asked.window for asked in plan.take()]
    assert tile(kept, span)
    assert plan.open_windows() == []
    assert (day_after(date.max), day_before(date.min)) == (date.max, date.min)
