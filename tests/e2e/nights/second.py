"""What the nights after the first are asked: requests, rows, and the feed of changes."""

from __future__ import annotations

import duckdb

from tests.e2e.program import Program

NOT_BOOKS = (
    *("clients", "legal_entities", "accounts", "depositories", "accounts__depositories"),
    *("reporting_entities", "portfolios", "portfolios__accounts", "portfolios__depositories"),
    *("users", "users__read_access_to_reporting_entities", "transactions", "transaction_changes", "sync_marks"),
)


def asked(program: Program, account: str = "") -> list[dict[str, str]]:
    """The queries for transactions, of one account or of all."""
    return [
        request.query
        for request in program.box.requests
        if request.path == "/api/v2/transactions" and account in ("", request.query["accountId"])
    ]


def content(program: Program) -> dict[str, list[tuple]]:
    """Every row of every table but those that grow with each run."""
    with duckdb.connect(f"{program.warehouse()}", read_only=True) as copy:
        return {name: sorted(copy.execute(f"FROM aleta.{name}").fetchall(), key=repr) for name in NOT_BOOKS}


def rows_of(program: Program, account: str) -> dict[str, dict]:
    """The rows that only *account* lists."""
    return {
        ident: row
        for ident, row in program.box.truth("acme").transactions.items()
        if ((row["relationships"].get("account") or {}).get("data") or {}).get("id") == account
    }


def fullest(program: Program) -> str:
    """The account with the most rows of its own."""
    return max(program.box.truth("acme").accounts, key=lambda account: (len(rows_of(program, account)), account))


def touched(before: dict, after: dict) -> dict[str, set[str]]:
    """The ids that were added, modified and removed."""
    both = before.keys() & after.keys()
    return {
        "added": after.keys() - before.keys(),
        "modified": {row_id for row_id in both if before[row_id] != after[row_id]},
        "removed": before.keys() - after.keys(),
    }


def feed(program: Program) -> dict[str, set[str]]:
    """`transaction_changes` in the same form."""
    found = program.rows("SELECT op, id FROM aleta.transaction_changes")
    return {op: {ident for said, ident in found if said == op} for op in ("added", "modified", "removed")}


def counted(ended, resource: str = "transactions") -> dict[str, int]:
    return {name: ended.counts(resource)[name] for name in ("added", "modified", "removed")}
