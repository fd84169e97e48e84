"""What is beyond the crawl: sums, units and returns agree with one another and with the crawl."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from decimal import Decimal, localcontext
from itertools import pairwise

import pytest

from sandbox.state.computed.resource import Selection
from sandbox.state.computed.resources import RESOURCES
from sandbox.state.mutations import mutate
from sandbox.state.truth import BEYOND
from tests.unit.sandbox.state.computed_worlds import SMALL, TODAY, differing, store


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
    assert all(reported == custodian for reported, custodian in pairs)


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
    account = max(world.ledgers, key=lambda account: sum(account in str(x.links) for x in world.every("portfolios")))
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
    gone = [ident for ident in world.entities if not world.shown(ident)]
    texts = "".join(text for name in BEYOND for text in world.texts(name, SMALL).values())

    assert client in gone
    assert not [ident for ident in gone if ident in texts]
