"""Whether the warehouse has what an answer showed that is not loaded (rule W7)."""

from dataclasses import replace

import pytest

from pipelines.compare.rows.sighted import Sighting, is_news, sighting_of
from sources.aleta.catalogue.catalogue import CATALOGUE
from sources.aleta.catalogue.endpoint import By
from sources.aleta.planning.windows import Window
from tests.stores import on
from tests.unit.pipelines.compare.stored import RUN, batch, fill, fx, row

ENDPOINT = CATALOGUE["transactions"]
REACH = Window(on(0), on(50))
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


@pytest.fixture(params=[True, False], ids=["a database of ours", "another destination"])
def local(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def told(store, *rows, parent: str = "A", first: int = 0, last: int = 10, but_for=()) -> bool:
    sighting = Sighting(parent_id=parent, window=Window(on(first), on(last)), rows=batch(*rows))
    return is_news(store, ENDPOINT, sighting, RUN, reach=REACH, but_for=but_for)


@pytest.mark.parametrize(
    ("shown", "news"),
    [
        pytest.param([], False, id="nothing"),
        pytest.param([row("1"), row("2")], False, id="all-of-it"),
        pytest.param([row("1")], False, id="a-part-of-it"),
        pytest.param([row("1"), row("1")], False, id="a-row-twice"),
        pytest.param([row("1"), row("new")], True, id="a-row-that-is-not-there"),
        pytest.param([row("1", comment="edited")], True, id="a-row-that-is-there-otherwise"),
        pytest.param([row("1", day=6)], True, id="a-row-on-another-day"),
        pytest.param([row("other")], True, id="a-row-of-another-account"),
        pytest.param([row("dateless", trade_date=None, value_date=None)], False, id="without-a-day"),
        pytest.param([row("dateless", trade_date=None)], True, id="a-row-that-has-a-day-now"),
        pytest.param([row("new", trade_date=None, value_date=None)], True, id="a-new-row-without-a-day"),
        pytest.param([row("new", day=60)], False, id="a-row-of-a-day-that-nobody-reads"),
        pytest.param([row("new", day=60, value_date=on(50))], True, id="of-which-one-day-is-read"),
        pytest.param([row("1", day=60)], True, id="a-row-that-went-there"),
        pytest.param([row("1"), row("new", day=60)], False, id="beside-one-that-is-there"),
    ],
)
def test_w7_what_is_not_there_just_so_is_news(store, local, shown, news):
    """Whether the rows are at hand or fetched."""
    dateless = row("dateless", trade_date=None, value_date=None)
    fill(store, row("1"), row("2"), row("far", day=40), row("other", "B"), dateless)
    store.local = local
    assert told(store, *shown) is news


def test_w7_both_accounts_of_an_exchange_have_it(store, local):
    """Each shows it."""
    fill(store, fx("1", "A", "B"))
    store.local = local
    assert not told(store, fx("1", "A", "B"), parent="A")
    assert not told(store, fx("1", "A", "B"), parent="B")
    assert told(store, fx("1", "C", "B"), parent="B")


def test_w7_an_id_that_may_have_two_contents_is_no_news(store, local):
    """D8: it is asked for by itself in every run."""
    fill(store, row("1"))
    store.local = local
    assert told(store, row("1", comment="other"))
    assert not told(store, row("1", comment="other"), but_for={"1"})


def test_w7_the_same_in_other_words_is_no_news(store, local):
    """X3: a name in `extra` that another track spells otherwise."""
    fill(store, row("1", extra='{"someName":1}'))
    store.local = local
    assert not told(store, row("1", extra='{"some_name":1}'))
    assert told(store, row("1", extra='{"some_name":2}'))


def test_w7_before_there_is_a_table_all_is_news(store, local):
    """But for nothing."""
    store.local = local
    assert told(store, row("1"))
    assert not told(store)


@pytest.mark.parametrize(("read", "left"), [(READ, {"read", "first"}), (None, set())], ids=["some days", "none"])
def test_w7_rows_of_days_that_are_read_are_left_out(read, left):
    """Only those that no other day may list."""
    sighting = sighting_of(ENDPOINT, "A", WINDOW, batch(*ROWS.values()), read=read)

    assert {*sighting.rows["id"].to_pylist()} == ROWS.keys() - left
    assert (sighting.parent_id, sighting.window) == ("A", WINDOW)


@pytest.mark.parametrize("by", [By.DAY, By.WHOLE])
def test_w7_what_no_window_divides_is_never_sighted(by):
    """A whole history, asked for day by day, would be thousands of requests."""
    endpoint = replace(ENDPOINT, dates=replace(ENDPOINT.dates, by=by))

    assert sighting_of(endpoint, "A", WINDOW, batch(*ROWS.values()), read=None).rows.num_rows == 0
