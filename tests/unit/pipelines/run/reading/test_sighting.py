"""What an answer showed that is not loaded, without what is read besides (rule W7)."""

from dataclasses import replace

import pytest

from pipelines.run.reading.sighting import sighting_of
from sources.aleta.catalogue.catalogue import CATALOGUE
from sources.aleta.catalogue.endpoint import By
from sources.aleta.planning.windows import Window
from tests.apis import answered
from tests.fakes import NOON
from tests.stores import on
from tests.unit.pipelines.compare.stored import batch, row

ENDPOINT = CATALOGUE["transactions"]
WINDOW, READ = Window(on(0), on(99)), Window(on(50), on(99))
ROWS = {
    "old": row("old", day=10),
    "read": row("read", day=60),
    "first": row("first", day=50),
    "reaches in": row("reaches in", trade_date=on(49), value_date=on(50)),
    "reaches out": row("reaches out", trade_date=on(99), value_date=on(100)),
    "half": row("half", day=60, value_date=None),
    "dateless": row("dateless", trade_date=None, value_date=None),
}


@pytest.mark.parametrize(("read", "left"), [(READ, {"read", "first"}), (None, set())], ids=["some days", "none"])
def test_w7_rows_of_days_that_are_read_are_left_out(read, left):
    """Only those that no other day may list."""
    sighting = sighting_of(ENDPOINT, "A", WINDOW, answered(batch(*ROWS.values()), NOON), read=read)

    assert {*sighting.rows["id"].to_pylist()} == ROWS.keys() - left
    assert (sighting.parent_id, sighting.window) == ("A", WINDOW)


@pytest.mark.parametrize("by", [By.DAY, By.WHOLE])
def test_w7_what_no_window_divides_is_never_sighted(by):
    """A whole history, asked for day by day, would be thousands of requests."""
    endpoint = replace(ENDPOINT, dates=replace(ENDPOINT.dates, by=by))

    assert sighting_of(endpoint, "A", WINDOW, answered(batch(*ROWS.values()), NOON), read=None).rows.num_rows == 0
