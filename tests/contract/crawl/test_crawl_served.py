"""What the sandbox serves over its socket: the documented crawl, as the API spells, orders and compresses it."""

from __future__ import annotations

import gzip
import http.client
import json
import stat
import tomllib

from sandbox import announce
from tests.contract.crawl.caller import ALWAYS, crawl, fullest


def test_the_documented_crawl_finds_exactly_the_truth(box, caller):
    """Walking api.md's tree meets every object that `truth` names, equal to the last digit, and no other."""
    truth = box.truth("acme")

    found = crawl(caller)

    assert found == {name: getattr(truth, name) for name in found}


def test_reporting_entity_lists_do_not_show_portfolios(box, caller):
    """As in the vendor's sample, only the single answer carries the portfolios."""
    client = next(iter(box.truth("acme").reporting_entities.values()))["relationships"]["client"]["data"]["id"]

    listed = caller.get(f"/v2/clients/{client}/reporting-entities")[1]["data"]

    assert all(set(resource["relationships"]) == {"client"} for resource in listed)


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

    assert [(request.tenant, request.path, request.query, request.status) for request in box.requests] == [
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
        "v1_url": box.url,
        "auth_url": box.url,
        "audience": box.url,
        "data_dir": "data",
        "workers": 2,
    }
    assert announce(box, folder) == {"url": box.url, "config": str(folder)}
