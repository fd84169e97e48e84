"""Faults: each of them as it arrives at a client, how often, and on which paths."""

from __future__ import annotations

import gzip
import http.client
import json

import pytest

from tests.contract.crawl.caller import fullest


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

    assert [sum("id" not in resource for resource in objects) for objects in lists] == [1, 1]


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
