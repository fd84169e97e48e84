"""How fresh and how complete each warehouse is, read from the analyst's copy; no request is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from .lock import holder
from .report import Exit, Json
from .settings import TenantSettings

RUNS = 5
CLEARED = """
    SELECT q.resource, q.parent_id, q.from_date, q.to_date, q.rows, q.reason, max(q.fetched_at) AS tried_at
    FROM aleta.sync_windows q
    WHERE q.status = 'quarantined' AND NOT EXISTS (
        SELECT 1 FROM aleta.sync_windows c
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
        if facts["synced"] is False:
            return f"{self.tenant}: never synced ({facts['warehouse']} is not there yet)"
        runs = "\n".join(f"    {_line(run)}" for run in _rows(facts["runs"]))
        marks = "\n".join(f"    {_line(mark)}" for mark in _rows(facts["coverage"]))
        stuck = "\n".join(f"    {_line(one)}" for one in _rows(facts["quarantined"])) or "    none"
        return (
            f"{self.tenant}: last complete run ended {facts['fresh_at'] or 'never'}"
            f"{_held(facts)}\n  last runs\n{runs}\n  coverage\n{marks}\n  quarantined\n{stuck}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Standings:
    """All tenants' standings."""

    tenants: Sequence[Standing]
    exit: Exit = Exit.COMPLETE

    def to_json(self) -> Json:
        return {"tenants": {one.tenant: one.facts for one in self.tenants}}

    def text(self) -> str:
        return "\n\n".join(one.text() for one in self.tenants)


def run(tenants: Sequence[TenantSettings]) -> Standings:
    """Read each tenant's published copy; a sync that runs meanwhile is neither disturbed nor waited for."""
    return Standings(tenants=[_standing(tenant) for tenant in tenants])


def _standing(tenant: TenantSettings) -> Standing:
    file = tenant.folder / "warehouse.duckdb"
    held = holder(tenant.folder / "lock") if tenant.folder.exists() else None
    facts: dict[str, object] = {"warehouse": f"{file}", "running": f"{held}" if held else None, "synced": file.exists()}
    return Standing(tenant=tenant.name, facts=facts | (_facts(file) if file.exists() else {}))


def _facts(file: Path) -> dict[str, object]:
    with duckdb.connect(f"{file}", read_only=True) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        fresh = connection.execute("SELECT max(ended_at) FROM aleta.sync_runs WHERE status = 'complete'").fetchall()
        return {
            "fresh_at": _plain(fresh[0][0]),
            "runs": _query(
                connection,
                "SELECT kind, status, started_at, ended_at, requests, rows_read, added, modified, removed, errors, "
                f"run_id FROM aleta.sync_runs ORDER BY started_at DESC LIMIT {RUNS}",
            ),
            "coverage": _query(
                connection,
                "SELECT resource, count(*) AS parents, min(from_date) AS from_date, min(through_date) AS all_through, "
                "max(through_date) AS through_date, min(verified_at) AS oldest_verified_at, "
                "count(*) FILTER (verified_at IS NULL) AS never_read_whole "
                "FROM aleta.sync_marks GROUP BY ALL ORDER BY ALL",
            ),
            "quarantined": _query(connection, CLEARED),
        }


def _query(connection: duckdb.DuckDBPyConnection, sql: str) -> list[dict[str, object]]:
    found = connection.execute(sql)
    names = [column[0] for column in found.description or ()]
    return [{name: _plain(value) for name, value in zip(names, row, strict=True)} for row in found.fetchall()]


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds")
    return value if value is None or isinstance(value, int) else f"{value}"


def _rows(value: object) -> Sequence[Mapping[str, object]]:
    return value if isinstance(value, list) else []


def _line(row: Mapping[str, object]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in row.items() if value is not None)


def _held(facts: Mapping[str, object]) -> str:
    return f"\n  running now: {facts['running']}" if facts["running"] else ""
