"""What is beyond the crawl: every shape that the reference shows is there."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace

import pytest
from jwt.algorithms import ECAlgorithm

from sandbox import named_instruments
from sandbox.settings import SandboxSettings
from sandbox.state.computed.holdings import LEVELS
from sandbox.world.custody import STATUSES
from sandbox.world.instruments import INSTRUMENT_TYPES
from tests.unit.sandbox.state.computed_worlds import SMALL, store

pytestmark = pytest.mark.slow


def test_every_type_of_instrument_is_served_and_met():
    """In a world of usual size, the types that transactions name and those that are only held."""
    truth = store(SandboxSettings(computed_days=10)).truth()

    assert {truth.instruments[own_id]["type"] for own_id in named_instruments(truth)} == {
        sort.type for sort in INSTRUMENT_TYPES
    }


def test_transactions_name_as_many_instruments_as_asked():
    """For a test of many series."""
    truth = store(replace(SMALL, instruments=300)).truth()

    assert len(truth.instruments) >= 300


def test_limits_are_trees_with_trees_of_conditions():
    """Groups without a parent and a filter; limits in limits; `and`, `or` and conditions inside each other."""
    limits = store(SandboxSettings(seed=3)).truth().limits
    links = {ident: limit["relationships"]["parentLimit"]["data"] for ident, limit in limits.items()}
    tops = {ident for ident, above in links.items() if above is None}
    filters = [limit["attributes"]["limitFilter"] for limit in limits.values()]

    assert {limits[ident]["attributes"]["limitType"]["type"] for ident in tops} == {"limit-group"}
    assert any(above and above["id"] not in tops for above in links.values())
    assert {limit["attributes"]["limitType"]["type"] for limit in limits.values()} >= {"proportional", "absolute"}
    assert {node["type"] for node in filters if node} == {"and", "or", "condition"}
    assert any(inside.get("filters") for node in filters if node for inside in node.get("filters", []))


def test_authorities_have_open_states_and_their_files():
    """A status that nobody documented is among those drawn; pending files only while waiting for files."""
    truth = store(SandboxSettings(accounts=200, rows=0)).truth()
    states = {authority["attributes"]["status"] for authority in truth.custodian_authorities.values()}

    assert states == set(STATUSES)
    assert all(
        bool(authority["attributes"]["pendingFiles"]) == (authority["attributes"]["status"] == "waiting-for-files")
        for authority in truth.custodian_authorities.values()
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
