"""A reader of what is beyond the crawl, and the keys and spans that its tests share."""

from __future__ import annotations

import http.client
import json
import time
import tomllib
from datetime import date, timedelta
from urllib.parse import urlencode, urlsplit

import jwt

from sandbox import Sandbox, SandboxSettings
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


def link(row, *names: str) -> str | None:
    """The id at the end of the first of *names* that the row has."""
    found = [row["relationships"][name]["data"]["id"] for name in names if name in row["relationships"]]
    return found[0] if found else None


def by_id(objects):
    return {resource["id"]: resource for resource in objects}


def anonymous(rows, key):
    """Rows by *key*, without the ids that mean nothing."""
    found = {key(row): {name: part for name, part in row.items() if name != "id"} for row in rows}
    assert len(found) == len(rows)
    return found


def holding_key(row):
    return (link(row, "reportingEntity"), row["attributes"]["date"], row["attributes"]["ccyCode"])
