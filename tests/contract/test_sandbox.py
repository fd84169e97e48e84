"""The sandbox over its socket: what it serves, and everything it refuses."""

from __future__ import annotations

import gzip
import http.client
import json
import socket
import stat
import time
import tomllib
from datetime import date
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from sandbox import Sandbox, SandboxSettings, announce
from sandbox.world.jsontext import exact

GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
TODAY = date(2026, 3, 2)
SMALL = SandboxSettings(tenants=("acme", "bolt"), accounts=8, rows=240, years=2, today=TODAY, row_cap=0)
HOLDINGS = ("instrument", "asset")
ALWAYS = {"fromDate": "1970-01-01", "toDate": "2100-01-01"}


class Caller:
    """A client that hides nothing: statuses, headers and bodies as they come."""

    def __init__(self, box: Sandbox, folder: Path, tenant: str = "acme") -> None:
        self.box, self.address = box, urlsplit(box.url).netloc
        self.known = tomllib.loads((folder / "config.toml").read_text())["tenants"][tenant]
        self.key = (folder / self.known["private_key_file"]).read_text()
        self.token = ""

    def assertion(self, *, key=None, kid=None, algorithm="ES256", **changes) -> str:
        now = int(time.time())
        claims = {"aud": self.box.url, "iss": self.known["iss"], "sub": self.known["sub"], "iat": now, "exp": now + 60}
        claims = {name: value for name, value in (claims | changes).items() if value is not None}
        return jwt.encode(claims, key or self.key, algorithm=algorithm, headers={"kid": kid or self.known["kid"]})

    def send(self, method: str, path: str, body: str = "", **headers: str):
        connection = http.client.HTTPConnection(self.address, timeout=10)
        try:
            connection.request(method, path, body or None, headers)
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        finally:
            connection.close()

    def exchange(self, assertion: str, grant: str = GRANT):
        form = urlencode({"grant_type": grant, "assertion": assertion})
        status, _, body = self.send(
            "POST", "/oauth/token", form, **{"Content-Type": "application/x-www-form-urlencoded"}
        )
        return status, json.loads(body)

    def sign_in(self) -> Caller:
        self.token = self.exchange(self.assertion())[1]["access_token"]
        return self

    def raw(self, path: str, query: dict[str, str] | None = None, **headers: str):
        target = f"/api{path}" + (f"?{urlencode(query)}" if query else "")
        return self.send("GET", target, Authorization=f"Bearer {self.token}", **headers)

    def get(self, path: str, **query: str):
        status, _, body = self.raw(path, query)
        return status, exact(body)

    def rows(self, account: str, **query: str):
        return self.get("/v2/transactions", accountId=account, **(ALWAYS | query))[1]["data"]

    def control(self, name: str, **body: object):
        return json.loads(self.send("POST", f"/_sandbox/{name}", json.dumps(body))[2])


@pytest.fixture
def box():
    with Sandbox(SMALL) as box:
        yield box


@pytest.fixture
def caller(box, tmp_path):
    return Caller(box, box.write_config(tmp_path)).sign_in()


def fullest(box: Sandbox, tenant: str = "acme") -> str:
    """The account with the most rows of its own."""
    rows = [row["relationships"].get("account") for row in box.truth(tenant).transactions.values()]
    owners = [row["data"]["id"] for row in rows if row]
    return max(set(owners), key=lambda one: (owners.count(one), one))


# -- what is served


def crawl(caller: Caller) -> dict[str, dict[str, object]]:
    found = {name: {} for name in type(caller.box.truth("acme")).__slots__}

    def keep(name: str, objects):
        found[name] |= {one["id"]: one for one in objects}
        return [one["id"] for one in objects]

    for client in keep("clients", caller.get("/v2/clients")[1]["data"]):
        for owner in keep("legal_entities", caller.get(f"/v2/clients/{client}/legal-entities")[1]["data"]):
            keep("depositories", caller.get(f"/v2/legal-entities/{owner}/depositories")[1]["data"])
            for account in keep("accounts", caller.get(f"/v2/legal-entities/{owner}/accounts")[1]["data"]):
                keep("transactions", caller.rows(account))
        keep("users", caller.get(f"/v2/clients/{client}/users")[1]["data"])
        for listed in caller.get(f"/v2/clients/{client}/reporting-entities")[1]["data"]:
            view = caller.get(f"/v2/reporting-entities/{listed['id']}")[1]["data"]
            keep("reporting_entities", [view])
            for part in view["relationships"]["portfolios"]["data"]:
                keep("portfolios", [caller.get(f"/v2/portfolios/{part['id']}")[1]["data"]])
    return found


def test_the_documented_crawl_finds_exactly_the_truth(box, caller):
    """Walking api.md's tree meets every object that `truth` names, equal to the last digit, and no other."""
    truth = box.truth("acme")

    found = crawl(caller)

    assert found == {name: getattr(truth, name) for name in found}


def test_reporting_entity_lists_do_not_show_portfolios(box, caller):
    """As in the vendor's sample, only the single answer carries the portfolios."""
    client = next(iter(box.truth("acme").reporting_entities.values()))["relationships"]["client"]["data"]["id"]

    listed = caller.get(f"/v2/clients/{client}/reporting-entities")[1]["data"]

    assert all(set(one["relationships"]) == {"client"} for one in listed)


def test_both_spellings_of_the_media_type_occur(caller):
    """The vendor's samples show two; a client must take either."""
    types = {caller.raw("/v2/clients")[1]["content-type"] for _ in range(4)}

    assert types == {"application/vnd.api+json", "application/vnd.json+api"}


def test_lists_come_in_no_order(box, caller):
    """The same question twice is answered with the same rows in another order."""
    account = fullest(box)

    first, second = ([row["id"] for row in caller.rows(account)] for _ in range(2))

    assert first != second
    assert sorted(first) == sorted(second)


def test_large_bodies_are_compressed_on_request(box, caller):
    """gzip only where it was accepted, with the right length."""
    query = {"accountId": fullest(box), **ALWAYS}

    _, headers, body = caller.raw("/v2/transactions", query, **{"Accept-Encoding": "gzip"})
    _, plain_headers, _ = caller.raw("/v2/transactions", query)

    assert headers["content-encoding"] == "gzip"
    assert int(headers["content-length"]) == len(body)
    assert json.loads(gzip.decompress(body))["data"]
    assert "content-encoding" not in plain_headers


def test_a_connection_serves_many_requests(caller):
    """Keep-alive: the second request needs no second connection."""
    connection = http.client.HTTPConnection(caller.address, timeout=10)
    connection.request("GET", "/api/v2/clients", headers={"Authorization": f"Bearer {caller.token}"})
    connection.getresponse().read()
    first = connection.sock

    connection.request("GET", "/api/v2/clients", headers={"Authorization": f"Bearer {caller.token}"})
    status = connection.getresponse().status

    assert status == 200
    assert connection.sock is first
    connection.close()


def test_requests_are_recorded_in_order(box, caller):
    """Every request with its tenant, path, query and status; refused ones too."""
    box.reset_requests()

    caller.get("/v2/clients", a="1")
    caller.get("/v2/nothing")

    assert [(one.tenant, one.path, one.query, one.status) for one in box.requests] == [
        ("acme", "/api/v2/clients", {"a": "1"}, 200),
        ("acme", "/api/v2/nothing", {}, 404),
    ]


def test_keys_are_private_files_and_the_config_names_them(box, tmp_path):
    """0600, one a tenant, and `announce` says where."""
    folder = box.write_config(tmp_path / "conf", workers=2)

    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (folder / "secrets").iterdir()}
    assert modes == {"acme.pem": 0o600, "bolt.pem": 0o600}
    assert tomllib.loads((folder / "config.toml").read_text())["aleta"] == {
        "api_url": box.url,
        "auth_url": box.url,
        "audience": box.url,
        "data_dir": "data",
        "workers": 2,
    }
    assert announce(box, folder) == {"url": box.url, "config": str(folder)}


# -- what is refused


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        pytest.param({"aud": "https://elsewhere"}, "aud", id="audience"),
        pytest.param({"aud": None}, "aud", id="no audience"),
        pytest.param({"iss": "somebody"}, "iss", id="issuer"),
        pytest.param({"sub": "somebody"}, "sub", id="subject"),
        pytest.param({"iat": None}, "iat", id="no iat"),
        pytest.param({"exp": None}, "exp", id="no exp"),
        pytest.param({"exp": 1_000_000_000, "iat": 999_999_970}, "expired", id="expired"),
        pytest.param({"iat": 4_000_000_000, "exp": 4_000_000_060}, "future", id="from the future"),
        pytest.param({"exp": 4_000_000_000}, "lifetime", id="too long"),
        pytest.param({"kid": "kid-unknown"}, "kid", id="unknown kid"),
        pytest.param({"kid": "kid-bolt"}, "signature", id="another tenant's kid"),
        pytest.param({"key": ec.generate_private_key(ec.SECP256R1())}, "signature", id="another key"),
        pytest.param({"key": "a" * 32, "algorithm": "HS256"}, "alg", id="another algorithm"),
    ],
)
def test_an_assertion_with_one_flaw_is_refused(caller, changes, word):
    """Each claim, the signature, the key id and the algorithm are checked, and the answer says which failed."""
    status, answer = caller.exchange(caller.assertion(**changes))

    assert (status, answer["error"]) == (400, "invalid_grant")
    assert word in answer["error_description"]


def test_an_assertion_is_good_once(caller):
    """A replayed assertion, and a replayed `jti`, are refused."""
    assertion = caller.assertion()
    statuses = [caller.exchange(one)[0] for one in (assertion, assertion)]
    named = [caller.exchange(caller.assertion(jti="one"))[0] for _ in range(2)]

    assert statuses == named == [200, 400]


def test_other_grants_and_garbage_are_refused(caller):
    """RFC 6749 section 5.2: each mistake has its code."""
    assert caller.exchange(caller.assertion(), grant="client_credentials")[1]["error"] == "unsupported_grant_type"
    assert caller.exchange("")[1]["error"] == "invalid_request"
    assert caller.exchange("not.a.jwt")[1]["error"] == "invalid_grant"
    assert caller.send("POST", "/oauth/token", "{}", **{"Content-Type": "application/json"})[0] == 400


@pytest.mark.parametrize("how", ["none", "unknown", "expired", "revoked", "basic"])
def test_a_request_without_a_good_token_is_401(box, caller, how):
    """Missing, unknown, expired and revoked tokens look the same."""
    headers = {"Authorization": f"Bearer {caller.token}"}
    if how == "none":
        headers = {}
    elif how == "unknown":
        headers = {"Authorization": "Bearer guess"}
    elif how == "basic":
        headers = {"Authorization": f"Basic {caller.token}"}
    elif how == "revoked":
        box.revoke_tokens()
    elif how == "expired":
        box.set(token_lifetime_s=0)
        headers = {"Authorization": f"Bearer {caller.sign_in().token}"}

    status, _, body = caller.send("GET", "/api/v2/clients", **headers)

    assert status == 401
    assert json.loads(body)["errors"][0]["status"] == "401"


def test_the_budget_is_enforced_and_refusals_are_recorded(box, caller):
    """Burst first, then 429 with whole seconds to wait."""
    box.set(requests_per_minute=1, burst=3)
    box.reset_requests()

    answers = [caller.raw("/v2/clients") for _ in range(5)]

    assert [status for status, _, _ in answers] == [200, 200, 200, 429, 429]
    assert 1 <= int(answers[-1][1]["retry-after"]) <= 60
    assert [one.status for one in box.requests] == [200, 200, 200, 429, 429]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        pytest.param({}, 400, id="nothing"),
        pytest.param({"fromDate": "2025-01-01"}, 400, id="no toDate"),
        pytest.param({"toDate": "2025-01-01"}, 400, id="no fromDate"),
        pytest.param({"fromDate": "2025-01-32", "toDate": "2025-02-01"}, 400, id="no date"),
        pytest.param({"fromDate": "2025-02-02", "toDate": "2025-02-01"}, 400, id="backwards"),
        pytest.param({"fromDate": "2025-01-01", "toDate": "2025-01-31"}, 422, id="too wide"),
        pytest.param({"fromDate": "2025-01-01", "toDate": "2025-01-30"}, 200, id="just right"),
    ],
)
def test_a_span_must_be_whole_and_narrow_enough(box, caller, query, status):
    """Both dates are required; a span wider than the largest window is 422; both answers are JSON:API errors."""
    box.set(max_window_days=30)

    got, answer = caller.get("/v2/transactions", accountId=fullest(box), **query)

    assert got == status
    assert ("errors" in answer) == (status != 200)


def test_transactions_without_an_account_are_400(caller):
    """There is no flat list of transactions."""
    assert caller.get("/v2/transactions", **ALWAYS)[0] == 400


def test_another_tenants_ids_are_404(box, caller):
    """A tenant learns nothing of another, not even that an id exists."""
    other = box.truth("bolt")

    statuses = {
        caller.get("/v2/transactions", accountId=next(iter(other.accounts)), **ALWAYS)[0],
        caller.get(f"/v2/clients/{next(iter(other.clients))}/legal-entities")[0],
        caller.get(f"/v2/portfolios/{next(iter(other.portfolios))}")[0],
    }

    assert statuses == {404}


@pytest.mark.parametrize("path", ["/v3/clients", "/v2/accounts", "/v2/clients/", "/v1/clients"])
def test_a_path_on_the_wrong_prefix_is_404(caller, path):
    """404 with JSON:API errors, as for any path nobody serves."""
    status, answer = caller.get(path)

    assert status == 404
    assert answer["errors"]


def test_the_api_is_read_only(caller):
    """No test can write by accident."""
    assert caller.send("DELETE", "/api/v2/clients", Authorization=f"Bearer {caller.token}")[0] == 405


# -- the row cap


@pytest.mark.parametrize("date_filter", ["trade", "value"])
def test_spans_include_both_ends_of_the_chosen_date(box, caller, date_filter):
    """`date_filter` decides which date the span means; the days at its ends belong to it."""
    box.set(date_filter=date_filter)
    account, name = fullest(box), f"{date_filter}Date"
    days = sorted(row["attributes"][name] for row in caller.rows(account))
    first, last = days[3], days[-4]

    got = [row["attributes"][name] for row in caller.rows(account, fromDate=first, toDate=last)]

    assert sorted(got) == [day for day in days if first <= day <= last]


@pytest.mark.parametrize("keep", ["first", "last", "random"])
def test_a_capped_answer_keeps_what_it_was_told_to_and_says_nothing(box, caller, keep):
    """The cap cuts silently: 200, no link, no count; which rows are left is a setting."""
    account = fullest(box)
    days = sorted(row["attributes"]["tradeDate"] for row in caller.rows(account))
    box.set(row_cap=20, keep=keep)

    status, answer = caller.get("/v2/transactions", accountId=account, **ALWAYS)
    got = sorted(row["attributes"]["tradeDate"] for row in answer["data"])

    assert (status, list(answer), len(got)) == (200, ["data"], 20)
    assert (got == days[:20], got == days[-20:]) == (keep == "first", keep == "last")


def test_lists_of_objects_are_never_cut(box, caller):
    """The cap is for transactions."""
    box.set(row_cap=1)

    assert len(caller.get("/v2/clients")[1]["data"]) == len(box.truth("acme").clients)


def test_an_instrument_or_depository_narrows_an_account(box, caller):
    """The narrowing comes before the cap, so a day can be read in parts."""
    rows = box.truth("acme").transactions.values()
    account = next(one["relationships"] for one in rows if "depository" in one["relationships"])["account"]["data"][
        "id"
    ]
    held = [row for row in caller.rows(account) if "depository" in row["relationships"]]
    depository = held[0]["relationships"]["depository"]["data"]["id"]

    got = caller.rows(account, depositoryId=depository)

    wanted = {row["id"] for row in held if row["relationships"]["depository"]["data"]["id"] == depository}
    assert {row["id"] for row in got} == wanted
    assert len(wanted) < len(caller.rows(account))
    instrument = next(link["data"]["id"] for name, link in held[0]["relationships"].items() if name in HOLDINGS)
    assert held[0]["id"] in {row["id"] for row in caller.rows(account, instrumentId=instrument)}


# -- faults


@pytest.mark.parametrize(
    ("kind", "status", "header"),
    [
        ("500", 500, None),
        ("502_html", 502, None),
        ("503", 503, "1"),
        ("503_now", 503, "0"),
        ("429", 429, "1"),
        ("401", 401, None),
        ("403", 403, None),
        ("404", 404, None),
    ],
)
def test_a_scripted_status_comes_once_and_then_the_answer(box, caller, kind, status, header):
    """A fault concerns as many requests as it was told to."""
    box.faults.script(kind)

    first, second = caller.raw("/v2/clients"), caller.raw("/v2/clients")

    assert (first[0], second[0]) == (status, 200)
    assert first[1].get("retry-after") == header
    assert first[1]["content-type"].startswith("text/html") == kind.endswith("html")


def test_reset_breaks_the_connection_before_an_answer(box, caller):
    """RST, not a polite end."""
    box.faults.script("reset")

    with pytest.raises(ConnectionResetError):
        caller.raw("/v2/clients")
    assert box.requests[-1].status == 0


@pytest.mark.parametrize("kind", ["cut_length", "chunk_cut"])
def test_a_body_that_breaks_off_is_incomplete_by_its_framing(box, caller, kind):
    """RFC 9112 section 8: fewer bytes than stated, or no last chunk."""
    box.faults.script(kind)

    with pytest.raises(http.client.IncompleteRead):
        caller.raw("/v2/clients")


def test_cut_body_is_valid_http_and_no_json(box, caller):
    """Only a JSON reader can tell."""
    box.faults.script("cut_body")

    status, headers, body = caller.raw("/v2/clients")

    assert (status, int(headers["content-length"])) == (200, len(body))
    with pytest.raises(json.JSONDecodeError):
        json.loads(body)


def test_gzip_cut_is_valid_http_and_a_broken_stream(box, caller):
    """The length is right, the stream has no end."""
    box.faults.script("gzip_cut")

    _, headers, body = caller.raw("/v2/clients", **{"Accept-Encoding": "gzip"})

    assert (headers["content-encoding"], int(headers["content-length"])) == ("gzip", len(body))
    with pytest.raises(EOFError):
        gzip.decompress(body)


def test_html_errors_and_emptiness_come_as_200(box, caller):
    """Rule F1: a 200 may be no answer at all."""
    bodies = []
    for kind in ("200_html", "200_errors", "200_no_data"):
        box.faults.script(kind)
        status, _, body = caller.raw("/v2/clients")
        assert status == 200
        bodies.append(body)

    assert bodies[0].startswith(b"<html>")
    assert list(json.loads(bodies[1])) == ["errors"]
    assert "data" not in json.loads(bodies[2])


def test_no_id_leaves_one_resource_without(box, caller):
    """Also where the list would have been empty."""
    box.faults.script("no_id", times=2)
    empty = {"accountId": fullest(box), "fromDate": "1970-01-01", "toDate": "1970-01-02"}

    lists = [json.loads(caller.raw(*ask)[2])["data"] for ask in (("/v2/clients",), ("/v2/transactions", empty))]

    assert [sum("id" not in one for one in objects) for objects in lists] == [1, 1]


def test_slow_answers_after_a_while(box, caller):
    """The answer is whole all the same; how long it takes is a unit test's."""
    box.faults.script("slow")

    assert caller.get("/v2/clients")[0] == 200


def test_faults_meet_the_named_path_in_the_scripted_order(box, caller):
    """First in, first out, per path; the rest is served."""
    box.faults.script("500", path_contains="/clients")
    box.faults.script("503", path_contains="/clients")
    box.faults.script("404", path_contains="/portfolios", times=1000)
    part = next(iter(box.truth("acme").portfolios))

    clients = [caller.get("/v2/clients")[0] for _ in range(3)]
    parts = [caller.get(f"/v2/portfolios/{part}")[0] for _ in range(3)]
    box.faults.clear()

    assert (clients, parts) == ([500, 503, 200], [404, 404, 404])
    assert caller.get(f"/v2/portfolios/{part}")[0] == 200


def test_the_token_endpoint_fails_only_when_named(box, caller):
    """A fault for everything spares it."""
    box.faults.script("500", times=2)
    spared = caller.exchange(caller.assertion())[0]
    box.faults.clear()
    box.faults.script("503", path_contains="/oauth")

    status = caller.send("POST", "/oauth/token", "x=1", **{"Content-Type": "application/x-www-form-urlencoded"})[0]

    assert (spared, status) == (200, 503)


def test_random_faults_never_hold_a_url_for_more_than_two_tries(box, caller):
    """With every request unlucky, the third try still answers; nothing lasting is drawn."""
    box.set(fault_share=1.0, fault_kinds=("500", "503_now", "401", "404"))

    statuses = [caller.get("/v2/clients")[0] for _ in range(30)]

    assert statuses[2::3] == [200] * 10
    assert 404 not in statuses


# -- mutations, seen through the API


def test_late_edited_and_deleted_rows_show(box, caller):
    """The three changes of any night."""
    account = fullest(box)
    before = {row["id"]: row for row in caller.rows(account)}

    late = box.mutate("acme", "late", account=account, count=2)["added"]
    edited = box.mutate("acme", "edit", id=next(iter(before)))["edited"]
    deleted = box.mutate("acme", "delete", id=list(before)[1])["removed"]
    after = {row["id"]: row for row in caller.rows(account)}

    assert len(late) == 2
    assert set(late) <= after.keys() - before.keys()
    assert all(after[one]["attributes"]["tradeDate"] < TODAY.isoformat() for one in late)
    assert after[edited[0]] != before[edited[0]]
    assert deleted[0] not in after


def test_unlinking_a_transfer_edits_the_side_that_stays(box):
    """One side is deleted; the other silently loses its counterparty."""
    before = box.truth("acme").transactions

    touched = box.mutate("acme", "unlink_transfer")
    after = box.truth("acme").transactions

    gone, kept = touched["removed"][0], touched["edited"][0]
    assert before[gone]["relationships"]["counterparty-transaction"]["data"]["id"] == kept
    assert gone not in after
    assert "counterparty-transaction" not in after[kept]["relationships"]


def test_a_moved_row_keeps_its_id(box, caller):
    """It leaves one account's answer and enters another's."""
    touched = box.mutate("acme", "move")
    left, entered = touched["accounts"]

    assert touched["edited"][0] not in {row["id"] for row in caller.rows(left)}
    assert touched["edited"][0] in {row["id"] for row in caller.rows(entered)}


def test_a_replaced_row_has_a_new_id(box):
    """A correction as the API makes it."""
    touched = box.mutate("acme", "replace")
    rows = box.truth("acme").transactions

    assert touched["removed"][0] not in rows
    assert touched["added"][0] in rows


def test_an_emptied_account_answers_an_empty_list(box, caller):
    """200 and no rows."""
    account = box.mutate("acme", "empty_account")["accounts"][0]

    assert caller.rows(account) == []


@pytest.mark.parametrize("kind", ["new_account", "new_legal_entity", "new_client"])
def test_new_objects_are_listed_with_rows(box, caller, kind):
    """What is new brings along what makes it reachable."""
    touched = box.mutate("acme", kind)

    found = crawl(caller)

    for table in ("clients", "legal_entities", "accounts"):
        assert set(touched.get(table, [])) <= found[table].keys()
    assert touched["added"]
    assert set(touched["added"]) <= found["transactions"].keys()


def test_a_gone_account_is_404_and_unlisted_until_it_is_back(box, caller):
    """Its rows vanish with it and return with it."""
    account, before = fullest(box), box.truth("acme")

    box.mutate("acme", "account_gone", id=account)
    gone, status = box.truth("acme"), caller.get("/v2/transactions", accountId=account, **ALWAYS)[0]
    box.mutate("acme", "account_back", id=account)

    assert status == 404
    assert account not in gone.accounts
    assert len(gone.transactions) < len(before.transactions)
    assert box.truth("acme") == before


def test_a_forbidden_account_is_listed_and_403(box, caller):
    """The account shows, its rows do not."""
    account = box.mutate("acme", "account_forbidden")["accounts"][0]

    assert caller.get("/v2/transactions", accountId=account, **ALWAYS)[0] == 403
    assert account in box.truth("acme").accounts
    assert not any(
        row["relationships"].get("account", {}).get("data", {}).get("id") == account
        for row in box.truth("acme").transactions.values()
    )


def test_a_gone_client_takes_everything_below_along(box, caller):
    """Neither it nor what hangs below it is shown, and no linkage names it."""
    client = next(iter(box.truth("acme").clients))
    box.mutate("acme", "client_gone", id=client)

    assert caller.get(f"/v2/clients/{client}/legal-entities")[0] == 404
    assert crawl(caller) == {name: getattr(box.truth("acme"), name) for name in type(box.truth("acme")).__slots__}
    assert client not in str(box.truth("acme"))


@pytest.mark.parametrize("table", ["clients", "accounts", "users", "portfolios"])
def test_a_renamed_object_shows_its_new_name(box, table):
    """One object of the table changes, the others do not."""
    before = getattr(box.truth("acme"), table)

    touched = box.mutate("acme", "rename", collection=table)[table]
    after = getattr(box.truth("acme"), table)

    assert [one for one in after if after[one] != before[one]] == touched


def test_a_night_changes_the_stated_shares(box):
    """Counts are shares of all rows; another tenant sleeps."""
    before, other = box.truth("acme").transactions, box.truth("bolt")

    done = box.mutate_night("acme", 7, late=0.1, edited=0.05, deleted=0.05)
    after = box.truth("acme").transactions

    assert done == {"late": 24, "edited": 12, "deleted": 12}
    assert len(after.keys() - before.keys()) == 24
    assert len(before.keys() - after.keys()) == 12
    assert box.truth("bolt") == other


def test_two_nights_of_one_seed_and_two_tenants_share_no_ids(box):
    """Ids are never used twice."""
    nights = [box.mutate_night(tenant, 7, late=0.1, deleted=0) for tenant in ("acme", "acme", "bolt")]
    acme, bolt = box.truth("acme").transactions, box.truth("bolt").transactions

    assert len(acme) == SMALL.rows + nights[0]["late"] + nights[1]["late"]
    assert not acme.keys() & bolt.keys()


# -- control


def test_controls_over_http_do_what_the_methods_do(box, caller):
    """A program in another process can script, change, revoke and reset."""
    start = box.truth("acme")
    caller.control("faults", kind="500", path_contains="/clients", times=1)
    statuses = [caller.get("/v2/clients")[0] for _ in range(2)]
    caller.control("faults", kind="404", times=99)
    caller.control("faults", kind="clear")
    touched = caller.control("mutate", tenant="acme", kind="delete", args={"count": 3})
    caller.control("settings", row_cap=20, today="2026-03-05")
    changed = box.truth("acme")
    caller.control("revoke")
    unauthorised = caller.get("/v2/clients")[0]
    caller.control("reset")

    assert statuses == [500, 200]
    assert len(touched["removed"]) == 3
    assert (box.settings.row_cap, box.settings.today) == (20, date(2026, 3, 5))
    assert changed != start
    assert unauthorised == 401
    assert box.truth("acme") == start


def test_the_truth_over_http_keeps_every_numbers_text(box, caller):
    """Parsed exactly it equals the truth in process."""
    body = caller.send("GET", "/_sandbox/truth?tenant=acme")[2]

    truth = box.truth("acme")
    assert exact(body) == {name: getattr(truth, name) for name in type(truth).__slots__}
    assert b"1234567890123456789012345" in body


def test_requests_over_http_tell_what_came(box, caller):
    """The list of requests is there for other processes too, without the controls."""
    box.reset_requests()
    caller.get("/v2/clients")

    told = json.loads(caller.send("GET", "/_sandbox/requests")[2])

    assert [(one["path"], one["status"]) for one in told] == [("/api/v2/clients", 200)]


@pytest.mark.parametrize(
    ("name", "body", "word"),
    [
        ("mutate", {"tenant": "acme", "kind": "late", "args": [1]}, "object"),
        ("faults", {"kind": "meteor"}, "meteor"),
        ("mutate", {"tenant": "acme", "kind": "melt"}, "melt"),
        ("mutate", {"tenant": "acme", "kind": "late", "args": {"colour": "red"}}, "colour"),
        ("settings", {"seed": 3}, "seed"),
        ("nothing", {}, "reset"),
    ],
)
def test_a_mistaken_control_says_what_was_wrong(caller, name, body, word):
    """A test with a typo fails at the typo."""
    assert word in caller.control(name, **body)["error"]


def test_close_frees_the_port_and_ends_open_connections(tmp_path):
    """After `close` nobody listens and an idle connection reads its end."""
    box = Sandbox(SMALL)
    host, port = urlsplit(box.url).netloc.split(":")
    with socket.create_connection((host, int(port)), timeout=5) as idle:
        idle.sendall(b"GET /api/v2/clients HTTP/1.1\r\n\r\n")
        assert idle.recv(65536).startswith(b"HTTP/1.1 401")

        box.close()

        assert idle.recv(10) == b""
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(port)), timeout=5)
