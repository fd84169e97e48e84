"""What the sandbox serves on v1: pages, spellings, ETags and problem details."""

from __future__ import annotations

import json
from urllib.parse import urlencode

import pytest

from sandbox.world.jsontext import exact
from tests.contract.crawl.caller import ALWAYS, Caller, fullest

GET = "GET"


def asked(caller: Caller, path: str, *, etag: str = "", **query: str):
    """Status, headers and body of a GET below `/v1`."""
    headers = {"Authorization": f"Bearer {caller.token}"} | ({"If-None-Match": etag} if etag else {})
    return caller.send(GET, f"/v1{path}?{urlencode(query)}", **headers)


def pages(caller: Caller, path: str, **query: str) -> list[dict]:
    """All pages of a list, followed by their cursors."""
    found = [exact(asked(caller, path, **query)[2])]
    while cursor := found[-1].get("next_cursor"):
        found.append(exact(asked(caller, path, **query | {"cursor": cursor})[2]))
    return found


def transactions(caller: Caller, account: str) -> list[dict]:
    return [
        row for page in pages(caller, "/transactions", accountId=account, limit="100", **ALWAYS) for row in page["data"]
    ]


def test_pages_hold_what_v2_lists(box, caller):
    """Each row once, whatever cap v2 has."""
    account = fullest(box)
    box.set(v1_spelling="jsonapi")
    whole = caller.rows(account)
    found = pages(caller, "/transactions", accountId=account, limit="100", **ALWAYS)
    assert [len(page["data"]) <= 7 for page in found] == [True] * len(found)
    assert [page["has_more"] for page in found] == [True] * (len(found) - 1) + [False]
    key = lambda row: row["id"]  # noqa: E731
    assert sorted((row for page in found for row in page["data"]), key=key) == sorted(whole, key=key)
    box.set(row_cap=3)
    assert len(transactions(caller, account)) == len(whole)


@pytest.mark.parametrize(
    ("spelling", "amount", "account_id"),
    [("snake", "account_amount", "account_id"), ("camel", "accountAmount", "accountId")],
)
def test_flat_objects_have_relations_as_ids(box, caller, spelling, amount, account_id):
    """In either spelling, and without a word on the types at the other end."""
    box.set(v1_spelling=spelling)
    account = fullest(box)
    rows = [row for row in transactions(caller, account) if account_id in row]
    assert {row[account_id] for row in rows} == {account}
    assert all(amount in row and "attributes" not in row for row in rows)


def test_an_etag_stands_for_one_page(box, caller):
    """304 until that page changes; the others keep theirs."""
    account = fullest(box)
    query = {"accountId": account, "limit": "100", **ALWAYS}
    first = asked(caller, "/transactions", **query)
    cursor = json.loads(first[2])["next_cursor"]
    second = asked(caller, "/transactions", **query, cursor=cursor)
    box.mutate("acme", "edit", id=json.loads(second[2])["data"][0]["id"])
    again = asked(caller, "/transactions", etag=first[1]["etag"], **query)
    assert (again[0], again[2]) == (304, b"")
    assert asked(caller, "/transactions", etag=second[1]["etag"], **query, cursor=cursor)[0] == 200


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        ("/transactions", {"limit": "101", "accountId": "FULLEST", **ALWAYS}, 400),
        ("/transactions", {"cursor": "nonsense", "accountId": "FULLEST", **ALWAYS}, 400),
        ("/nowhere", {}, 404),
        ("/clients/unknown/users", {}, 404),
    ],
)
def test_a_refusal_is_problem_details(box, caller, path, query, status):
    """RFC 9457, with its media type."""
    query = {name: value.replace("FULLEST", fullest(box)) for name, value in query.items()}
    found, headers, body = asked(caller, path, **query)
    assert (found, headers["content-type"]) == (status, "application/problem+json")
    assert {"type", "title", "status", "detail"} == set(json.loads(body))


def test_what_is_missing_on_v1_is_404(box, caller):
    """Lists and objects by a part of their path."""
    box.set(v1_missing=("accounts",))
    assert asked(caller, f"/accounts/{fullest(box)}")[0] == 404
    assert asked(caller, "/clients")[0] == 200


@pytest.mark.parametrize(("cursors", "status"), [("expired", 410), ("lost", 404)])
def test_cursors_may_fail_behind_the_first_page(box, caller, cursors, status):
    """The first page is served as ever."""
    query = {"accountId": fullest(box), "limit": "100", **ALWAYS}
    cursor = json.loads(asked(caller, "/transactions", **query)[2])["next_cursor"]
    box.set(v1_cursors=cursors)
    assert asked(caller, "/transactions", **query)[0] == 200
    assert asked(caller, "/transactions", **query, cursor=cursor)[0] == status


def test_cursors_may_lead_nowhere(box, caller):
    """The same again, none although there is more, or one more after the last row."""
    query = {"accountId": fullest(box), "limit": "100", **ALWAYS}
    cursor = json.loads(asked(caller, "/transactions", **query)[2])["next_cursor"]
    box.set(v1_cursors="repeating")
    assert json.loads(asked(caller, "/transactions", **query, cursor=cursor)[2])["next_cursor"] == cursor
    box.set(v1_cursors="early")
    early = json.loads(asked(caller, "/transactions", **query, cursor=cursor)[2])
    assert (early["has_more"], "next_cursor" in early) == (True, False)
    box.set(v1_cursors="endless", v1_page_rows=0)
    assert json.loads(asked(caller, "/transactions", **query)[2])["has_more"]


def test_cursors_may_count_rows(box, caller):
    """What is deleted on the first page moves what lies behind it."""
    query = {"accountId": fullest(box), "limit": "10", **ALWAYS}
    box.set(v1_cursors="counted")
    first = json.loads(asked(caller, "/transactions", **query)[2])
    second = json.loads(asked(caller, "/transactions", **query, cursor=first["next_cursor"])[2])
    box.mutate("acme", "delete", id=first["data"][0]["id"])
    moved = json.loads(asked(caller, "/transactions", **query, cursor=first["next_cursor"])[2])
    assert [item["id"] for item in moved["data"]][:-1] == [item["id"] for item in second["data"]][1:]
