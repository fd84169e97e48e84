"""What is beyond the crawl: the same for the same seed, exact, consistent, and changed only by what changes it."""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import date
from decimal import Decimal, localcontext
from itertools import pairwise

import pytest
from jwt.algorithms import ECAlgorithm

from sandbox import named_instruments
from sandbox.settings import SandboxSettings
from sandbox.state.computed.holdings import LEVELS
from sandbox.state.computed.resource import Selection
from sandbox.state.computed.resources import RESOURCES
from sandbox.state.mutations import mutate
from sandbox.state.store import Store
from sandbox.state.truth import BEYOND
from sandbox.world.amounts import ONE, as_number, noise
from sandbox.world.custody import STATUSES
from sandbox.world.instruments import INSTRUMENT_TYPES
from sandbox.world.jsontext import exact
from sandbox.world.world import build

TODAY = date(2026, 3, 2)
SMALL = SandboxSettings(accounts=8, rows=300, years=1, computed_days=60, names="instrument")


def store(settings=SMALL, tenant="acme"):
    return Store(build(settings, tenant=tenant, today=TODAY), seed=f"{settings.seed}:{tenant}")


@pytest.fixture(scope="module")
def small():
    return store()


@pytest.fixture(scope="module")
def truth(small):
    return small.truth()


def tables(truth):
    return {name: dict(getattr(truth, name)) for name in BEYOND}


def differing(before, after):
    """Table -> the keys whose rows are not the same in both."""
    found = {
        name: {key for key in old.keys() | new.keys() if old.get(key) != new.get(key)}
        for name, old, new in ((name, getattr(before, name), getattr(after, name)) for name in BEYOND)
    }
    return {name: keys for name, keys in found.items() if keys}


# -- seeds


def test_the_same_seed_makes_the_same_tables(truth):
    """All of them, byte for byte."""
    assert tables(store().truth()) == tables(truth)


@pytest.mark.parametrize("other", [{"settings": replace(SMALL, seed=2)}, {"tenant": "bolt"}], ids=["seed", "tenant"])
def test_another_seed_or_tenant_shares_no_key(truth, other):
    """Nothing of one is ever found in another, but the slugs of the banks."""
    different = store(**other).truth()

    shared = {name for name in BEYOND if getattr(truth, name).keys() & getattr(different, name).keys()}

    assert shared == {"custodian_auth_flows"}


@pytest.mark.parametrize(
    ("settings", "digest"),
    [
        pytest.param(SandboxSettings(), "531f3ed96bba5c10", id="default"),
        pytest.param(SandboxSettings(plain=True), "1f2a8b3d98a95e50", id="plain"),
    ],
)
def test_the_crawl_of_a_seed_is_what_it_has_always_been(settings, digest):
    """What is served beyond it draws from generators of its own."""
    texts = store(settings).objects()

    found = hashlib.sha256("".join(map(repr, texts.items())).encode()).hexdigest()[:16]

    assert found == digest


def test_looking_changes_nothing():
    """The next mutation draws what it would have drawn."""
    one, other = store(), store()
    tables(one.truth())

    assert mutate(one, "late", {"count": 5}) == mutate(other, "late", {"count": 5})


def test_a_truth_is_of_its_moment():
    """It may be looked at after the world has changed."""
    world = store()
    before, expected = world.truth(), tables(world.truth())
    for kind in ("recompute", "edit_price", "limit_changed", "late", "new_instrument", "account_gone", "rename"):
        mutate(world, kind, {})

    assert tables(before) == expected


# -- numbers


@pytest.mark.parametrize("turn", range(24))
@pytest.mark.parametrize(
    "atoms", [0, 1, -1, 25 * ONE, -12345 * ONE // 100, 10**24 * ONE + 7, 10**40, 123 * ONE // 1000]
)
def test_every_spelling_is_the_same_number(atoms, turn):
    """JSON numbers, exact whatever the turn."""
    text = as_number(atoms, turn).text

    assert re.fullmatch(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?", text)
    with localcontext(prec=100):
        assert Decimal(text) == Decimal(atoms) / ONE


def test_numbers_are_spelt_in_every_hard_way():
    """More than 12 decimals, 25 digits before the point, exponents, negative ones; none overflows the column."""
    world = store(SandboxSettings(computed_days=20))
    truth = world.truth()
    numbers = [row["attributes"]["marketValue"] for row in truth.instrument_holdings.values()]
    numbers += [row["attributes"]["dailyReturn"] for row in truth.performance.values()]

    assert any(one.as_tuple().exponent < -12 for one in numbers)
    assert any(re.search(r"\de\+\d", text) for text in world.texts("holdings", SMALL).values())
    assert any(one > 10**24 for one in numbers)
    assert any(one < 0 for one in numbers)
    assert max(map(abs, numbers)) < 10**26


def test_noise_depends_on_all_its_words():
    """And on nothing else."""
    assert noise("a", 1) == noise("a", 1)
    assert len({noise("a", 1), noise("a", 2), noise("a1"), noise("a", "1")}) == 4


# -- shapes


def test_every_type_of_instrument_is_served_and_met():
    """In a world of usual size, the types that transactions name and those that are only held."""
    truth = store(SandboxSettings(computed_days=10)).truth()

    assert {truth.instruments[one]["type"] for one in named_instruments(truth)} == {
        sort.type for sort in INSTRUMENT_TYPES
    }


def test_transactions_name_as_many_instruments_as_asked():
    """For a test of many series."""
    truth = store(replace(SMALL, instruments=300)).truth()

    assert len(truth.instruments) >= 300


def test_limits_are_trees_with_trees_of_conditions():
    """Groups without a parent and a filter; limits in limits; `and`, `or` and conditions inside each other."""
    limits = store(SandboxSettings(seed=3)).truth().limits
    links = {one: limit["relationships"]["parentLimit"]["data"] for one, limit in limits.items()}
    tops = {one for one, above in links.items() if above is None}
    filters = [limit["attributes"]["limitFilter"] for limit in limits.values()]

    assert {limits[one]["attributes"]["limitType"]["type"] for one in tops} == {"limit-group"}
    assert any(above and above["id"] not in tops for above in links.values())
    assert {limit["attributes"]["limitType"]["type"] for limit in limits.values()} >= {"proportional", "absolute"}
    assert {one["type"] for one in filters if one} == {"and", "or", "condition"}
    assert any(inside.get("filters") for one in filters if one for inside in one.get("filters", []))


def test_authorities_have_open_states_and_their_files():
    """A status that nobody documented is among those drawn; pending files only while waiting for files."""
    truth = store(SandboxSettings(accounts=200, rows=0)).truth()
    states = {one["attributes"]["status"] for one in truth.custodian_authorities.values()}

    assert states == set(STATUSES)
    assert all(
        bool(one["attributes"]["pendingFiles"]) == (one["attributes"]["status"] == "waiting-for-files")
        for one in truth.custodian_authorities.values()
    )
    assert truth.custodian_authority_files


def test_webhook_keys_are_points_of_p256_in_either_base64(truth):
    """Some padded base64, as in the vendor's sample; some as RFC 7518 has it."""
    keys = truth.webhook_keys.values()

    assert {key["x"].endswith("=") for key in keys} == {True, False}
    assert all(re.fullmatch("[0-9a-f]{64}", key["kid"]) for key in keys)
    for key in keys:
        plain = {x: key[x].rstrip("=").translate(str.maketrans("+/", "-_")) for x in ("x", "y")}
        assert ECAlgorithm.from_jwk({**key, **plain}).curve.name == "secp256r1"


def test_series_have_two_points_on_one_day_and_an_open_start(truth):
    """By `client` and by Aleta; a rate that counts from 1900."""
    days = Counter((key[0], row["attributes"]["date"]) for key, row in truth.prices.items())

    assert set(days.values()) == {1, 2}
    assert {row["attributes"]["provider"] for row in truth.prices.values()} >= {"client", "aleta"}
    assert "1900-01-01" in {row["attributes"]["date"] for row in truth.interest_rates.values()}
    assert {row["attributes"]["effectiveDate"] is None for row in truth.net_asset_values.values()} == {True, False}


@pytest.mark.parametrize("table", ["holdings", "instrument_holdings", "performance", "prices"])
@pytest.mark.parametrize("accounts", [8, 60])
def test_no_day_of_a_series_reaches_a_cap_of_20(table, accounts):
    """So that every cap >= 20 can be met."""
    crowded = store(replace(SMALL, accounts=accounts, rows=3000, computed_days=10))
    rows = getattr(crowded.truth(), table)
    if table in {"holdings", "performance"}:
        rows = crowded.truth().expanded(table, *LEVELS)

    days = Counter((key[0], row["attributes"]["date"]) for key, row in rows.items())

    assert 0 < max(days.values()) < 20


# -- consistency


def test_a_total_is_the_sum_of_its_parts(small, truth):
    """By instrument, by class and by depository: the same money, exactly."""
    for level in ("depositories", "instruments", "instrumentClasses", "instrumentClassesDetailed"):
        sums = defaultdict(Decimal)
        with localcontext(prec=100):
            for key, row in truth.expanded("holdings", level).items():
                sums[key[:3]] += row["attributes"]["marketValue"]
        assert sums == {key: row["attributes"]["marketValue"] for key, row in truth.holdings.items()}


def test_custodians_and_reporting_agree_on_units(truth):
    """What a depository holds is the same number on both sides."""
    custody = {key[1:2] + key[3:]: row["attributes"]["unitsInHolding"] for key, row in truth.custodian_holdings.items()}

    pairs = [
        (row["attributes"]["unitsInHolding"], custody[key[1], key[4], key[5]])
        for key, row in truth.instrument_holdings.items()
        if key[4]
    ]

    assert pairs
    assert all(one == other for one, other in pairs)


def test_performance_explains_holdings(truth):
    """Yesterday's value, plus what was put in, plus what was earned, is today's."""
    by_series = defaultdict(list)
    for key in sorted(truth.performance):
        by_series[key[0], key[2]].append(key)

    with localcontext(prec=100):
        for keys in by_series.values():
            for before, day in pairwise(keys):
                said = truth.performance[day]["attributes"]
                then, now = (truth.holdings[key]["attributes"]["marketValue"] for key in (before, day))
                assert then + said["dailyNetCashFlow"] + said["dailyReturn"] == now


@pytest.mark.parametrize("back", [0, 5, 20])
def test_accumulated_figures_count_from_the_first_day_asked_for(small, truth, back):
    """Gains add up, shares chain; daily figures do not depend on the request."""
    entity = next(iter(truth.performance))[0]
    first = small.today - back
    items = RESOURCES["performance"].rows(small, Selection(owner=entity, first=first, last=small.today))
    rows = {item.key: {name: getattr(x, "text", x) for name, x in item.attributes.items()} for item in items}
    currency = next(iter(rows))[2]
    gain, share = Decimal(0), Decimal(1)

    with localcontext(prec=100):
        for key in sorted(key for key in rows if key[2] == currency):
            said, whole = rows[key], truth.performance[key]["attributes"]
            gain, share = gain + Decimal(said["dailyReturn"]), share * (1 + Decimal(said["dailyTwr"]))
            assert Decimal(said["accumulatedReturn"]) == gain
            assert abs(Decimal(said["accumulatedTwr"]) - (share - 1)) < Decimal("1e-9")
            assert Decimal(said["dailyReturn"]) == whole["dailyReturn"]


def test_holdings_follow_transactions():
    """A late row moves every holding of its account from its day on, and none before."""
    world = store()
    before = world.truth()
    account = max(world.ledgers, key=lambda one: sum(one in str(x.links) for x in world.every("portfolios")))
    mutate(world, "late", {"account": account, "date": "2026-02-10"})

    changed = differing(before, world.truth())

    assert changed.keys() <= {"holdings", "instrument_holdings", "performance", "custodian_holdings"}
    assert changed["holdings"]
    assert min(key[1] for key in changed["holdings"]) >= "2026-02-10"
    assert max(key[1] for key in changed["holdings"]) == TODAY.isoformat()


def test_a_new_day_brings_rows_and_moves_none():
    """Tomorrow the old days are what they were."""
    world = store()
    before = world.truth()
    world.today += 1

    changed = differing(before, world.truth())

    assert {"instrument_holdings", "custodian_holdings", "limit_status"} <= changed.keys()
    assert all(key not in getattr(before, name) for name, keys in changed.items() for key in keys)


def test_what_is_gone_is_named_nowhere():
    """Neither a client's limits nor what it held."""
    world = store(replace(SMALL, accounts=20))
    client = mutate(world, "client_gone", {})["clients"][0]
    gone = [one for one in world.entities if not world.shown(one)]
    texts = "".join(text for name in BEYOND for text in world.texts(name, SMALL).values())

    assert client in gone
    assert not [one for one in gone if one in texts]


# -- mutations


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
    assert all(after.instruments[one] == row for one, row in before.instruments.items())


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
