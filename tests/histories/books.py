"""What is in a warehouse file, read with plain SQL."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import duckdb

from tests import beyond
from tests.histories.model import Claim

OURS = {"deleted_by_aleta", "first_seen_at", "changed_at", "row_hash"}
OBJECTS = ("clients", "legal_entities", "accounts", "depositories", "reporting_entities", "portfolios", "users")
KEYS = {table: ", ".join(columns) for table, columns in beyond.KEYS.items()}
KEYS |= dict.fromkeys((*OBJECTS, "transactions"), "id") | {
    "accounts__depositories": "account_id, depository_id",
    "portfolios__accounts": "portfolio_id, account_id",
    "portfolios__depositories": "portfolio_id, depository_id",
    "users__read_access_to_reporting_entities": "user_id, reporting_entity_id",
    "transaction_changes": "run_id, id",
    "sync_runs": "run_id",
    "sync_windows": "run_id, resource, parent_id, from_date, to_date, status",
    "sync_marks": "resource, parent_id",
    "sync_drift": "resource, name",
}
OF_ACCOUNTS = "WHERE resource = 'transactions'"
"""Of receipts and marks, those that the model understands; other resources have some too."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """One line of the feed."""

    run_id: str
    at: datetime
    op: str
    id: str
    before: Mapping[str, str] | None
    after: Mapping[str, str] | None


@dataclass(frozen=True, kw_only=True)
class Mark:
    first: date
    through: date
    verified_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Books:
    """Everything the checks look at, of one file at one instant."""

    runs: Mapping[str, datetime]  # run_id -> when it began
    statuses: Mapping[str, str]
    syncs: frozenset[str]  # those that were no backfill
    claims: tuple[Claim, ...]
    marks: Mapping[str, Mark]
    changes: tuple[Change, ...]
    rows: Mapping[str, Mapping[str, str]]  # id -> column -> value as text
    first_seen: Mapping[str, str]  # id -> when it came
    removed: Mapping[str, frozenset[str]]  # table -> ids of objects that are gone
    objects: Mapping[str, frozenset[str]]  # table -> ids of objects that are not gone
    accounts: frozenset[str]  # those that are not gone
    tables: frozenset[str]
    doubled: Mapping[str, tuple]  # table -> a key that is there more than once

    @property
    def gone_accounts(self) -> frozenset[str]:
        return self.removed["accounts"]


def read(file: Path) -> Books:
    """The books of a warehouse that nobody writes to."""
    with duckdb.connect(f"{file}", read_only=True) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        found = connection.execute("SELECT table_name FROM duckdb_tables() WHERE schema_name = 'aleta'").fetchall()
        return _books(connection, frozenset(name for (name,) in found))


def _books(connection: duckdb.DuckDBPyConnection, tables: frozenset[str]) -> Books:
    def rows(table: str, columns: str, which: str = "") -> list[tuple]:
        return connection.execute(f"SELECT {columns} FROM aleta.{table} {which}").fetchall() if table in tables else []

    runs = rows("sync_runs", "run_id, started_at, status, kind")
    return Books(
        runs={run_id: at for run_id, at, _, _ in runs},
        statuses={run_id: status for run_id, _, status, _ in runs},
        syncs=frozenset(run_id for run_id, *_, kind in runs if kind == "sync"),
        claims=tuple(
            Claim(run_id=run_id, account=account, first=first, last=last, rows=n, status=status, reason=reason or "")
            for run_id, account, first, last, n, status, reason in rows(
                "sync_windows", "run_id, parent_id, from_date, to_date, rows, status, reason", OF_ACCOUNTS
            )
        ),
        marks={
            account: Mark(first=first, through=through, verified_at=verified_at)
            for account, first, through, verified_at in rows(
                "sync_marks", "parent_id, from_date, through_date, verified_at", OF_ACCOUNTS
            )
            if first
        },
        changes=tuple(
            Change(run_id=run_id, at=at, op=op, id=row_id, before=_json(before), after=_json(after))
            for run_id, at, op, row_id, before, after in rows(
                "transaction_changes", "run_id, changed_at, op, id, before, after"
            )
        ),
        rows=_content(connection) if "transactions" in tables else {},
        first_seen=dict(rows("transactions", "id, first_seen_at::VARCHAR")),
        removed={
            name: frozenset(object_id for object_id, gone in rows(name, "id, removed_at IS NOT NULL") if gone)
            for name in OBJECTS
        },
        objects={
            name: frozenset(object_id for object_id, gone in rows(name, "id, removed_at IS NOT NULL") if not gone)
            for name in OBJECTS
        },
        accounts=frozenset(object_id for object_id, gone in rows("accounts", "id, removed_at IS NOT NULL") if not gone),
        tables=tables,
        doubled={name: doubles[0] for name in tables & KEYS.keys() if (doubles := _doubles(connection, name))},
    )


def _doubles(connection: duckdb.DuckDBPyConnection, table: str) -> list[tuple]:
    return connection.execute(
        f"SELECT {KEYS[table]} FROM aleta.{table} GROUP BY ALL HAVING count(*) > 1 LIMIT 1"
    ).fetchall()


def _json(text: str | None) -> Mapping[str, str] | None:
    return None if text is None else json.loads(text)


def _content(connection: duckdb.DuckDBPyConnection) -> Mapping[str, Mapping[str, str]]:
    found = connection.execute("SELECT COLUMNS(*)::VARCHAR FROM aleta.transactions")
    names = [name for name, *_ in found.description]
    rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    return {row["id"]: {name: value for name, value in row.items() if name not in OURS} for row in rows}
