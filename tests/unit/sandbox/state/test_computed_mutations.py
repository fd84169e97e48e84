"""Changes of what is beyond the crawl."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sandbox import named_instruments
from sandbox.state.mutations import mutate
from sandbox.world.jsontext import exact
from tests.unit.sandbox.state.computed_worlds import SMALL, differing, store

pytestmark = pytest.mark.slow


def test_recomputed_days_change_holdings_and_performance():
    """Those days, that entity, and with them what accumulates; nothing else."""
    world = store()
    before = world.truth()

    touched = mutate(world, "recompute", {})
    changed = differing(before, world.truth())

    entity, days = touched["reporting_entities"][0], set(touched["days"])
    assert changed.keys() == {"holdings", "instrument_holdings", "performance"}
    assert {key[0] for keys in changed.values() for key in keys} == {entity}
    assert {key[1] for key in changed["holdings"]} == days
    assert {key[1] for key in changed["instrument_holdings"]} == days
    assert {key[1] for key in changed["performance"]} >= days


def test_recompute_takes_the_days_it_is_told():
    """Far back, for a test that needs it."""
    world = store()
    entity = next(iter(world.truth().holdings))[0]

    touched = mutate(world, "recompute", {"id": entity, "date": "2026-01-05", "count": 3})

    assert touched == {"reporting_entities": [entity], "days": ["2026-01-05", "2026-01-06", "2026-01-07"]}


def test_edited_prices_change_in_place():
    """The same points, other values; no other table changes."""
    world = store()
    before = world.truth()

    touched = mutate(world, "edit_price", {"count": 3})
    after = world.truth()

    keys = {(touched["instruments"][0], point) for point in touched["prices"]}
    assert len(keys) == 3
    assert differing(before, after) == {"prices": keys}
    assert before.prices.keys() == after.prices.keys()


def test_edit_price_takes_the_day_it_is_told():
    """Of one instrument."""
    world = store()
    key, row = next(iter(world.truth().prices.items()))

    touched = mutate(world, "edit_price", {"id": key[0], "date": row["attributes"]["date"], "count": 9})

    assert key[1] in touched["prices"]


def test_a_price_that_is_not_there_cannot_change():
    """A test with a wrong day says so."""
    with pytest.raises(ValueError, match="no price"):
        mutate(store(), "edit_price", {"date": "1999-01-01"})


@pytest.mark.parametrize("plain", [False, True])
def test_a_new_instrument_comes_with_transactions(plain):
    """A crawl meets it; every old instrument is what it was."""
    world = store(replace(SMALL, plain=plain))
    before = world.truth()

    touched = mutate(world, "new_instrument", {"count": 3})
    after = world.truth()

    assert after.instruments.keys() - before.instruments.keys() == set(touched["instruments"])
    assert set(touched["instruments"]) <= named_instruments(after)
    assert after.transactions.keys() - before.transactions.keys() == set(touched["added"])
    assert len(touched["added"]) == 3
    assert all(after.instruments[instrument] == row for instrument, row in before.instruments.items())


def test_a_changed_limit_keeps_its_id():
    """Other bounds and conditions, nothing else."""
    world = store()
    before = world.truth()

    touched = mutate(world, "limit_changed", {})

    assert differing(before, world.truth()) == {"limits": set(touched["limits"])}


def test_recompute_needs_something_computed():
    """An empty world says so."""
    with pytest.raises(ValueError, match="holds anything"):
        mutate(store(replace(SMALL, rows=0)), "recompute", {})


def test_the_truth_of_an_unknown_table_is_an_error(small):
    """A typo in a test fails there."""
    with pytest.raises(KeyError):
        small.texts("prizes", SMALL)


def test_texts_parse_to_the_truth(small, truth):
    """The two ways to ask agree."""
    assert {key: exact(text) for key, text in small.texts("limits", SMALL).items()} == dict(truth.limits)
    assert str(truth.limits) == str(dict(truth.limits))
    assert len(truth.limits) == len(dict(truth.limits))
