"""What the page of `report` shows beyond `status`: more runs, what was read whole and when, drift, tables, names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import duckdb

from sources.aleta.catalogue.catalogue import CATALOGUE

from ..settings import TenantSettings
from ..status.standing import Facts, query

RUNS = 20  # as many as a chart has room for on a telephone
SINCE = 91  # days: the calendar's, and what of today is not over yet
SHOWN = 12  # tables, and names that drifted
HISTORY = f"""
    SELECT run_id, kind, status, started_at, ended_at, date_diff('millisecond', started_at, ended_at) AS duration_ms,
        requests, retries, rows_read, added, modified, removed, errors, version
    FROM {{sync_runs}}
    QUALIFY row_number() OVER (ORDER BY started_at DESC) <= {RUNS} OR started_at >= now() - to_days({SINCE})
    ORDER BY started_at DESC"""
WHOLE = """
    SELECT resource, count(*) FILTER (verified_at >= now() - to_days(?)) AS in_time
    FROM {marks} GROUP BY resource"""
DRIFT = "SELECT resource || '.' || name AS name, rows FROM {sync_drift} ORDER BY rows DESC, name"
BYTES = "SELECT block_size * total_blocks AS bytes FROM pragma_database_size()"
TABLES = """
    SELECT table_name AS name FROM duckdb_tables()
    WHERE schema_name = 'aleta' AND NOT starts_with(table_name, '_dlt_')"""  # of the private store
NAMED = ("accounts", "reporting_entities", "legal_entities", "clients", "depositories", "instruments")


def look(tenant: TenantSettings, connection: duckdb.DuckDBPyConnection, books: Mapping[str, str]) -> Facts:
    """Of a file on this machine all of it; of a warehouse elsewhere what the books alone tell."""
    drift = query(connection, DRIFT.format(**books))
    facts: Facts = {
        "drift": drift[:SHOWN],
        "drifted": len(drift),
        "history": query(connection, HISTORY.format(**books)),
        "in_time": {
            f"{row['resource']}": row["in_time"]
            for row in query(connection, WHOLE.format(**books), tenant.reverify_days)
        },
        "reverify_days": tenant.reverify_days,
        "by_day": [name for name, endpoint in CATALOGUE.items() if endpoint.by_day],
    }
    if tenant.destination != "duckdb":
        return facts
    return facts | {
        "bytes": query(connection, BYTES)[0]["bytes"],
        "tables": _tables(connection),
        "names": dict(_names(connection, books)),
    }


def _tables(connection: duckdb.DuckDBPyConnection) -> list[dict[str, object]]:
    """The largest first; rows are counted, not estimated."""
    names = query(connection, TABLES)
    counted = [
        {"name": table["name"], "rows": query(connection, f'SELECT count(*) AS n FROM aleta."{table["name"]}"')[0]["n"]}
        for table in names
    ]
    return sorted(counted, key=lambda table: (-_number(table["rows"]), f"{table['name']}"))[:SHOWN]


def _names(connection: duckdb.DuckDBPyConnection, books: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Display names of what windows are quarantined for, as far as there are any."""
    stuck = f"SELECT DISTINCT parent_id FROM {books['sync_windows']} WHERE status = 'quarantined'"
    there = {row["name"] for row in query(connection, TABLES)}
    for table in NAMED:
        if table in there:
            found = query(connection, f"SELECT id, name FROM aleta.{table} WHERE name IS NOT NULL AND id IN ({stuck})")
            yield from ((f"{row['id']}", f"{row['name']}") for row in found)


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
