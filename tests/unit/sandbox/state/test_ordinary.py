"""The ordinary world: what a real office would have, and figures that agree with one another."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from sandbox.settings import SandboxSettings
from sandbox.state.mutations import mutate
from sandbox.state.truth import BEYOND
from sandbox.world.market import RATES, price
from sandbox.world.ordinary import make_ordinary
from sandbox.world.world import CRAWLED
from tests.unit.sandbox.state.computed_worlds import TODAY, store, tables

pytestmark = pytest.mark.slow
ORDINARY = SandboxSettings(ordinary=True, accounts=12, rows=900, years=2, computed_days=90)


@pytest.fixture(scope="module")
def office():
    return store(ORDINARY)


@pytest.fixture(scope="module")
def said(office):
    return office.truth()


def numbers(value):
    """Every number in a document."""
    if isinstance(value, Decimal):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from numbers(inner)


def days_of(rows):
    found = defaultdict(dict)
    for key, row in rows.items():
        found[key[0]][key[1]] = row["attributes"]
    return found


def test_no_amount_is_absurd(said):
    """None has more digits than a bank statement."""
    found = [number for name in (*BEYOND, *CRAWLED) for row in getattr(said, name).values() for number in numbers(row)]
    found += [number for row in said.transactions.values() for number in numbers(row)]

    assert len(found) > 10_000
    assert max(map(abs, found)) < 10**10
    assert min(number.as_tuple().exponent for number in found) >= -12


def test_transactions_are_amounts_in_cents_of_documented_kinds(said):
    """Fees are paid, coupons received, an exchange receives and pays."""
    signs = defaultdict(set)
    for row in said.transactions.values():
        for name in ("accountAmount", "inflowAccountAmount", "outflowAccountAmount"):
            if (amount := row["attributes"].get(name)) is not None:
                assert amount == amount.quantize(Decimal("0.01"))
                signs[row["type"], name].add(amount > 0)

    assert signs["fee-transaction", "accountAmount"] == {False}
    assert signs["bond-coupon-transaction", "accountAmount"] == {True}
    assert signs["cash-transfer-transaction", "accountAmount"] == {True, False}
    assert signs["fx-spot-transaction", "inflowAccountAmount"] == {True}
    assert signs["fx-spot-transaction", "outflowAccountAmount"] == {False}


def test_every_account_with_rows_opens_with_a_deposit(office):
    """And so has a balance to spend from."""
    opened = [ledger.rows[0] for ledger in office.ledgers.values() if len(ledger.rows) > 20]

    assert opened
    assert {(row.trade, json.loads(row.body)["type"]) for row in opened} == {
        (office.first, "cash-transfer-transaction")
    }


def test_names_are_short_and_without_tricks(said):
    """No quotes, no line breaks, no empty names."""
    named = [row["attributes"]["name"] for name in CRAWLED for row in getattr(said, name).values() if name != "users"]
    named += [row["attributes"]["name"] for row in said.instruments.values() if "name" in row["attributes"]]

    assert all(re.fullmatch(r"[\w ,.%/-]{4,60}", name) for name in named)


def test_a_position_is_worth_its_units_times_the_price(said):
    """In the instrument's currency to the cent, and otherwise at the exchange rate."""
    prices = {(key[0], date_of(row)): row for key, row in said.prices.items()}
    checked = 0
    for key, row in said.instrument_holdings.items():
        instrument = key[5]
        own = said.instruments[instrument]["attributes"].get("ccyCode")
        priced, units = prices.get((instrument, key[1])), row["attributes"]["unitsInHolding"]
        if own and priced and units is not None:
            exact = units * priced["attributes"]["value"] * RATES[key[2]] / RATES[own]
            assert abs(row["attributes"]["marketValue"] - exact) <= Decimal("0.01")
            checked += 1
    assert checked > 100


def date_of(row):
    return row["attributes"]["date"]


def test_every_holding_day_has_a_price(said):
    """Of what has a price at all."""
    priced = {(key[0], date_of(row)) for key, row in said.prices.items()}
    listed = {instrument for instrument, _ in priced}

    held = {(key[5], key[1]) for key in said.instrument_holdings if key[5] in listed}

    assert held
    assert held <= priced


def test_a_month_returns_a_few_percent_at_most(said):
    """Thirty days anywhere in the history of a reporting entity."""
    for days in days_of(said.performance).values():
        grown = {day: 1 + row["accumulatedTwr"] for day, row in days.items()}
        for day, value in grown.items():
            later = f"{date.fromisoformat(day) + timedelta(days=30)}"
            if later in grown:
                assert abs(grown[later] / value - 1) < Decimal("0.06")


def test_values_plus_flows_plus_returns_are_the_next_values(said):
    """The identity that performance explains."""
    holdings, performance = days_of(said.holdings), days_of(said.performance)
    for entity, days in performance.items():
        for before, day in pairwise(sorted(days)):
            moved = days[day]["dailyNetCashFlow"] + days[day]["dailyReturn"]
            assert holdings[entity][before]["marketValue"] + moved == holdings[entity][day]["marketValue"]


def test_a_funds_multiples_are_those_of_its_amounts():
    """Paid back and left, of what was called: a fund alone, and all of an entity's together."""
    truth = store(replace(ORDINARY, accounts=40, computed_days=5)).truth()
    rows = [row["attributes"] for row in truth.private_market_performance.values()]

    assert {row["nav"] is None for row in rows} == {True, False}
    for row in rows:
        flows, multiples = row["cashflow"], row["multiplier"]
        assert row["commitmentInReportingCurrency"]["called"] == flows["drawdowns"]
        assert row["return"] == flows["distributions"] + row["marketValue"] - flows["drawdowns"]
        assert multiples["tvpi"] == multiples["dpi"] + multiples["rvpi"]
        assert multiples["dpi"] * flows["drawdowns"] == flows["distributions"]
        assert 0 < row["irr"] < Decimal("0.2")


def test_a_custodian_reports_the_balance_that_was_booked(office, said):
    """Of accounts: the sum of all rows by value date."""
    for key, row in said.custodian_holdings.items():
        if key[2] and key[1] == f"{TODAY}":
            booked = sum(
                amount(office, line, key[2]) for line in office.ledgers[key[2]].rows if line.value <= office.today
            )
            assert row["attributes"]["unitsInHolding"] == booked


def amount(office, row, account):
    document = json.loads(row.body, parse_float=Decimal, parse_int=Decimal)
    for side in ("account", "inflowAccount", "outflowAccount"):
        if document["relationships"].get(side, {}).get("data", {}).get("id") == account:
            return document["attributes"][f"{side}Amount"]
    raise AssertionError(document)


def test_holdings_have_one_currency_and_no_weekends(said):
    """So that a total is a sum, and five days are a week."""
    currencies = defaultdict(set)
    for entity, day, currency, *_ in said.holdings:
        currencies[entity].add(currency)
        assert date.fromisoformat(day).weekday() < 5
    assert {len(found) for found in currencies.values()} == {1}


def test_bonds_are_in_a_class_of_bonds(said):
    """Classes follow from types."""
    classes = {ident: row["attributes"]["name"] for ident, row in said.instrument_classes.items()}
    for key, row in said.instrument_holdings.items():
        links = row["relationships"]
        above = links.get("instrumentClass") or links.get("assetClass")
        if above and "bond" in said.instruments[key[5]]["type"]:
            assert classes[above["data"]["id"]] == "Bonds"


def test_a_price_is_the_same_in_every_answer_and_moves_slowly():
    """Tenths of a percent a day."""
    days = [price("an-instrument", day) for day in range(730_000, 730_400)]

    assert days == [price("an-instrument", day) for day in range(730_000, 730_400)]
    assert all(abs(after / before - 1) < 0.02 for before, after in pairwise(days))


def test_making_ordinary_twice_changes_nothing(office):
    """New objects pass through it as well."""
    for entity in office.entities.values():
        before = dict(entity.attributes)
        make_ordinary(entity)
        assert entity.attributes == before


def test_an_ordinary_world_stays_ordinary_when_it_changes():
    """Edits, new accounts, new prices."""
    world = store(ORDINARY)
    before = tables(world.truth())
    for kind in ("edit", "late", "edit_price", "new_account", "new_client", "new_instrument", "recompute", "replace"):
        mutate(world, kind, {"count": 3})

    after = world.truth()
    found = [number for name in BEYOND for row in getattr(after, name).values() for number in numbers(row)]
    found += [number for row in after.transactions.values() for number in numbers(row)]
    assert tables(after) != before
    assert max(map(abs, found)) < 10**10
    assert not [row for row in after.accounts.values() if "overdraftLimit" in row["attributes"]]
