"""How fresh and how complete each warehouse is; no request is sent.

Read from the analyst's copy, or where a destination keeps it: neither disturbs a sync that runs meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias

import duckdb
import pyarrow as pa

from schemas.ledger import SYNC_DRIFT, SYNC_MARKS, SYNC_RUNS, SYNC_WINDOWS
from schemas.table import name_of
from sources.aleta.safe_text import printable

from ..report.report import Exit, Json
from ..run.failures import as_problem
from ..run.lock import holder
from ..settings import TenantSettings

Facts: TypeAlias = dict[str, object]
Look: TypeAlias = Callable[[TenantSettings, duckdb.DuckDBPyConnection, Mapping[str, str]], Facts]

BOOKS = {name_of(schema): schema for schema in (SYNC_RUNS, SYNC_WINDOWS, SYNC_MARKS, SYNC_DRIFT)}
FRESH = "SELECT max(ended_at) AS fresh_at FROM {sync_runs} WHERE status = 'complete'"
LAST = """
    SELECT kind, status, started_at, ended_at, requests, rows_read, added, modified, removed, errors, run_id
    FROM {sync_runs} ORDER BY started_at DESC LIMIT 5"""
COVERAGE = """
    SELECT resource, count(*) AS parents, min(from_date) AS from_date, min(through_date) AS all_through,
        max(through_date) AS through_date, min(verified_at) AS oldest_verified_at,
        count(*) FILTER (verified_at IS NULL) AS never_read_whole
    FROM {sync_marks} GROUP BY ALL ORDER BY ALL"""
DRIFT = "SELECT resource, name, first_seen_at, rows FROM {sync_drift} ORDER BY ALL"
CLEARED = """
    SELECT q.resource, q.parent_id, q.from_date, q.to_date, q.rows, q.reason, max(q.fetched_at) AS tried_at
    FROM {sync_windows} q
    WHERE q.status = 'quarantined' AND NOT EXISTS (
        SELECT 1 FROM {sync_windows} c
        WHERE c.status = 'complete' AND c.resource = q.resource AND c.parent_id = q.parent_id
          AND c.from_date <= q.from_date AND c.to_date >= q.to_date AND c.fetched_at > q.fetched_at)
    GROUP BY ALL ORDER BY ALL"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One tenant's warehouse."""

    tenant: str
    facts: Mapping[str, object]

    def text(self) -> str:
        facts = self.facts
        if "error" in facts:
            return f"{self.tenant}: {facts['error']}"
        if facts["synced"] is False:
            return f"{self.tenant}: never synced ({facts['warehouse']} is not there yet)"
        runs = "\n".join(f"    {_line(run)}" for run in _rows(facts["runs"]))
        marks = "\n".join(f"    {_line(mark)}" for mark in _rows(facts["coverage"]))
        stuck = "\n".join(f"    {_line(window)}" for window in _rows(facts["quarantined"])) or "    none"
        return (
            f"{self.tenant}: last complete run ended {facts['fresh_at'] or 'never'}"
            f"{_running(facts)}\n  last runs\n{runs}\n  coverage\n{marks}\n  quarantined\n{stuck}{_drift(facts)}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Standings:
    """All tenants' standings."""

    tenants: Sequence[Standing]
    exit: Exit = Exit.COMPLETE

    def to_json(self) -> Json:
        return {"tenants": {tenant.tenant: tenant.facts for tenant in self.tenants}}

    def text(self) -> str:
        return "\n\n".join(tenant.text() for tenant in self.tenants)


def run(tenants: Sequence[TenantSettings], look: Look = lambda *_: {}) -> Standings:
    """Read what each tenant's last sync published.

    Args:
        look: what else to read of a tenant that was synced; told where each of `BOOKS` is.
    """
    standings = [_standing(tenant, look) for tenant in tenants]
    failed = any("error" in standing.facts for standing in standings)
    return Standings(tenants=standings, exit=Exit.FAILED if failed else Exit.COMPLETE)


def _standing(tenant: TenantSettings, look: Look) -> Standing:
    running = holder(tenant.folder / "lock") if tenant.folder.exists() else None
    read = _published if tenant.destination == "duckdb" else _remote
    return Standing(tenant=tenant.name, facts={"running": f"{running}" if running else None} | read(tenant, look))


def _published(tenant: TenantSettings, look: Look) -> Facts:
    file = tenant.folder / "warehouse.duckdb"
    facts: Facts = {"warehouse": f"{file}", "synced": file.exists()}
    if not facts["synced"]:
        return facts
    try:
        with duckdb.connect(f"{file}", read_only=True) as connection:
            connection.execute("SET TimeZone = 'UTC'")
            there = {row[0] for row in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
            books = {name: f"aleta.{name}" if name in there else _empty(schema) for name, schema in BOOKS.items()}
            return facts | _facts(connection, books) | look(tenant, connection, books)
    except duckdb.Error as error:  # one tenant's failure is its own (F3)
        what = f"{error}".partition("\n")[0]
        return facts | {"error": f"{file} cannot be read ({what}): run `aleta-sync publish {tenant.name}`"}


def _empty(schema: pa.Schema) -> str:
    """For a table that a copy of an older version does not have."""
    return f"(SELECT {', '.join(f'NULL AS {name}' for name in schema.names)} WHERE false)"


def _remote(tenant: TenantSettings, look: Look) -> Facts:
    from ..warehouse.warehouse import glance, place_of  # noqa: PLC0415 - brings dlt, which the published copy does not need

    facts: Facts = {"warehouse": place_of(tenant.name, tenant.destination), "synced": False}
    try:
        with glance(tenant.name, tenant.destination) as store:
            books = {name: store.rows(schema) for name, schema in BOOKS.items()}
            if not store.sql.execute(f"SELECT 1 FROM {books['sync_runs']} LIMIT 1").fetchall():
                return facts
            return facts | {"synced": True} | _facts(store.sql, books) | look(tenant, store.sql, books)
    except Exception as error:  # noqa: BLE001 - one tenant's failure is its own (F3)
        return facts | {"error": f"{as_problem(error)}"}


def _facts(connection: duckdb.DuckDBPyConnection, books: Mapping[str, str]) -> Facts:
    """*books*: where each of `BOOKS` is."""
    return {
        "fresh_at": query(connection, FRESH.format(**books))[0]["fresh_at"],
        "runs": query(connection, LAST.format(**books)),
        "coverage": query(connection, COVERAGE.format(**books)),
        "quarantined": query(connection, CLEARED.format(**books)),
        "drift": query(connection, DRIFT.format(**books)),
    }


def query(connection: duckdb.DuckDBPyConnection, sql: str, *values: object) -> list[dict[str, object]]:
    """Rows by name; instants as ISO text in UTC, whole numbers as they are, anything else as text."""
    found = connection.execute(sql, values)
    names = [column[0] for column in found.description or ()]
    return [{name: _plain(value) for name, value in zip(names, row, strict=True)} for row in found.fetchall()]


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds")
    return value if value is None or isinstance(value, int) else f"{value}"


def _rows(value: object) -> Sequence[Mapping[str, object]]:
    return value if isinstance(value, list) else []


def _line(row: Mapping[str, object]) -> str:
    said = (f"{name.replace('_', ' ')} {value}" for name, value in row.items() if value is not None)
    return printable(", ".join(said))


def _drift(facts: Mapping[str, object]) -> str:
    """Attributes that no schema has; empty where there are none."""
    rows = [f"    {_line(attribute)}" for attribute in _rows(facts["drift"])]
    return "\n".join(["", "  not in any schema (kept in extra)", *rows]) if rows else ""


def _running(facts: Mapping[str, object]) -> str:
    return f"\n  running now: {facts['running']}" if facts["running"] else ""
