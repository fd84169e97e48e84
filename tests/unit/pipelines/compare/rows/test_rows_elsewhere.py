"""A comparison finds the same, whether the warehouse's rows are at hand or brought from a database elsewhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from random import Random

import duckdb
import pytest

from pipelines.compare.rows.findings import Differences, Proven
from pipelines.warehouse.destinations.dialect import DUCKDB
from pipelines.warehouse.destinations.remote import RemoteStore
from pipelines.warehouse.store import Store
from sources.aleta.planning.windows import Window
from tests.stores import on
from tests.unit.pipelines.compare.stored import batch, compare, fill, fx, proof, removed, row
from tests.unit.pipelines.warehouse.destinations.elsewhere import Elsewhere

REACH = Window(on(0), on(10))
DAYS = [None, on(-900), *(on(day) for day in range(-2, 13)), on(900)]


@pytest.fixture
def remote(store) -> Iterator[Store]:
    """What is in *store*, from elsewhere."""
    with duckdb.connect(":memory:") as sql:
        sql.execute("SET TimeZone = 'UTC'")
        yield RemoteStore(sql, Elsewhere(store.sql), dialect=DUCKDB, misfits=Counter())


def partial(first: int, last: int, account: str = "A") -> Proven:
    return proof(account, first, last, settles=False, reach=REACH)


@pytest.mark.parametrize("dates", [{"value_date": on(900)}, {"trade_date": on(900)}, {"value_date": None}])
def test_d6_a_night_misses_a_row_of_which_one_day_is_out_of_reach(store, remote, dates):
    """The other is in the look-back, and did not show it: its account is read whole."""
    fill(store, row("1", **{"trade_date": on(8), "value_date": on(8)} | dates))
    for each in (store, remote):
        assert [(missed.id, missed.inside) for missed in compare(each, [], [partial(7, 10)]).missed] == [("1", False)]


@pytest.mark.parametrize("seed", range(12))
def test_whatever_is_read_the_same_is_found(store, remote, seed):
    """Rows with any days, of readings that settle, do not, or have come to their ends."""
    chance = Random(seed)
    rows = [drawn(chance, f"{number}") for number in range(60)]
    fill(store, *rows)
    first = chance.randrange(8)
    last = chance.randrange(first, 11)
    proven = [
        chance.choice([partial(first, last, account), proof(account, first, last, reach=REACH), whole(account)])
        for account in "AB"
    ]
    shown = [batch(*chance.sample(rows, 6), *(drawn(chance, f"new{number}") for number in range(3)))]
    assert told(compare(remote, shown, proven)) == told(compare(store, shown, proven))


def whole(account: str) -> Proven:
    return proof(account, 0, 10, reach=REACH, ended=True)


def drawn(chance: Random, own_id: str) -> dict[str, object]:
    """A row of one account or two."""
    dates = {"trade_date": chance.choice(DAYS), "value_date": chance.choice(DAYS)}
    first, second = chance.sample("ABC", 2)
    return fx(own_id, first, second) | dates if chance.random() < 1 / 3 else row(own_id, first) | dates


def told(found: Differences) -> tuple[object, ...]:
    """All that it found of rows."""
    gone = sorted(each.id for each in found.removed)
    return found.counts, removed(found), [*found.missed], [*found.unasked], found.late, [*found.losses], gone
