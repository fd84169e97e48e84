"""How fresh and how complete each warehouse is; no request is sent.

Read from the analyst's copy, or where a destination keeps it: neither disturbs a sync that runs meanwhile.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeAlias

import duckdb
import pyarrow as pa

from schemas.ledger import SYNC_DRIFT, SYNC_MARKS, SYNC_RUNS, SYNC_WINDOWS
from schemas.table import name_of, sql_type
from sources.aleta.clock import SystemClock
from sources.aleta.safe_text import first_line

from ..program import command
from ..publish.places import PLACES
from ..report.report import Exit, Json
from ..run.aftermath import journal
from ..run.errors.failures import as_problem
from ..run.machine.lock import holder
from ..settings import TenantSettings
from ..warehouse.destinations.naming import place_of
from ..warehouse.duckdb.file import is_in_use, store_file
from ..warehouse.glance import glance
from .attention import attention, overdue, sentence
from .coverage import ASKED, COVERAGE, MARKS, PARENTS
from .lost import lost
from .runs import Row, fresh_at, nightly, runs_of, streak

Facts: TypeAlias = dict[str, object]
Look: TypeAlias = Callable[[TenantSettings, duckdb.DuckDBPyConnection, Mapping[str, str]], Facts]

COLUMNS = "SELECT table_name, column_name FROM duckdb_columns() WHERE schema_name = 'aleta'"
BOOKS = {name_of(schema): schema for schema in (SYNC_RUNS, SYNC_WINDOWS, SYNC_MARKS, SYNC_DRIFT)}
TABLES: Mapping[str, pa.Schema] = {**BOOKS, **PARENTS}
SHOWN = 5  # runs
HOLDER = re.compile(r"held in (.+? \(PID \d+\))")  # as DuckDB says it
NIGHTS = """
    SELECT run_id, ended_at FROM {sync_runs}
    WHERE status = 'complete' AND kind = 'sync' AND clients IS NULL AND ended_at IS NOT NULL"""
LAST = """
    SELECT kind, status, started_at, ended_at, requests, rows_read, added, modified, removed, errors, run_id,
        clients IS NOT NULL AS narrowed
    FROM {sync_runs} ORDER BY started_at DESC LIMIT 200"""
DRIFT = "SELECT resource, name, first_seen_at, rows FROM {sync_drift} ORDER BY ALL"
UNREAD = """
    WITH quarantined AS (
        SELECT resource, parent_id, from_date, to_date, rows, reason, fetched_at AS tried_at
        FROM {sync_windows} WHERE status = 'quarantined'
        QUALIFY row_number() OVER (PARTITION BY resource, parent_id, from_date, to_date ORDER BY fetched_at DESC) = 1),
    later AS (
        SELECT q, c.from_date AS first, c.to_date AS last, max(c.to_date) OVER (
            PARTITION BY q ORDER BY c.from_date, c.to_date ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS reached
        FROM quarantined q JOIN {sync_windows} c
        ON c.status = 'complete' AND c.resource = q.resource AND c.parent_id = q.parent_id
          AND c.to_date >= q.from_date AND c.from_date <= q.to_date AND c.fetched_at > q.tried_at)
    SELECT * FROM quarantined q WHERE q NOT IN (
        SELECT q FROM later GROUP BY q
        HAVING min(first) <= q.from_date AND max(last) >= q.to_date AND count(*) FILTER (first > reached + 1) = 0)
    AND NOT EXISTS (
        FROM {asked} a WHERE a.resource = q.resource AND a.parent_id = q.parent_id AND a.removed_at IS NOT NULL)
    ORDER BY ALL"""
# what is not read since without a gap: rows that were too few for their days may take several windows when they come;
# of a parent that is gone nothing can be read


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One tenant's warehouse.

    Args:
        order: ids of all runs, the last first.
    """

    tenant: str
    facts: Facts
    order: Sequence[str] = ()

    @property
    def first(self) -> str:
        """The command that reads the tenant for the first time."""
        return command(f"sync {self.tenant}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Standings:
    """All tenants' standings.

    Args:
        now: what ages are measured from.
        max_age: how old the last complete run may be; None for any age, and for none.
    """

    tenants: Sequence[Standing]
    now: datetime = field(default_factory=lambda: SystemClock().now())
    max_age: timedelta | None = None

    @property
    def attention(self) -> Mapping[str, str]:
        """Of each tenant why it needs attention; empty where it does not."""
        return {
            standing.tenant: attention(standing.facts, now=self.now, max_age=self.max_age, first=standing.first)
            for standing in self.tenants
        }

    @property
    def sentence(self) -> str:
        return sentence(self.attention, [standing.facts.get("fresh_at") for standing in self.tenants])

    @property
    def failures(self) -> Mapping[str, str]:
        """Of each tenant that makes the command fail, why: it cannot be read, or `max_age` is over."""
        return {standing.tenant: why for standing in self.tenants if (why := self._failure(standing))}

    def _failure(self, standing: Standing) -> str:
        return f"{standing.facts.get('error') or self._late(standing)}"

    def _late(self, standing: Standing) -> str:
        if self.max_age is None:
            return ""
        return overdue(standing.facts, now=self.now, max_age=self.max_age, first=standing.first)

    @property
    def exit(self) -> Exit:
        return Exit.FAILED if self.failures else Exit.COMPLETE

    def to_json(self) -> Json:
        why = self.attention
        return {
            "summary": self.sentence,
            "tenants": {
                standing.tenant: standing.facts | {"attention": why[standing.tenant]} for standing in self.tenants
            },
        }


def run(
    tenants: Sequence[TenantSettings],
    look: Look = lambda *_: {},
    *,
    max_age: timedelta | None = None,
) -> Standings:
    """Read what each tenant's last sync published, and what its journal says of runs that could not.

    Args:
        look: what else to read of a tenant that was synced; told where each of `TABLES` is, and `marks`.
        max_age: as of `Standings`.
    """
    now = SystemClock().now()
    standings = [_standing(tenant, look, now) for tenant in tenants]
    return Standings(tenants=standings, now=now, max_age=max_age)


def _standing(tenant: TenantSettings, look: Look, now: datetime) -> Standing:
    try:
        running, entries = holder(tenant.folder / "lock"), journal.read(tenant.folder)
        missing = lost(tenant)
    except OSError as error:
        return Standing(tenant=tenant.name, facts=_empty_facts(tenant) | {"error": as_problem(error).message})
    is_local = tenant.destination == "duckdb"
    facts = _local(tenant, look, busy=running is not None) if is_local else _remote(tenant, look)
    found = {"running": f"{running}" if running else None, "missing": missing} | facts
    table, nights = found.get("runs"), found.pop("nights", [])
    kind = running.command if running else ""
    runs = runs_of(table if isinstance(table, list) else [], entries, running=kind, now=now)
    order = [f"{run['run_id']}" for run in runs]
    return Standing(tenant=tenant.name, facts=found | _runs(runs, nights), order=order)


def _runs(runs: Sequence[Row], nights: object) -> Facts:
    """What the tables and the journal say together; *nights*: all that the tables call complete."""
    in_need = streak(nightly(runs))
    return {
        "fresh_at": fresh_at(runs, nights if isinstance(nights, list) else []),
        "runs": runs[:SHOWN],
        "last_run": next((run for run in runs if run["status"] != journal.RUNNING), None),
        "failures": [run for run in runs if run["status"] not in {"complete", journal.RUNNING}],
        "streak": in_need,
    }


def _empty_facts(tenant: TenantSettings) -> Facts:
    return {"running": None, "warehouse": f"{tenant.folder}", "synced": False, "fresh_at": None} | _runs([], [])


def _local(tenant: TenantSettings, look: Look, *, busy: bool) -> Facts:
    """What the published copy says, or where none is to be made the private store, which a run keeps to itself."""
    is_published = "duckdb" in tenant.publish
    file = tenant.folder / PLACES["duckdb"] if is_published else store_file(tenant.folder)
    facts: Facts = {"warehouse": f"{file}", "synced": file.exists()}
    if not facts["synced"]:
        return facts
    try:
        with duckdb.connect(f"{file}", read_only=True) as connection:
            connection.execute("SET TimeZone = 'UTC'")
            there = {(table, column) for table, column in connection.execute(COLUMNS).fetchall()}
            books = _with_parents({name: _book(schema, there) for name, schema in TABLES.items()})
            return facts | _facts(connection, books) | look(tenant, connection, books)
    except duckdb.Error as error:  # one tenant's failure is its own (F3)
        if is_published and is_in_use(error):
            return facts | {"in_use": _open_elsewhere(file, error)}
        if not is_published and (busy or is_in_use(error)):
            return facts
        remedy = f"run `{command(f'publish {tenant.name}')}`" if is_published else "see docs/runbook.md"
        return facts | {"error": f"{file} cannot be read ({first_line(error)}): {remedy}"}


def _open_elsewhere(file: Path, error: duckdb.Error) -> str:
    """Why the analysts' copy cannot be read now, though nothing is wrong with it: no sync minds who has it open."""
    who = HOLDER.search(f"{error}")
    return (
        f"{file} is open for writing in {who[1] if who else 'another process'}: what it holds is shown again once that "
        "is closed; whoever opens it with read_only shuts nobody out"
    )


def _book(schema: pa.Schema, there: Collection[tuple[str, str]]) -> str:
    """Its table, with nulls for what a copy of an older version lacks; without rows where it lacks all.

    Args:
        there: tables and columns that it has.
    """
    table = name_of(schema)
    known = [field.name for field in schema if (table, field.name) in there]
    values = (
        f"{field.name if field.name in known else f'NULL::{sql_type(field)}'} AS {field.name}" for field in schema
    )
    return f"(SELECT {', '.join(values)} {f'FROM aleta.{table}' if known else 'WHERE false'})"


def _with_parents(books: Mapping[str, str]) -> Mapping[str, str]:
    """*books*, and `asked`: the parents of each table; `marks`: what is proven of those that are there."""
    return {**books, "asked": ASKED.format(**books), "marks": MARKS.format(**books)}


def _remote(tenant: TenantSettings, look: Look) -> Facts:
    facts: Facts = {"warehouse": place_of(tenant.name, tenant.destination), "synced": False}
    try:
        with glance(tenant.name, tenant.destination) as store:
            books = _with_parents({name: store.rows(schema) for name, schema in TABLES.items()})
            if not store.sql.execute(f"SELECT 1 FROM {books['sync_runs']} LIMIT 1").fetchall():
                return facts
            return facts | {"synced": True} | _facts(store.sql, books) | look(tenant, store.sql, books)
    except Exception as error:  # noqa: BLE001 - one tenant's failure is its own (F3)
        return facts | {"error": f"{as_problem(error)}"}


def _facts(connection: duckdb.DuckDBPyConnection, books: Mapping[str, str]) -> Facts:
    """*books*: where each of `TABLES` is, and `marks`."""
    return {
        "nights": query(connection, NIGHTS.format(**books)),
        "runs": query(connection, LAST.format(**books)),
        "coverage": query(connection, COVERAGE.format(**books)),
        "quarantined": query(connection, UNREAD.format(**books)),
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
