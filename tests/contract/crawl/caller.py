"""A client of the sandbox that hides nothing, and what the tests of the crawl ask it for."""

from __future__ import annotations

import http.client
import json
import time
import tomllib
from datetime import date
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import jwt

from sandbox import Sandbox, SandboxSettings
from sandbox.world.jsontext import exact

GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
TODAY = date(2026, 3, 2)
SMALL = SandboxSettings(tenants=("acme", "bolt"), accounts=8, rows=240, years=2, today=TODAY, row_cap=0)
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


def fullest(box: Sandbox, tenant: str = "acme") -> str:
    """The account with the most rows of its own."""
    rows = [row["relationships"].get("account") for row in box.truth(tenant).transactions.values()]
    owners = [row["data"]["id"] for row in rows if row]
    return max(set(owners), key=lambda account: (owners.count(account), account))


def crawl(caller: Caller) -> dict[str, dict[str, object]]:
    found = {name: {} for name in type(caller.box.truth("acme")).__slots__}

    def keep(name: str, objects):
        found[name] |= {resource["id"]: resource for resource in objects}
        return [resource["id"] for resource in objects]

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
