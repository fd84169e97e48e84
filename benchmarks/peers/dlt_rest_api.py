"""Stock dlt `rest_api`: the crawl, then each account month by month, merged on the id into DuckDB.

Months, because the row cap is not known and a month seems small enough. Marks are kept by account, since `incremental`
has one cursor for all parents and a new account would lose its history. Amounts are hinted as decimals: a column that
is guessed from its first value splits in two when the next is a float. With `--parquet` it loads Parquet files.

dlt's own JWT authentication signs with RS256 only, so its client-credentials class is taught the assertion.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Context, Decimal
from typing import Any

os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
os.environ["RUNTIME__LOG_LEVEL"] = "ERROR"
os.environ["RUNTIME__REQUEST_MAX_ATTEMPTS"] = "10"  # the default, 5, is short for a budget that is used up

import dlt
from access import Access, arguments
from dlt.common.configuration import configspec
from dlt.sources.helpers.rest_client.auth import OAuth2ClientCredentials
from dlt.sources.rest_api import rest_api_resources

NUMBERS = (
    *("accountAmount", "inflowAccountAmount", "outflowAccountAmount", "grossAmount", "unitPrice", "units"),
    *("commission", "accruedInterest", "amount", "recallableAmount", "effectOnUnfundedCommitment"),
    *("barrierLevel", "rewardRate"),
)
DECIMAL = {"data_type": "decimal", "precision": 38, "scale": 12}
EXACT = Context(prec=60)


@configspec
class Assertion(OAuth2ClientCredentials):
    """The token request of RFC 7523; expiry is the base class's."""

    access: Any = None

    def build_access_token_request(self) -> dict[str, Any]:
        """Each assertion is used once."""
        return {"data": self.access.form()}


def resources(access: Access) -> list[Any]:
    """The tables."""
    login = {"access_token_url": access.token_url, "client_id": access.iss, "client_secret": access.private_key}
    client = {
        "base_url": access.api_url,
        "auth": Assertion(access=access, **login),
        "paginator": "single_page",
    }
    defaults = {"primary_key": "id", "write_disposition": "merge", "endpoint": {"data_selector": "data"}}
    crawl = rest_api_resources(
        {
            "client": client,
            "resource_defaults": defaults,
            "resources": [
                {"name": "clients", "endpoint": {"path": "clients"}},
                {"name": "legal_entities", "endpoint": {"path": "clients/{resources.clients.id}/legal-entities"}},
                {"name": "accounts", "endpoint": {"path": "legal-entities/{resources.legal_entities.id}/accounts"}},
            ],
        }
    )
    accounts = next(resource for resource in crawl if resource.name == "accounts")
    transactions = {
        "name": "transactions",
        "columns": {f"attributes__{name}": dict(DECIMAL) for name in NUMBERS},
        "parallelized": True,
        "max_table_nesting": 1,
        "processing_steps": [{"map": prepared}],
        "endpoint": {
            "path": "transactions",
            "params": {
                "accountId": "{resources.account_months.account}",
                "fromDate": "{resources.account_months.first}",
                "toDate": "{resources.account_months.last}",
            },
        },
    }
    listed = [accounts | account_months(access), transactions]
    return [*crawl, *rest_api_resources({"client": client, "resource_defaults": defaults, "resources": listed})]


def prepared(row: dict[str, Any]) -> dict[str, Any]:
    """Amounts as their columns hold them: Parquet refuses to round, dlt to write an integer of more than 64 bits."""
    for name in NUMBERS:
        if row["attributes"].get(name) is not None:
            row["attributes"][name] = EXACT.quantize(Decimal(repr(row["attributes"][name])), Decimal("1e-12"))
    return without_long_integers(row)


def without_long_integers(value: Any) -> Any:  # noqa: ANN401 - JSON
    """The same with decimals in their place, which dlt writes."""
    if isinstance(value, dict):
        return {name: without_long_integers(member) for name, member in value.items()}
    if isinstance(value, list):
        return [without_long_integers(element) for element in value]
    return Decimal(value) if isinstance(value, int) and value.bit_length() > 63 else value


def account_months(access: Access) -> Any:  # noqa: ANN401 - dlt's own type is a function's
    """Which months to read of which account; what was read is remembered when it is loaded."""

    @dlt.transformer(name="account_months", selected=False)
    def months(page: list[dict[str, Any]]) -> Iterator[list[dict[str, str]]]:
        marks = dlt.current.resource_state()
        for account in page:
            ident = account["id"]
            through = date.fromisoformat(marks[ident]) if ident in marks else None
            yield [
                {"account": ident, "first": f"{month.first}", "last": f"{month.last}"}
                for month in access.months(through)
            ]
            marks[ident] = f"{datetime.now(UTC).date()}"

    return months


def main() -> None:
    access, flags = arguments("parquet")
    pipeline = dlt.pipeline(
        "peer",
        destination=dlt.destinations.duckdb(f"{access.out / 'warehouse.duckdb'}"),
        dataset_name="peer",
        pipelines_dir=f"{access.out / 'dlt'}",
    )
    pipeline.run(resources(access), loader_file_format="parquet" if "parquet" in flags else None)


if __name__ == "__main__":
    main()
