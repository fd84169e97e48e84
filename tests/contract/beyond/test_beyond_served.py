"""Every table beyond the crawl over the socket: served whole, and equal to the truth."""

from __future__ import annotations

import json

import pytest

from sandbox.state.truth import BEYOND
from tests.contract.beyond.reader import DAYS, SPAN, anonymous, by_id, holding_key, link


def below(table: str, path: str):
    """Reads the objects below every object of *table*."""
    return lambda reader, truth: by_id(x for ident in getattr(truth, table) for x in reader.data(path.format(ident)))


def each(table: str, path: str):
    """Reads every object of *table* by its own address."""
    return lambda reader, truth: by_id(reader.data(path.format(ident)) for ident in getattr(truth, table))


def series(path: str):
    return lambda reader, truth: {
        (instrument, point["id"]): point
        for instrument in truth.instruments
        for point in reader.data(f"/v3/instruments/{instrument}/{path}")
    }


def spans(path: str, key):
    def read(reader, truth):
        rows = [row for entity in truth.reporting_entities for row in reader.data(path.format(entity), **SPAN)]
        return anonymous(rows, key)

    return read


def custodian_holdings(reader, truth):
    rows = [
        row
        for entity in truth.legal_entities
        for day in DAYS
        for row in reader.data(f"/v2/custodian-holdings/legal-entities/{entity}", date=day)
    ]
    parts = (("legalEntity",), (), ("account",), ("depository",), ("asset",))
    return {tuple(link(row, *names) if names else row["attributes"]["date"] for names in parts): row for row in rows}


def private_markets(reader, truth):
    rows = [
        row
        for entity in truth.reporting_entities
        for day in DAYS
        for row in reader.data(f"/v2/performance/reporting-entities/{entity}/private-markets", date=day)
    ]
    ends = [(link(row, "reportingEntity"), row["attributes"], link(row, "instrument")) for row in rows]
    keys = iter([(view, said["date"], said["reportingCcyCode"], fund) for view, said, fund in ends])
    return anonymous(rows, lambda _: next(keys))


def limit_status(reader, truth):
    rows = [reader.data(f"/v2/limits/{limit}/status", date=day) for limit in truth.limits for day in DAYS]
    return anonymous(rows, lambda row: (link(row, "limit"), row["attributes"]["date"]))


def webhook_keys(reader, _):
    status, media, body = reader.send(
        "GET", "/api/v2/webhooks/keys", headers={"Authorization": f"Bearer {reader.token}"}
    )
    assert (status, media) == (200, "application/json")
    return {key["kid"]: key for key in json.loads(body)["keys"]}


READERS = {
    "custodian_authorities": below("legal_entities", "/v2/legal-entities/{}/custodian-authorities"),
    "custodian_authority_files": below("custodian_authorities", "/v2/custodian-authorities/{}/files"),
    "custodian_auth_flows": lambda reader, _: by_id(reader.data("/v3/custodian-auth-flows")),
    "invites": below("users", "/v2/users/{}/invites"),
    "limits": below("clients", "/v2/clients/{}/limits"),
    "commitments": below("instruments", "/v3/instruments/{}/commitments"),
    "instrument_classes": each("instrument_classes", "/v2/instrument-classes/{}"),
    "instrument_classes_detailed": each("instrument_classes_detailed", "/v2/instrument-classes-detailed/{}"),
    "instruments": each("instruments", "/v3/instruments/{}"),
    "webhook_keys": webhook_keys,
    "prices": series("prices"),
    "interest_rates": series("interest-rates"),
    "index_factors": series("index-factors"),
    "net_asset_values": series("net-asset-values"),
    "holdings": spans("/v2/holdings/reporting-entities/{}", holding_key),
    "instrument_holdings": spans(
        "/v3/instrument-holdings/reporting-entities/{}",
        lambda row: (*holding_key(row), *(link(row, name) for name in ("portfolio", "depository", "instrument"))),
    ),
    "custodian_holdings": custodian_holdings,
    "performance": spans("/v2/performance/reporting-entities/{}", holding_key),
    "private_market_performance": private_markets,
    "limit_status": limit_status,
}
SINGLES = {
    "legal_entities": "/v2/legal-entities/{}",
    "accounts": "/v2/accounts/{}",
    "depositories": "/v2/depositories/{}",
    "users": "/v2/users/{}",
    "limits": "/v2/limits/{}",
    "custodian_authorities": "/v2/custodian-authorities/{}",
    "custodian_auth_flows": "/v3/custodian-auth-flows/{}",
}


# -- what is served


def test_every_table_beyond_the_crawl_has_a_reader_here():
    """A new table without a test of its endpoint fails."""
    assert set(READERS) == set(BEYOND)


@pytest.mark.parametrize("table", READERS)
def test_the_api_serves_exactly_the_truth_of(box, reader, table):
    """Each row under its natural key, equal to the last digit; none missing, none left over."""
    truth = box.truth("acme")

    found = READERS[table](reader, truth)

    assert found
    assert found == dict(getattr(truth, table))


@pytest.mark.parametrize("table", SINGLES)
def test_an_object_has_an_address_of_its_own(box, reader, table):
    """The same object as in the list it is found in."""
    objects = getattr(box.truth("acme"), table)

    assert objects
    assert by_id(reader.data(SINGLES[table].format(ident)) for ident in objects) == dict(objects)


@pytest.mark.parametrize("table", ["holdings", "performance"])
@pytest.mark.parametrize(
    "levels",
    [
        ("portfolios",),
        ("depositories",),
        ("instruments",),
        ("instrumentClasses",),
        ("portfolios", "depositories", "instruments", "instrumentClassesDetailed"),
    ],
    ids="+".join,
)
def test_expanded_rows_are_the_truth_of_their_level(box, reader, table, levels):
    """In any order of the levels; rows of holdings without a depository have no such relationship."""
    truth = box.truth("acme")
    names = {
        "portfolios": "portfolio",
        "depositories": "depository",
        "instruments": "instrument",
        "instrumentClasses": "instrumentClass",
        "instrumentClassesDetailed": "instrumentClassDetailed",
    }
    rows = [
        row
        for entity in truth.reporting_entities
        for row in reader.data(f"/v2/{table}/reporting-entities/{entity}", **SPAN, expand=",".join(reversed(levels)))
    ]

    found = anonymous(rows, lambda row: (*holding_key(row), *(link(row, names[level]) for level in levels)))

    assert found
    assert found == truth.expanded(table, *levels)


def test_a_client_lists_the_status_of_all_its_limits(box, reader):
    """One request instead of one for each limit."""
    truth = box.truth("acme")

    rows = [row for client in truth.clients for row in reader.data(f"/v2/clients/{client}/limits-status", date=DAYS[0])]

    found = anonymous(rows, lambda row: (link(row, "limit"), row["attributes"]["date"]))
    assert found == {key: row for key, row in truth.limit_status.items() if key[1] == DAYS[0]}


@pytest.mark.parametrize("word", ["instrument", "instruments", "asset", "assets"])
def test_included_instruments_are_those_that_rows_name(box, reader, word):
    """Once each, as their own address shows them."""
    truth = box.truth("acme")
    view = next(iter(truth.holdings))[0]

    _, answer = reader.ask(f"/v3/instrument-holdings/reporting-entities/{view}", **SPAN, include=word)

    named = {link(row, "instrument") for row in answer["data"]}
    assert {resource["id"]: resource for resource in answer["included"]} == {
        instrument: truth.instruments[instrument] for instrument in named
    }


def test_ids_of_computed_rows_mean_nothing(box, reader):
    """Two answers of the same rows share no id; a custodian's rows share ids within one answer."""
    truth = box.truth("acme")
    view, owner = next(iter(truth.holdings))[0], next(iter(truth.legal_entities))

    first, second = (
        {row["id"] for row in reader.data(f"/v2/holdings/reporting-entities/{view}", **SPAN)} for _ in range(2)
    )
    rows = reader.data(f"/v2/custodian-holdings/legal-entities/{owner}", date=DAYS[0])

    assert not first & second
    assert len({row["id"] for row in rows}) < len(rows)


def test_lists_beyond_the_crawl_come_in_no_order(box, reader):
    """The same rows, in another order each time."""
    view = next(iter(box.truth("acme").holdings))[0]
    path = f"/v3/instrument-holdings/reporting-entities/{view}"

    first, second = ([holding_key(row) for row in reader.data(path, **SPAN)] for _ in range(2))

    assert first != second
    assert sorted(first) == sorted(second)
