"""A Singer tap on the Meltano SDK: the crawl as parent and child streams, transactions by account and month.

Amounts are decimals in text, for the target would read a number as a double; what no column names stays in
`attributes`. A stream's bookmark is kept by account. An empty month does not end the reading.
"""

from __future__ import annotations

import sys
from collections.abc import Generator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from access import LOOK_AHEAD, LOOK_BACK, Access, calendar_months, from_file
from singer_sdk import RESTStream, Tap
from singer_sdk import typing as th
from singer_sdk.authenticators import OAuthAuthenticator
from singer_sdk.pagination import BaseAPIPaginator, SinglePagePaginator
from typing_extensions import override

NUMBERS = (
    *("accountAmount", "inflowAccountAmount", "outflowAccountAmount", "grossAmount", "unitPrice", "units"),
    *("commission", "accruedInterest", "amount", "recallableAmount", "effectOnUnfundedCommitment", "indexFactor"),
    *("barrierLevel", "rewardRate"),
)
OBJECT = (
    th.Property("id", th.StringType, required=True),
    th.Property("type", th.StringType),
    th.Property("attributes", th.ObjectType(additional_properties=True)),
    th.Property("relationships", th.ObjectType(additional_properties=True)),
)


class Assertion(OAuthAuthenticator):
    """The token request of RFC 7523; expiry is the base class's."""

    def __init__(self, access: Access) -> None:
        super().__init__(auth_endpoint=access.token_url)
        self.access = access

    @property
    def oauth_request_body(self) -> dict[str, str]:
        return self.access.form()


class AletaStream(RESTStream):
    """What all streams share."""

    records_jsonpath = "$.data[*]"
    primary_keys = ("id",)
    schema = th.PropertiesList(*OBJECT).to_dict()
    state_partitioning_keys: list[str] = []  # noqa: RUF012 - the SDK's attribute; only transactions have a state

    @property
    def url_base(self) -> str:
        return self._tap.access.api_url

    @property
    def authenticator(self) -> Assertion:
        return self._tap.assertion

    @property
    def http_headers(self) -> dict[str, str]:
        return {"Accept": "application/vnd.api+json"}

    def get_new_paginator(self) -> BaseAPIPaginator:
        return SinglePagePaginator()

    def backoff_wait_generator(self) -> Generator[float, None, None]:
        return self.backoff_runtime(value=_retry_after)

    def backoff_max_tries(self) -> int:
        return 10


def _retry_after(error: Exception) -> float:
    response = getattr(error, "response", None)
    return float(response.headers.get("Retry-After", 1)) if response is not None else 1.0


class Clients(AletaStream):
    name = "clients"
    path = "/clients"

    @override
    def get_child_context(self, record: dict[str, Any], context: object) -> dict[str, str]:
        return {"client_id": record["id"]}


class LegalEntities(AletaStream):
    name = "legal_entities"
    path = "/clients/{client_id}/legal-entities"
    parent_stream_type = Clients

    @override
    def get_child_context(self, record: dict[str, Any], context: object) -> dict[str, str]:
        return {"legal_entity_id": record["id"]}


class Accounts(AletaStream):
    name = "accounts"
    path = "/legal-entities/{legal_entity_id}/accounts"
    parent_stream_type = LegalEntities

    @override
    def get_child_context(self, record: dict[str, Any], context: object) -> dict[str, str]:
        return {"account_id": record["id"]}


class Months(BaseAPIPaginator):
    """A page is a month; the last one has been asked for when it covers the look-ahead."""

    def __init__(self) -> None:
        super().__init__(None)

    @override
    def continue_if_empty(self, response: requests.Response) -> bool:
        return True

    def get_next(self, response: requests.Response) -> date | None:
        [last] = parse_qs(urlsplit(response.request.url).query)["toDate"]
        following = date.fromisoformat(last) + timedelta(days=1)
        return following if following <= datetime.now(UTC).date() + LOOK_AHEAD else None


class Transactions(AletaStream):
    name = "transactions"
    path = "/transactions"
    parent_stream_type = Accounts
    state_partitioning_keys = ["account_id"]  # noqa: RUF012
    replication_key = "trade_date"
    schema = th.PropertiesList(
        *OBJECT,
        th.Property("trade_date", th.DateType),
        th.Property("value_date", th.DateType),
        *(th.Property(name, th.SingerDecimalType) for name in NUMBERS),
    ).to_dict()

    def get_new_paginator(self) -> Months:
        return Months()

    def get_url_params(self, context: dict[str, str] | None, next_page_token: date | None) -> dict[str, str]:
        first = next_page_token or self._first(context)
        month = next(calendar_months(first.replace(day=1), first))
        return {"accountId": context["account_id"], "fromDate": f"{month.first}", "toDate": f"{month.last}"}

    @override
    def post_process(self, row: dict[str, Any], context: dict[str, str] | None = None) -> dict[str, Any]:
        attributes = row["attributes"]
        numbers = {name: str(attributes[name]) for name in NUMBERS if attributes.get(name) is not None}
        return {**row, **numbers, "trade_date": attributes["tradeDate"], "value_date": attributes["valueDate"]}

    def _first(self, context: dict[str, str] | None) -> date:
        since, today = self._tap.access.since, datetime.now(UTC).date()
        seen = self.get_starting_replication_key_value(context)
        return max(since, min(date.fromisoformat(seen), today) - LOOK_BACK) if seen else since


class TapAleta(Tap):
    """One tenant."""

    name = "tap-aleta"
    config_jsonschema = th.PropertiesList(
        th.Property("folder", th.StringType, required=True, description="Folder with config.toml."),
        th.Property("since", th.DateType, required=True, description="Where the history begins."),
    ).to_dict()

    def discover_streams(self) -> list[AletaStream]:
        return [Clients(self), LegalEntities(self), Accounts(self), Transactions(self)]

    @cached_property
    def access(self) -> Access:
        return replace(from_file(self.config["folder"]), since=date.fromisoformat(self.config["since"]))

    @cached_property
    def assertion(self) -> Assertion:
        return Assertion(self.access)


if __name__ == "__main__":
    sys.exit(TapAleta.cli())
