"""The seeded world: the same for the same seed, harsh, and satisfiable."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from sandbox.settings import SandboxSettings, changed
from sandbox.state.store import Store
from sandbox.world.jsontext import exact
from sandbox.world.kinds import FX_SPOT, KINDS, TRANSFER
from sandbox.world.rows import shares
from sandbox.world.world import build

TODAY = date(2026, 3, 2)
DEFAULT = SandboxSettings()


def world(settings=DEFAULT, tenant="acme"):
    return build(settings, tenant=tenant, today=TODAY)


@pytest.fixture(scope="module")
def harsh():
    return world()


def documents(rows):
    return [exact(row.body) for row in rows]


def test_the_same_seed_makes_the_same_world(harsh):
    """Objects and rows are equal, byte for byte."""
    again = world()

    assert (again.entities, again.rows) == (harsh.entities, harsh.rows)


@pytest.mark.parametrize("other", [{"settings": SandboxSettings(seed=2)}, {"tenant": "bolt"}], ids=["seed", "tenant"])
def test_another_seed_or_tenant_makes_another_world(harsh, other):
    """They share no id."""
    different = world(**other)

    assert not different.entities.keys() & harsh.entities.keys()
    assert not {row.id for row in different.rows} & {row.id for row in harsh.rows}


@pytest.mark.parametrize("plain", [False, True])
def test_there_are_as_many_accounts_and_rows_as_asked(plain):
    """An exchange between two accounts counts once."""
    small = world(SandboxSettings(accounts=12, rows=500, plain=plain))

    assert len(small.ids("accounts")) == 12
    assert len({row.id for row in small.rows}) == len(small.rows) == 500


@pytest.mark.slow
@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("rows", [2000, 20_000])
def test_no_account_day_reaches_a_cap_of_20(plain, rows):
    """By either date, so that every cap >= 20 can be met."""
    crowded = world(SandboxSettings(rows=rows, plain=plain, accounts=10))
    days = Counter(
        (account, name, getattr(row, name))
        for row in crowded.rows
        for account in row.accounts
        for name in ("trade", "value")
    )

    assert max(days.values()) < 20


def test_a_busy_day_holds_more_than_the_cap():
    """The one account-day that nothing can read whole."""
    busy = world(SandboxSettings(busy_day=True, row_cap=50))
    days = Counter((row.accounts[0], row.trade) for row in busy.rows)

    assert sum(count > 50 for count in days.values()) == 1


def test_accounts_are_skewed_and_two_are_special(harsh):
    """One account has no row, one has rows on a single day only, one has many."""
    listed = {account: [row for row in harsh.rows if account in row.accounts] for account in harsh.ids("accounts")}
    sizes = sorted(len(rows) for rows in listed.values())

    assert sizes[0] == 0
    assert sizes[-1] > 10 * sizes[len(sizes) // 2]
    assert any(len(rows) > 1 and len({row.trade for row in rows}) == 1 for rows in listed.values())


def test_every_kind_occurs_with_its_attributes(harsh):
    """The documented ones and the two that nobody documented."""
    seen = {}
    for document in documents(harsh.rows):
        seen.setdefault(document["type"], document["attributes"].keys() - {"comment"})
    dates = {"tradeDate", "valueDate"}

    expected = {kind.name: dates | {"accountAmount"} | kind.attributes.keys() for kind in (*KINDS, TRANSFER)}
    expected[FX_SPOT.name] = dates | {"inflowAccountAmount", "outflowAccountAmount"}
    assert seen == expected


def test_an_exchange_has_two_accounts_and_no_amount_of_its_own(harsh):
    """fx-spot: inflowAccount and outflowAccount, and neither account nor accountAmount."""
    spots = [document for document in documents(harsh.rows) if document["type"] == FX_SPOT.name]

    assert spots
    assert all(set(row["relationships"]) == {"inflowAccount", "outflowAccount"} for row in spots)


def test_linked_transfers_name_each_other(harsh):
    """Both sides, in different accounts, on the same days."""
    rows = {row.id: row for row in harsh.rows}
    links = {
        document["id"]: document["relationships"]["counterparty-transaction"]["data"]["id"]
        for document in documents(harsh.rows)
        if "counterparty-transaction" in document["relationships"]
    }

    assert links
    assert all(links[links[row_id]] == row_id for row_id in links)
    assert all(rows[row_id].accounts != rows[counterpart].accounts for row_id, counterpart in links.items())


def test_dates_lag_cross_month_ends_and_lie_ahead(harsh):
    """valueDate follows tradeDate by 0 to 3 days, some in another month; a few days are still to come."""
    lags = {row.value - row.trade for row in harsh.rows}
    months = [(date.fromordinal(row.trade).month, date.fromordinal(row.value).month) for row in harsh.rows]

    assert lags == {0, 1, 2, 3}
    assert any(trade != value for trade, value in months)
    assert 0 < sum(row.trade > harsh.today for row in harsh.rows) < len(harsh.rows) / 20


def test_month_ends_are_crowded(harsh):
    """Far more rows on the last two days of a month than elsewhere."""
    late = sum(date.fromordinal(row.trade + 2).day <= 2 for row in harsh.rows)

    assert late > len(harsh.rows) / 5


def test_numbers_are_spelt_in_every_hard_way(harsh):
    """More digits than a double, exponents, more than 12 decimals, negative zero; none overflows the column."""
    bodies = b"".join(row.body for row in harsh.rows)

    for spelling in (
        rb":1234567890123456789012345[,}]",
        rb":1e-5",
        rb":1\.5E\+3",
        rb":0\.1234567890123456",
        rb":-0[,}]",
    ):
        assert re.search(spelling, bodies)
    amounts = [row["attributes"].get("accountAmount", Decimal(0)) for row in documents(harsh.rows)]
    assert max(abs(amount) for amount in amounts) < Decimal(10) ** 26


def test_index_factors_are_numbers_or_strings(harsh):
    """As the vendor's pages have them, by kind."""
    kinds = {type(row["attributes"].get("indexFactor")) for row in documents(harsh.rows)}

    assert {Decimal, str} <= kinds


def test_strings_come_escaped_and_not(harsh):
    """The same text in two spellings, nulls and nested values among them."""
    bodies = b"".join(row.body for row in harsh.rows)

    assert "納税".encode() in bodies
    assert rb"\u7d0d" in bodies
    assert b'"comment":null' in bodies
    assert b'"observations":[{"day"' in bodies


@pytest.mark.parametrize(
    ("relation", "names"),
    [("instrument", {"instrument"}), ("asset", {"asset"}), ("mixed", {"instrument", "asset"})],
)
def test_the_instrument_relation_has_the_chosen_name(relation, names):
    """Older answers say `asset`."""
    rows = world(SandboxSettings(relation=relation, rows=400)).rows

    seen = {name for row in documents(rows) for name in row["relationships"]}
    assert seen & {"instrument", "asset"} == names


@pytest.mark.parametrize("plain", [False, True])
def test_the_single_dialect_has_one_type(plain):
    """The kind moves into attribute `type`."""
    rows = documents(world(SandboxSettings(dialect="single", rows=400, plain=plain)).rows)

    assert {row["type"] for row in rows} == {"transaction"}
    assert all(row["attributes"]["type"].endswith("-transaction") for row in rows)


@pytest.mark.slow
def test_a_plain_world_of_50_000_rows_is_sound():
    """Fast and boring: unique ids, JSON, the days its bodies say."""
    large = world(SandboxSettings(plain=True, rows=50_000, accounts=50))
    sample = large.rows[:: len(large.rows) // 500]

    assert len({row.id for row in large.rows}) == 50_000
    for row in sample:
        document = json.loads(row.body)
        assert document["id"] == row.id
        assert document["attributes"]["tradeDate"] == date.fromordinal(row.trade).isoformat()
        assert document["relationships"]["account"]["data"]["id"] == row.accounts[0]


def test_clients_are_parents_and_children_in_one_list(harsh):
    """The links agree both ways."""
    store = Store(harsh, seed="1")
    clients = {client.id: store.render(client)["relationships"] for client in store.every("clients")}
    above = {client: links["parent"]["data"] for client, links in clients.items()}

    assert any(above.values())
    assert not all(above.values())
    for child, parent in above.items():
        if parent:
            assert child in [link["id"] for link in clients[parent["id"]]["children"]["data"]]


def test_accounts_show_the_deprecated_depository_too(harsh):
    """`depository` is the first of `depositories`, or null."""
    store = Store(harsh, seed="1")
    links = [store.render(account)["relationships"] for account in store.every("accounts")]

    assert {bool(link["depository"]["data"]) for link in links} == {True, False}
    assert all(link["depository"]["data"] == (link["depositories"]["data"] or [None])[0] for link in links)


def test_shares_are_whole_capped_and_complete():
    """They add up, follow the weights, and refuse what cannot fit."""
    assert shares(100, [3.0, 1.0], 1000) == [75, 25]
    assert shares(100, [3.0, 1.0], 60) == [60, 40]
    with pytest.raises(ValueError, match="do not fit"):
        shares(100, [1.0], 60)


@pytest.mark.parametrize("wrong", [{"keep": "best"}, {"date_filter": "tradeDate"}, {"dialect": "x"}, {"relation": "y"}])
def test_settings_refuse_unknown_words(wrong):
    """A typo is an error at once."""
    with pytest.raises(ValueError, match="is none of"):
        replace(DEFAULT, **wrong)


def test_settings_of_the_world_are_fixed_while_it_runs():
    """Only behaviour may change; JSON's spellings are taken."""
    assert changed(DEFAULT, {"fault_kinds": ["500"], "today": "2026-01-02"}) == replace(
        DEFAULT, fault_kinds=("500",), today=date(2026, 1, 2)
    )
    with pytest.raises(ValueError, match="rows"):
        changed(DEFAULT, {"rows": 1})


@pytest.mark.parametrize("accounts", [1, 2, 3])
@pytest.mark.parametrize("plain", [False, True])
def test_a_tiny_world_has_all_its_rows(accounts, plain):
    """Too few accounts for special ones, or even for an exchange between two."""
    tiny = world(SandboxSettings(accounts=accounts, rows=60, plain=plain))

    assert len(tiny.rows) == 60
    assert {account for row in tiny.rows for account in row.accounts} == set(tiny.ids("accounts"))
