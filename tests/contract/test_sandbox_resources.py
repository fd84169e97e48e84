"""Everything beyond the crawl over the socket: served whole, under either name and prefix, and what is refused."""

from __future__ import annotations

import http.client
import json
import time
import tomllib
from datetime import date, timedelta
from urllib.parse import urlencode, urlsplit

import jwt
import pytest

from sandbox import Sandbox, SandboxSettings, named_instruments
from sandbox.state.truth import BEYOND
from sandbox.world.jsontext import exact

TODAY = date(2026, 3, 2)
DAYS = [(TODAY - timedelta(days=back)).isoformat() for back in range(13)]
SMALL = SandboxSettings(
    seed=2, accounts=6, rows=240, years=1, today=TODAY, row_cap=0, computed_days=12, names="instrument"
)
SPAN = {"fromDate": "2020-01-01", "toDate": "2030-01-01"}


class Reader:
    """Reads the API of one sandbox; remembers only a token."""

    def __init__(self, box: Sandbox, folder) -> None:
        self.box, self.address = box, urlsplit(box.url).netloc
        known = tomllib.loads((box.write_config(folder) / "config.toml").read_text())["tenants"]["acme"]
        now = int(time.time())
        claims = {"aud": box.url, "iss": known["iss"], "sub": known["sub"], "iat": now, "exp": now + 60}
        key = (folder / known["private_key_file"]).read_text()
        assertion = jwt.encode(claims, key, algorithm="ES256", headers={"kid": known["kid"]})
        form = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": assertion}
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        self.token = json.loads(self.send("POST", "/oauth/token", urlencode(form), kind)[2])["access_token"]

    def send(self, method: str, path: str, body: str = "", headers=None):
        connection = http.client.HTTPConnection(self.address, timeout=10)
        try:
            connection.request(method, path, body or None, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.getheader("Content-Type"), answer.read()
        finally:
            connection.close()

    def ask(self, path: str, **query: str):
        target = f"/api{path}?{urlencode(query)}"
        status, _, body = self.send("GET", target, headers={"Authorization": f"Bearer {self.token}"})
        return status, exact(body)

    def data(self, path: str, **query: str):
        status, answer = self.ask(path, **query)
        assert status == 200, answer
        return answer["data"]


@pytest.fixture(scope="module")
def box():
    with Sandbox(SMALL) as box:
        yield box


@pytest.fixture
def reader(box, tmp_path):
    yield Reader(box, tmp_path)
    changed = ("names", "prefix", "row_cap", "max_window_days", "limited_series", "keep")
    box.set(**{name: getattr(SMALL, name) for name in changed})


def link(row, *names: str) -> str | None:
    """The id at the end of the first of *names* that the row has."""
    found = [row["relationships"][name]["data"]["id"] for name in names if name in row["relationships"]]
    return found[0] if found else None


def by_id(objects):
    return {one["id"]: one for one in objects}


def anonymous(rows, key):
    """Rows by *key*, without the ids that mean nothing."""
    found = {key(row): {name: part for name, part in row.items() if name != "id"} for row in rows}
    assert len(found) == len(rows)
    return found


def holding_key(row):
    return (link(row, "reportingEntity"), row["attributes"]["date"], row["attributes"]["ccyCode"])


def below(table: str, path: str):
    """Reads the objects below every object of *table*."""
    return lambda reader, truth: by_id(x for one in getattr(truth, table) for x in reader.data(path.format(one)))


def each(table: str, path: str):
    """Reads every object of *table* by its own address."""
    return lambda reader, truth: by_id(reader.data(path.format(one)) for one in getattr(truth, table))


def series(path: str):
    return lambda reader, truth: {
        (one, point["id"]): point for one in truth.instruments for point in reader.data(f"/v3/instruments/{one}/{path}")
    }


def spans(path: str, key):
    def read(reader, truth):
        rows = [row for one in truth.reporting_entities for row in reader.data(path.format(one), **SPAN)]
        return anonymous(rows, key)

    return read


def custodian_holdings(reader, truth):
    rows = [
        row
        for one in truth.legal_entities
        for day in DAYS
        for row in reader.data(f"/v2/custodian-holdings/legal-entities/{one}", date=day)
    ]
    parts = (("legalEntity",), (), ("account",), ("depository",), ("asset",))
    return {tuple(link(row, *names) if names else row["attributes"]["date"] for names in parts): row for row in rows}


def private_markets(reader, truth):
    rows = [
        row
        for one in truth.reporting_entities
        for day in DAYS
        for row in reader.data(f"/v2/performance/reporting-entities/{one}/private-markets", date=day)
    ]
    ends = [(link(row, "reportingEntity"), row["attributes"], link(row, "instrument")) for row in rows]
    keys = iter([(view, said["date"], said["reportingCcyCode"], fund) for view, said, fund in ends])
    return anonymous(rows, lambda _: next(keys))


def limit_status(reader, truth):
    rows = [reader.data(f"/v2/limits/{one}/status", date=day) for one in truth.limits for day in DAYS]
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
    assert by_id(reader.data(SINGLES[table].format(one)) for one in objects) == dict(objects)


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
        for one in truth.reporting_entities
        for row in reader.data(f"/v2/{table}/reporting-entities/{one}", **SPAN, expand=",".join(reversed(levels)))
    ]

    found = anonymous(rows, lambda row: (*holding_key(row), *(link(row, names[level]) for level in levels)))

    assert found
    assert found == truth.expanded(table, *levels)


def test_a_client_lists_the_status_of_all_its_limits(box, reader):
    """One request instead of one for each limit."""
    truth = box.truth("acme")

    rows = [row for one in truth.clients for row in reader.data(f"/v2/clients/{one}/limits-status", date=DAYS[0])]

    found = anonymous(rows, lambda row: (link(row, "limit"), row["attributes"]["date"]))
    assert found == {key: row for key, row in truth.limit_status.items() if key[1] == DAYS[0]}


@pytest.mark.parametrize("word", ["instrument", "instruments", "asset", "assets"])
def test_included_instruments_are_those_that_rows_name(box, reader, word):
    """Once each, as their own address shows them."""
    truth = box.truth("acme")
    view = next(iter(truth.holdings))[0]

    _, answer = reader.ask(f"/v3/instrument-holdings/reporting-entities/{view}", **SPAN, include=word)

    named = {link(row, "instrument") for row in answer["data"]}
    assert {one["id"]: one for one in answer["included"]} == {one: truth.instruments[one] for one in named}


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


# -- names and prefixes


@pytest.mark.parametrize(
    ("path", "table"),
    [
        ("holdings/reporting-entities/{}", "reporting_entities"),
        ("legal-entities/{}/custodian-authorities", "legal_entities"),
        ("custodian-authorities/{}", "custodian_authorities"),
        ("custodian-authorities/{}/files", "custodian_authorities"),
        ("custodian-auth-flows", "clients"),
        ("custodian-auth-flows/{}", "custodian_auth_flows"),
        ("instrument-classes/{}", "instrument_classes"),
        ("instrument-classes-detailed/{}", "instrument_classes_detailed"),
    ],
)
@pytest.mark.parametrize(("prefix", "other"), [("v2", "v3"), ("v3", "v2")])
def test_a_contested_path_is_on_one_prefix_only(box, reader, path, table, prefix, other):
    """Where the setting says, and 404 on the other."""
    box.set(prefix=prefix)
    place = path.format(next(iter(getattr(box.truth("acme"), table))))

    assert reader.ask(f"/{prefix}/{place}", **SPAN)[0] == 200
    assert reader.ask(f"/{other}/{place}", **SPAN)[0] == 404


@pytest.mark.parametrize("names", ["instrument", "asset", "mixed"])
def test_instruments_are_found_under_the_names_in_use(box, reader, names):
    """2026 has /v3/instruments, 2025 /v2/assets; both answer where names are mixed."""
    box.set(names=names)
    one, view = next(iter(box.truth("acme").prices))[0], next(iter(box.truth("acme").holdings))[0]

    tails = (f"s/{one}", f"s/{one}/prices", f"-holdings/reporting-entities/{view}")
    statuses = {
        base: {reader.ask(f"{base}{tail}", **SPAN)[0] for tail in tails} for base in ("/v3/instrument", "/v2/asset")
    }

    served = {"/v3/instrument": names != "asset", "/v2/asset": names != "instrument"}
    assert statuses == {base: {200} if is_served else {404} for base, is_served in served.items()}


@pytest.mark.parametrize(
    ("names", "seen"),
    [
        ("instrument", {"instrument", "instrumentClass", "instrumentClassDetailed"}),
        ("asset", {"asset", "assetClass", "assetClassDetailed"}),
    ],
)
def test_relationships_and_levels_have_the_names_in_use(box, reader, names, seen):
    """Words of the other year are refused."""
    box.set(names=names)
    view = next(iter(box.truth("acme").holdings))[0]
    words = {"instrument": "instruments,instrumentClasses,instrumentClassesDetailed"}
    words["asset"] = words["instrument"].replace("instrument", "asset")
    path, other = f"/v2/holdings/reporting-entities/{view}", "asset" if names == "instrument" else "instrument"

    rows = reader.data(path, **SPAN, expand=words[names])

    assert {name for row in rows for name in row["relationships"]} == seen | {"reportingEntity"}
    assert reader.ask(path, **SPAN, expand=words[other])[0] == 400


def test_mixed_names_occur_side_by_side(box, reader):
    """In one answer; the truth says the same of each row."""
    box.set(names="mixed")
    truth = box.truth("acme")
    names = {name for row in truth.instrument_holdings.values() for name in row["relationships"]}
    rows = [
        row
        for one in truth.reporting_entities
        for row in reader.data(f"/v3/instrument-holdings/reporting-entities/{one}", **SPAN)
    ]

    found = anonymous(
        rows,
        lambda row: (
            *holding_key(row),
            *(link(row, "portfolio"), link(row, "depository"), link(row, "instrument", "asset")),
        ),
    )

    assert {"asset", "instrument"} <= names
    assert found == dict(truth.instrument_holdings)


# -- what is refused


DATED = {
    "holdings": ("/v2/holdings/reporting-entities/{}", "reporting_entities"),
    "instrument_holdings": ("/v3/instrument-holdings/reporting-entities/{}", "reporting_entities"),
    "performance": ("/v2/performance/reporting-entities/{}", "reporting_entities"),
    "prices": ("/v3/instruments/{}/prices", "instruments"),
}
DAILY = {
    "custodian_holdings": ("/v2/custodian-holdings/legal-entities/{}", "legal_entities"),
    "private_markets": ("/v2/performance/reporting-entities/{}/private-markets", "reporting_entities"),
    "limit_status": ("/v2/limits/{}/status", "limits"),
    "limits_status": ("/v2/clients/{}/limits-status", "clients"),
}


def address(box, place):
    path, table = place
    return path.format(next(iter(getattr(box.truth("acme"), table))))


@pytest.mark.parametrize("table", DATED)
@pytest.mark.parametrize(
    ("query", "status"),
    [
        pytest.param({"fromDate": "2026-02-30", "toDate": "2026-03-01"}, 400, id="no date"),
        pytest.param({"fromDate": "2026-02-02", "toDate": "2026-02-01"}, 400, id="backwards"),
        pytest.param({"fromDate": "2026-01-01", "toDate": "2026-01-31"}, 422, id="too wide"),
        pytest.param({"fromDate": "2026-01-01", "toDate": "2026-01-30"}, 200, id="just right"),
    ],
)
def test_a_span_must_be_sound_and_narrow_enough(box, reader, table, query, status):
    """400 and 422, as for transactions."""
    box.set(max_window_days=30)

    assert reader.ask(address(box, DATED[table]), **query)[0] == status


@pytest.mark.parametrize("table", sorted(DATED.keys() - {"prices"}))
@pytest.mark.parametrize("query", [{}, {"fromDate": DAYS[1]}, {"toDate": DAYS[1]}], ids=["neither", "from", "to"])
def test_both_ends_of_a_span_are_required(box, reader, table, query):
    """Only prices may go without."""
    assert reader.ask(address(box, DATED[table]), **query)[0] == 400


def test_only_a_whole_price_series_may_be_wider_than_the_window(box, reader):
    """Half a span reaches as far as there are days."""
    box.set(max_window_days=30)
    path = address(box, DATED["prices"])

    statuses = [reader.ask(path, **query)[0] for query in ({}, {"fromDate": "2020-01-01"}, {"toDate": "2026-01-01"})]

    assert statuses == [200, 422, 422]


@pytest.mark.parametrize("table", DATED)
def test_the_largest_window_can_be_for_transactions_alone(box, reader, table):
    """`limited_series` switches it off for the rest."""
    box.set(max_window_days=30, limited_series=False)

    assert reader.ask(address(box, DATED[table]), **SPAN)[0] == 200


@pytest.mark.parametrize("table", DAILY)
@pytest.mark.parametrize(("query", "status"), [({}, 400), ({"date": "today"}, 400), ({"date": DAYS[1]}, 200)])
def test_a_day_is_required(box, reader, table, query, status):
    """No page's "latest when omitted" is relied on."""
    assert reader.ask(address(box, DAILY[table]), **query)[0] == status


@pytest.mark.parametrize("day", ["1999-01-01", "2099-01-01"])
def test_days_that_are_not_computed_are_empty(box, reader, day):
    """Before the first and after the last: no rows, and no status of a limit."""
    assert reader.data(address(box, DAILY["custodian_holdings"]), date=day) == []
    assert reader.data(address(box, DAILY["private_markets"]), date=day) == []
    assert reader.ask(address(box, DAILY["limit_status"]), date=day)[0] == 404


@pytest.mark.parametrize("table", ["holdings", "instrument_holdings", "performance", "prices"])
@pytest.mark.parametrize("keep", ["first", "last", "random"])
def test_the_cap_cuts_series_silently(box, reader, table, keep):
    """200, no sign, and the days that the setting keeps."""
    truth = box.truth("acme")
    owner = next(iter(getattr(truth, table)))[0]
    path = DATED[table][0].format(owner)
    days = sorted(row["attributes"]["date"] for row in reader.data(path, **SPAN))
    box.set(row_cap=5, keep=keep)

    status, answer = reader.ask(path, **SPAN)
    got = sorted(row["attributes"]["date"] for row in answer["data"])
    box.set(limited_series=False)

    assert (status, list(answer), len(got)) == (200, ["data"], 5)
    assert keep == "random" or got == (days[:5] if keep == "first" else days[-5:])
    assert len(reader.data(path, **SPAN)) == len(days) > 5


@pytest.mark.parametrize("table", ["index_factors", "interest_rates"])
def test_series_without_dates_are_never_cut(box, reader, table):
    """Nothing could split them."""
    points = getattr(box.truth("acme"), table)
    owner = next(iter(points))[0]
    box.set(row_cap=1, max_window_days=1)

    found = reader.data(f"/v3/instruments/{owner}/{table.replace('_', '-')}")

    assert {(owner, one["id"]) for one in found} == {key for key in points if key[0] == owner}
    assert len(found) > 1


def test_prices_have_a_span_of_either_end(box, reader):
    """Both ends included; without any, the whole."""
    points = box.truth("acme").prices
    owner = next(iter(points))[0]
    days = sorted(row["attributes"]["date"] for key, row in points.items() if key[0] == owner)
    path = f"/v3/instruments/{owner}/prices"

    def read(**query):
        return sorted(row["attributes"]["date"] for row in reader.data(path, **query))

    assert read(fromDate=days[3]) == [day for day in days if day >= days[3]]
    assert read(toDate=days[-4]) == [day for day in days if day <= days[-4]]
    assert read(fromDate=days[3], toDate=days[-4]) == [day for day in days if days[3] <= day <= days[-4]]


@pytest.mark.parametrize("query", [{"expand": "lots"}, {"include": "portfolio"}, {"expand": "portfolios,x"}])
@pytest.mark.parametrize("table", ["holdings", "performance"])
def test_unknown_levels_and_inclusions_are_400(box, reader, table, query):
    """A typo is an error, not a coarser answer."""
    assert reader.ask(address(box, DATED[table]), **SPAN, **query)[0] == 400


@pytest.mark.parametrize(
    "path",
    [
        "/v3/instruments/{}",
        "/v3/instruments/{}/prices",
        "/v3/instruments/{}/commitments",
        "/v2/instrument-classes/{}",
        "/v2/instrument-classes-detailed/{}",
        "/v2/limits/{}",
        "/v2/limits/{}/status",
        "/v2/custodian-authorities/{}",
        "/v3/custodian-auth-flows/{}",
        "/v2/holdings/reporting-entities/{}",
        "/v3/instrument-holdings/reporting-entities/{}",
        "/v2/performance/reporting-entities/{}",
        "/v2/performance/reporting-entities/{}/private-markets",
        "/v2/custodian-holdings/legal-entities/{}",
        "/v2/users/{}/invites",
        "/v2/accounts/{}",
    ],
)
def test_unknown_ids_are_404(box, reader, path):
    """Also an id of something else: a client's."""
    for ident in ("0" * 24, next(iter(box.truth("acme").clients))):
        assert reader.ask(path.format(ident), date=DAYS[0], **SPAN)[0] == 404


@pytest.mark.parametrize("path", ["/v2/limits", "/v3/instruments", "/v2/custodian-authorities", "/v2/holdings"])
def test_there_are_no_flat_lists(reader, path):
    """What is not documented is not served."""
    assert reader.ask(path, **SPAN)[0] == 404


# -- over the control


def test_a_table_over_http_keeps_keys_and_numbers(box, reader):
    """A list of [key, object], for programs in other processes."""
    truth = box.truth("acme")

    bodies = {
        target: exact(b'{"rows":' + reader.send("GET", f"/_sandbox/table?tenant=acme&name={target}")[2] + b"}")["rows"]
        for target in ("performance", "holdings&expand=portfolios", "limits")
    }

    assert {tuple(key): row for key, row in bodies["performance"]} == dict(truth.performance)
    assert {tuple(key): row for key, row in bodies["holdings&expand=portfolios"]} == truth.expanded(
        "holdings", "portfolios"
    )
    assert dict(bodies["limits"]) == dict(truth.limits)


def test_a_crawl_meets_instruments_of_many_types(box):
    """`named_instruments` names those that transactions and holdings do; each is served."""
    truth = box.truth("acme")

    found = named_instruments(truth)

    assert found <= truth.instruments.keys()
    assert len({truth.instruments[one]["type"] for one in found}) >= 6
