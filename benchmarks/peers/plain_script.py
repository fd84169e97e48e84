"""A plain script: requests in eight threads, account by account, month by month, into DuckDB.

Numbers stay text, so that no digit is lost. An account's rows and how far it was read are one transaction: what is
committed is not read again after a crash.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import UTC, date, datetime
from typing import Any

import duckdb
import requests
from access import Access, arguments
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

WORKERS = 8
RETRY = Retry(total=10, backoff_factor=0.5, status_forcelist=[429, 500, 502, 503, 504], allowed_methods=["GET"])
SCHEMA = """
    CREATE TABLE IF NOT EXISTS transactions (
        id VARCHAR PRIMARY KEY, type VARCHAR, trade_date DATE, value_date DATE, account_amount DECIMAL(38, 12),
        attributes JSON, relationships JSON);
    CREATE TABLE IF NOT EXISTS marks (account VARCHAR PRIMARY KEY, through DATE)"""
MERGE = """
    INSERT OR REPLACE INTO transactions
    SELECT id, type, trade_date, value_date, try_cast(account_amount AS DECIMAL(38, 12)), attributes, relationships
    FROM read_json(?, format = 'newline_delimited', columns = {id: 'VARCHAR', type: 'VARCHAR', trade_date: 'DATE',
        value_date: 'DATE', account_amount: 'VARCHAR', attributes: 'JSON', relationships: 'JSON'})"""


class Client:
    """GETs with a bearer that is renewed before it expires; one session a thread."""

    def __init__(self, access: Access) -> None:
        self.access = access
        self._lock, self._local = threading.Lock(), threading.local()
        self._token, self._expires_at = "", 0.0

    def data(self, path: str, **query: str) -> list[dict[str, Any]]:
        """The objects of one answer; numbers are text."""
        headers = {"Authorization": f"Bearer {self._bearer()}", "Accept": "application/vnd.api+json"}
        answer = self._session().get(f"{self.access.api_url}/{path}", params=query, headers=headers, timeout=60)
        answer.raise_for_status()
        return json.loads(answer.content, parse_float=str, parse_int=str)["data"]

    def _session(self) -> requests.Session:
        if not hasattr(self._local, "session"):
            self._local.session = requests.Session()
            for scheme in ("https://", "http://"):
                self._local.session.mount(scheme, HTTPAdapter(max_retries=RETRY))
        return self._local.session

    def _bearer(self) -> str:
        with self._lock:
            now = datetime.now(UTC).timestamp()
            if now > self._expires_at - 30:
                answer = requests.post(self.access.token_url, data=self.access.form(), timeout=30)
                answer.raise_for_status()
                token = answer.json()
                self._token, self._expires_at = token["access_token"], now + token["expires_in"]
            return self._token


def accounts(client: Client) -> Iterator[str]:
    """Every account that the tenant sees."""
    for owner in client.data("clients"):
        for entity in client.data(f"clients/{owner['id']}/legal-entities"):
            yield from (account["id"] for account in client.data(f"legal-entities/{entity['id']}/accounts"))


def read(client: Client, account: str, through: date | None) -> list[dict[str, Any]]:
    """An account's rows, from where it was read to."""
    return [
        row
        for month in client.access.months(through)
        for row in client.data("transactions", accountId=account, fromDate=f"{month.first}", toDate=f"{month.last}")
    ]


def load(connection: duckdb.DuckDBPyConnection, access: Access, account: str, rows: list[dict[str, Any]]) -> None:
    """Rows and mark, both or neither."""
    file = access.out / "rows.jsonl"
    file.write_text("\n".join(json.dumps(_flat(row)) for row in rows))
    connection.begin()
    if rows:
        connection.execute(MERGE, [f"{file}"])
    connection.execute("INSERT OR REPLACE INTO marks VALUES (?, ?)", [account, datetime.now(UTC).date()])
    connection.commit()


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    attributes = row["attributes"]
    dates = {"trade_date": attributes["tradeDate"], "value_date": attributes["valueDate"]}
    return {**row, **dates, "account_amount": attributes.get("accountAmount")}


def main() -> None:
    access, _ = arguments()
    access.out.mkdir(parents=True, exist_ok=True)
    client = Client(access)
    with duckdb.connect(f"{access.out / 'warehouse.duckdb'}") as connection, ThreadPoolExecutor(WORKERS) as pool:
        connection.execute(SCHEMA)
        marks = dict(connection.execute("SELECT account, through FROM marks").fetchall())
        reading = {pool.submit(read, client, account, marks.get(account)): account for account in accounts(client)}
        for done in as_completed(reading):
            load(connection, access, reading.pop(done), done.result())


if __name__ == "__main__":
    main()
