"""What people do to their data: exact, repeatable, and never beyond what a cap can bear."""

from __future__ import annotations

from collections import Counter
from datetime import date
from functools import cache

import pytest

from sandbox.settings import SandboxSettings
from sandbox.state.mutations import MUTATIONS, mutate, night
from sandbox.state.store import Store
from sandbox.state.truth import BEYOND
from sandbox.world.rows import ordinal
from sandbox.world.world import build

pytestmark = pytest.mark.slow

TODAY = date(2026, 3, 2)


def store(**settings):
    """Few days are computed: what is beyond transactions has tests of its own."""
    settings = SandboxSettings(accounts=8, rows=400, years=2, computed_days=10, **settings)
    world = build(settings, tenant="acme", today=TODAY)
    return Store(world, seed="1:acme")


def shown(store: Store) -> list[object]:
    """All that the API shows, as text."""
    return [store.objects(), *(store.texts(table, store.composer.settings) for table in BEYOND)]


@cache
def unchanged() -> list[object]:
    return shown(store())


@pytest.mark.parametrize("kind", MUTATIONS)
def test_a_mutation_is_repeatable_and_changes_the_truth(kind):
    """The same world and seed give the same change."""
    first, second = store(), store()
    gone = {"account_back": "account_gone", "client_back": "client_gone"}.get(kind)
    if gone:
        mutate(first, gone, {})
        mutate(second, gone, {})

    before, touched = shown(first) if gone else unchanged(), mutate(first, kind, {})

    assert touched == mutate(second, kind, {})
    assert (after := shown(first)) == shown(second)
    assert after != before


@pytest.mark.parametrize(
    "kind",
    ["late", "edit", "delete", "move", "replace", "unlink_transfer", "redate", "dateless", "far_date", "retype", "nul"],
)
def test_a_mutation_touches_exactly_the_rows_it_names(kind):
    """Every other row stays as it is."""
    changed = store()
    before = changed.truth().transactions

    touched = mutate(changed, kind, {"count": 5})
    after = changed.truth().transactions

    named = {place: set(touched.get(place, [])) for place in ("added", "edited", "removed")}
    assert after.keys() - before.keys() == named["added"]
    assert before.keys() - after.keys() == named["removed"]
    assert {row_id for row_id in before.keys() & after.keys() if before[row_id] != after[row_id]} == named[
        "edited"
    ] - named["removed"]


@pytest.mark.parametrize("plain", [False, True])
def test_many_nights_keep_every_account_day_below_20(plain):
    """A world that a cap of 20 can bear stays one."""
    world = store(plain=plain)
    for seed in range(5):
        night(world, seed, {"late": 0.2, "edited": 0.2, "deleted": 0.05}, within_days=30)

    days = Counter(
        (account, name, day)
        for account, ledger in world.ledgers.items()
        for name, track in ledger.tracks.items()
        for day in track.days
    )
    assert max(days.values()) < 20


def test_a_recent_night_leaves_old_rows_alone():
    """`within_days` bounds the days of what changes, before and after."""
    world = store()
    before = world.truth().transactions

    night(world, 1, {"late": 0.1, "edited": 0.05, "deleted": 0.02}, within_days=60)
    after = world.truth().transactions

    pairs = [(before.get(row_id), after.get(row_id)) for row_id in before.keys() | after.keys()]
    changed = [row for pair in pairs if pair[0] != pair[1] for row in pair if row]
    days = [ordinal(row["attributes"]["tradeDate"]) for row in changed]
    assert days
    assert min(days) >= TODAY.toordinal() - 60


def test_both_tracks_of_a_ledger_hold_the_same_rows():
    """Whatever happened, either date finds every row once, in order."""
    world = store()
    for kind in ("late", "edit", "delete", "move", "replace", "unlink_transfer", "empty_account"):
        mutate(world, kind, {"count": 20})

    for ledger in world.ledgers.values():
        trade, value = (ledger.tracks[name] for name in ("trade", "value"))
        assert sorted(row.id for row in trade.rows) == sorted(row.id for row in value.rows)
        assert list(trade.days) == sorted(row.trade for row in trade.rows)
        assert list(value.days) == sorted(row.value for row in value.rows)


def test_a_mutation_without_anything_to_change_says_so():
    """An empty account has no row to edit."""
    world = store()
    account = mutate(world, "empty_account", {})["accounts"][0]

    with pytest.raises(ValueError, match="no row"):
        mutate(world, "edit", {"account": account})


def test_new_rows_take_the_day_they_are_told():
    """For a test that needs one day."""
    world = store()

    touched = mutate(world, "late", {"date": date(2025, 5, 5)})

    row = world.find(touched["added"][0])
    assert (row.trade, row.value) == (ordinal("2025-05-05"), ordinal("2025-05-05"))


def test_an_account_without_room_takes_no_more_late_rows():
    """Rather an error than an account-day that no cap can bear."""
    world = store()
    account = next(iter(world.ledgers))

    with pytest.raises(ValueError, match="room"):
        mutate(world, "late", {"account": account, "within_days": 1, "count": 30})


def test_rows_of_a_crowded_day_change_where_they_are():
    """Nothing is moved onto, or within, a day that is full."""
    world = store(busy_day=True, row_cap=50)
    busy = max(world.ledgers.values(), key=lambda ledger: max(Counter(ledger.tracks["trade"].days).values(), default=0))
    day, _ = Counter(busy.tracks["trade"].days).most_common(1)[0]
    before = {row.id: row for row in busy.tracks["trade"].between(day, day)}

    for row_id in before:
        mutate(world, "edit", {"id": row_id})

    after = {row.id: row for row in busy.rows}
    assert all(after[row_id].body != before[row_id].body for row_id in before)
    assert sum(after[row_id].trade != day for row_id in before) > 0


def test_a_night_with_nothing_to_change_changes_nothing():
    """No recent rows, no edits; that is no error."""
    world = store()
    for account in world.readable():
        mutate(world, "empty_account", {"account": account})

    assert night(world, 1, {"late": 1, "edited": 1, "deleted": 1}, within_days=9) == {
        "deleted": 0,
        "edited": 0,
        "late": 0,
    }
