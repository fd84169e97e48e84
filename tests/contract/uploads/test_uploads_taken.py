"""What the sandbox takes as an upload, to the letter, what it refuses, and how it loses answers."""

from __future__ import annotations

import contextlib
import http.client
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from sandbox import Sandbox, SandboxSettings
from sandbox.world.jsontext import exact
from tests.contract.crawl.caller import Caller

API_TYPE = "application/vnd.api+json"
DAY = "2020-01-31"
PATHS = {
    "account-holdings": "/api/v2/historical-account-holdings",
    "instrument-holdings": "/api/v3/historical-instrument-holdings",
    "fee-holdings": "/api/v2/historical-fee-holdings",
}


class Uploader(Caller):
    """A client that sends what it is told."""

    def post(self, kind: str, body: object, **headers: str):
        text = body if isinstance(body, str) else json.dumps(body)
        given = {"Content-Type": API_TYPE, "Authorization": f"Bearer {self.token}"} | headers
        status, _, answer = self.send("POST", PATHS[kind], text, **given)
        return status, json.loads(answer or b"{}")

    def delete(self, kind: str, query: str):
        status, _, _ = self.send("DELETE", f"{PATHS[kind]}?{query}", Authorization=f"Bearer {self.token}")
        return status

    def uploads(self) -> dict:
        return exact(self.send("GET", "/_sandbox/uploads?tenant=acme")[2])

    def holding(self, kind: str = "account-holdings") -> dict:
        """A body that is taken."""
        truth = self.box.truth("acme")
        linked = lambda ident, kind: {"data": {"type": kind, "id": ident}}  # noqa: E731
        account = {"account": linked(min(truth.accounts), "account")}
        instrument = {
            "depository": linked(min(truth.depositories), "depository"),
            "instrument": linked(min(truth.instruments), "instrument"),
        }
        attributes = {"date": DAY, "marketValue": 1.5} | ({"units": 2} if kind == "instrument-holdings" else {})
        relationships = instrument if kind == "instrument-holdings" else account
        resource = {"type": f"historical-{kind[:-1]}", "attributes": attributes, "relationships": relationships}
        return {"data": resource}


@pytest.fixture
def caller(tmp_path: Path) -> Iterator[Uploader]:
    settings = SandboxSettings(accounts=8, rows=40, years=1, today=date(2026, 3, 2))
    with Sandbox(settings) as box:
        yield Uploader(box, box.write_config(tmp_path / "config")).sign_in()


@pytest.mark.parametrize("kind", PATHS)
def test_a_holding_as_the_reference_has_it_is_taken(caller, kind):
    """201, the resource with an id; the control shows it, its key, and how often it was taken."""
    status, body = caller.post(kind, caller.holding(kind))

    assert (status, body["data"]["type"]) == (201, f"historical-{kind[:-1]}")
    assert body["data"]["id"]
    [entry] = caller.uploads()[kind]
    assert (entry["key"][-1], entry["taken"], len(entry["rows"])) == (DAY, 1, 1)


@pytest.mark.parametrize(
    ("kind", "status", "rows", "doubles"),
    [
        pytest.param("account-holdings", 200, 1, 0, id="account"),
        pytest.param("instrument-holdings", 200, 1, 0, id="instrument"),
        pytest.param("fee-holdings", 201, 2, 1, id="fee"),
    ],
)
def test_the_same_key_again_overwrites_or_is_there_twice(caller, kind, status, rows, doubles):
    """Fee holdings have no documented key: a second one is a double, and counted."""
    first, second = caller.holding(kind), caller.holding(kind)
    second["data"]["attributes"]["marketValue"] = 2.5
    caller.post(kind, first)

    assert caller.post(kind, second)[0] == status

    [entry] = caller.uploads()[kind]
    assert (len(entry["rows"]), entry["taken"], caller.uploads()["doubles"]) == (rows, 2, doubles)
    assert f"{entry['rows'][-1]['attributes']['marketValue']}" == "2.5"


def test_the_digits_of_a_number_are_kept(caller):
    """What the control shows is what was sent, beyond any float."""
    text = json.dumps(caller.holding()).replace("1.5", "12345678901234567890.123456789012")
    caller.post("account-holdings", text)

    [entry] = caller.uploads()["account-holdings"]
    assert f"{entry['rows'][0]['attributes']['marketValue']}" == "12345678901234567890.123456789012"


def changed(path: str, value: object):
    """A change of the body: *value* at *path*, None: nothing there."""

    def change(body: dict) -> object:
        inner = body
        *steps, last = path.split(".")
        for step in steps:
            inner = inner[step]
        if value is None:
            del inner[last]
        else:
            inner[last] = value
        return body

    return change


@pytest.mark.parametrize(
    ("change", "status"),
    [
        pytest.param(lambda _: "{", 400, id="no JSON"),
        pytest.param(lambda body: json.dumps(body).replace('"data"', '"data":{},"data"', 1), 400, id="data twice"),
        pytest.param(lambda body: json.dumps(body).replace("1.5", "NaN"), 400, id="NaN"),
        pytest.param(lambda body: [body], 400, id="a list"),
        pytest.param(changed("meta", {}), 422, id="more than data"),
        pytest.param(changed("data.id", "1"), 422, id="an id of the client's"),
        pytest.param(changed("data.type", "holding"), 409, id="another type"),
        pytest.param(changed("data.attributes.marketValue", "1.5"), 422, id="a number as text"),
        pytest.param(changed("data.attributes.marketValue", True), 422, id="a truth value"),
        pytest.param(changed("data.attributes.date", "20200131"), 422, id="a day without dashes"),
        pytest.param(changed("data.attributes.date", "2020-02-30"), 422, id="no day"),
        pytest.param(changed("data.attributes.units", 1), 422, id="an attribute of another kind"),
        pytest.param(changed("data.attributes.marketValue", None), 422, id="no value"),
        pytest.param(changed("data.relationships.account", None), 422, id="no account"),
        pytest.param(changed("data.relationships.account.data.id", "nobody"), 404, id="nobody's account"),
        pytest.param(changed("data.relationships.account.data.id", 7), 422, id="an id that is a number"),
        pytest.param(changed("data.relationships.account.data.type", "accounts"), 409, id="another type of link"),
        pytest.param(changed("data.relationships.account.links", {}), 422, id="a link with more"),
    ],
)
def test_anything_else_is_refused_and_not_kept(caller, change, status):
    """A JSON:API error, and nothing is written."""
    answered, body = caller.post("account-holdings", change(caller.holding()))

    assert answered == status
    assert body["errors"][0]["status"] == f"{status}"
    assert caller.uploads()["account-holdings"] == []


def test_media_type_query_and_bearer_are_checked(caller):
    """415 for plain JSON, 400 for a query, 401 without a token, 405 for what takes no writes."""
    body = caller.holding()

    assert caller.post("account-holdings", body, **{"Content-Type": "application/json"})[0] == 415
    assert caller.post("account-holdings", body, **{"Content-Type": f"{API_TYPE}; charset=utf-8"})[0] == 415
    assert caller.post("account-holdings", body, Authorization="Bearer x")[0] == 401
    assert caller.send("POST", f"{PATHS['fee-holdings']}?a=b", json.dumps(body), **bearing(caller))[0] == 400
    assert caller.send("POST", "/api/v2/clients", json.dumps(body), **bearing(caller))[0] == 405
    assert caller.send("PUT", PATHS["fee-holdings"], json.dumps(body), **bearing(caller))[0] == 405
    assert caller.uploads()["account-holdings"] == []


def bearing(caller: Uploader) -> dict[str, str]:
    return {"Content-Type": API_TYPE, "Authorization": f"Bearer {caller.token}"}


def test_an_instrument_is_linked_by_its_own_type_or_the_general_one(caller):
    """`stock-instrument` or `instrument`; another one's type is refused."""
    body = caller.holding("instrument-holdings")
    link = body["data"]["relationships"]["instrument"]["data"]
    own = caller.box.truth("acme").instruments[link["id"]]["type"]

    link["type"] = own
    assert caller.post("instrument-holdings", body)[0] == 201
    link["type"] = "bond-instrument" if own != "bond-instrument" else "stock-instrument"
    assert caller.post("instrument-holdings", body)[0] == 409


def test_a_forbidden_account_takes_nothing(caller):
    """403."""
    body = caller.holding()
    caller.box.mutate("acme", "account_forbidden", id=body["data"]["relationships"]["account"]["data"]["id"])

    assert caller.post("account-holdings", body)[0] == 403


def test_a_delete_takes_both_ends_and_answers_404_when_nothing_is_there(caller):
    """204 once, then 404; another day and another parent stay."""
    body = caller.holding()
    account = body["data"]["relationships"]["account"]["data"]["id"]
    for day in ("2020-01-30", "2020-01-31", "2020-02-01", "2020-02-02"):
        caller.post("account-holdings", changed("data.attributes.date", day)(body))
    span = f"accountId={account}&fromDate=2020-01-31&toDate=2020-02-01"

    assert caller.delete("account-holdings", span) == 204
    assert [entry["key"][-1] for entry in caller.uploads()["account-holdings"]] == ["2020-01-30", "2020-02-02"]
    assert caller.delete("account-holdings", span) == 404


@pytest.mark.parametrize(
    ("query", "status"),
    [
        pytest.param("accountId=x&fromDate=2020-01-01", 400, id="no end"),
        pytest.param("accountId=x&fromDate=2020-01-02&toDate=2020-01-01", 400, id="backwards"),
        pytest.param("accountId=x&fromDate=2020-01-01&toDate=tomorrow", 400, id="no day"),
        pytest.param("accountId=x&fromDate=2020-01-01&toDate=2020-01-01&a=b", 400, id="more"),
        pytest.param("depositoryId=x&fromDate=2020-01-01&toDate=2020-01-01", 400, id="another parent"),
        pytest.param("accountId=x&fromDate=2020-01-01&toDate=2020-01-01", 404, id="nobody's account"),
    ],
)
def test_a_delete_takes_its_three_parameters_and_no_other(caller, query, status):
    """Anything else is refused."""
    assert caller.delete("account-holdings", query) == status


@pytest.mark.parametrize(
    ("fault", "written"),
    [
        pytest.param("429", 0, id="429"),
        pytest.param("503", 0, id="503"),
        pytest.param("401", 0, id="401"),
        pytest.param("500_unwritten", 0, id="500 before"),
        pytest.param("reset_unwritten", 0, id="reset before"),
        pytest.param("reset", 1, id="reset after"),
        pytest.param("500", 1, id="500 after"),
        pytest.param("502_html", 1, id="502 after"),
        pytest.param("200_html", 1, id="page after"),
        pytest.param("200_errors", 1, id="errors after"),
    ],
)
def test_a_fault_strikes_before_or_after_the_row_is_written(caller, fault, written):
    """A client cannot tell a reset before from one after; the control can."""
    caller.box.faults.script(fault, path_contains="fee-holdings")
    with contextlib.suppress(http.client.RemoteDisconnected, ConnectionResetError, json.JSONDecodeError):
        caller.post("fee-holdings", caller.holding("fee-holdings"))

    assert len(caller.uploads()["fee-holdings"]) == written


def test_a_reset_of_the_world_forgets_uploads(caller):
    """It is built from its seed again."""
    caller.post("fee-holdings", caller.holding("fee-holdings"))

    caller.control("reset")

    assert caller.uploads()["fee-holdings"] == []
