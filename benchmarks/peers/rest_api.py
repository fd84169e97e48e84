"""Stock dlt `rest_api`, as a competent user would write it: the crawl, then each account month by month.

Months, because the row cap is not known and a month seems small enough. The token comes from a helper, since dlt's own
JWT authentication signs with RS256 only.
"""

from __future__ import annotations

import os
import sys
import tomllib
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import uuid4

os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
os.environ["RUNTIME__LOG_LEVEL"] = "ERROR"

import dlt
import jwt
import requests
from dlt.sources.rest_api import rest_api_resources


def token(config: dict[str, dict[str, str]], tenant: dict[str, str], folder: Path) -> str:
    """A bearer, by a signed assertion."""
    now = datetime.now(UTC)
    claims = {
        "iss": tenant["iss"],
        "sub": tenant["sub"],
        "aud": config["aleta"]["audience"],
        "iat": now,
        "exp": now + timedelta(seconds=60),
        "jti": uuid4().hex,
    }
    key = (folder / tenant["private_key_file"]).read_text()
    form = {
        "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "assertion": jwt.encode(claims, key, algorithm="ES256", headers={"kid": tenant["kid"]}),
    }
    answer = requests.post(f"{config['aleta']['auth_url']}/oauth/token", data=form, timeout=30)
    answer.raise_for_status()
    return str(answer.json()["access_token"])


def months(first: date, last: date) -> Iterator[tuple[date, date]]:
    """Calendar months from *first* to *last*."""
    while first <= last:
        following = (first.replace(day=28) + timedelta(days=4)).replace(day=1)
        yield first, following - timedelta(days=1)
        first = following


def main(folder: Path, out: Path, years: int) -> None:
    """Load the tenant that *folder* configures into *out*."""
    config = tomllib.loads((folder / "config.toml").read_text())
    tenant = next(iter(config["tenants"].values()))
    today = datetime.now(UTC).date()
    windows = list(months(today.replace(day=1, month=1, year=today.year - years), today + timedelta(days=31)))

    @dlt.transformer(name="account_months")
    def account_months(page: list[dict[str, object]]) -> Iterator[list[dict[str, object]]]:
        for account in page:
            yield [{"account": account["id"], "first": f"{first}", "last": f"{last}"} for first, last in windows]

    accounts = rest_api_resources(
        {
            "client": {
                "base_url": f"{config['aleta']['api_url']}/api/v2/",
                "auth": {"type": "bearer", "token": token(config, tenant, folder)},
                "paginator": "single_page",
            },
            "resource_defaults": {"primary_key": "id", "write_disposition": "merge"},
            "resources": [
                {"name": "clients", "endpoint": {"path": "clients", "data_selector": "data"}},
                {
                    "name": "legal_entities",
                    "endpoint": {"path": "clients/{resources.clients.id}/legal-entities", "data_selector": "data"},
                },
                {
                    "name": "accounts",
                    "endpoint": {
                        "path": "legal-entities/{resources.legal_entities.id}/accounts",
                        "data_selector": "data",
                    },
                },
            ],
        }
    )
    by_name = {one.name: one for one in accounts}
    transactions = rest_api_resources(
        {
            "client": {
                "base_url": f"{config['aleta']['api_url']}/api/v2/",
                "auth": {"type": "bearer", "token": token(config, tenant, folder)},
                "paginator": "single_page",
            },
            "resource_defaults": {"primary_key": "id", "write_disposition": "merge"},
            "resources": [
                by_name["accounts"] | account_months,
                {
                    "name": "transactions",
                    "endpoint": {
                        "path": "transactions",
                        "data_selector": "data",
                        "params": {
                            "accountId": "{resources.account_months.account}",
                            "fromDate": "{resources.account_months.first}",
                            "toDate": "{resources.account_months.last}",
                        },
                    },
                    "parallelized": True,
                },
            ],
        }
    )
    pipeline = dlt.pipeline(
        "peer",
        destination=dlt.destinations.duckdb(f"{out / 'warehouse.duckdb'}"),
        dataset_name="peer",
        pipelines_dir=f"{out / 'dlt'}",
    )
    pipeline.run([*accounts, *transactions])


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
