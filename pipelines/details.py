"""What the page of `report` shows beyond `status`: more runs, what was read whole and when, drift, tables, names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import duckdb
import pyarrow as pa

from schemas.table import fact, name_of
from schemas.tables import TABLES

from .settings import TenantSettings
from .status import Facts, query

RUNS = 20  # as many as a chart has room for on a telephone
SHOWN = 12  # tables, and names that drifted
HISTORY = f"""
    SELECT kind, status, started_at, ended_at, date_diff('millisecond', started_at, ended_at) AS duration_ms,
        requests, retries, rows_read, added, modified, removed, errors, version
    FROM {{sync_runs}} ORDER BY started_at DESC LIMIT {RUNS}"""
WHOLE = """
    SELECT resource, count(*) FILTER (verified_at >= now() - to_days(?)) AS in_time
    FROM {sync_marks} GROUP BY resource"""
WITH_EXTRA = """
    SELECT table_name FROM duckdb_columns() JOIN duckdb_tables() USING (database_name, schema_name, table_name)
    WHERE database_name = current_database() AND schema_name = 'aleta' AND column_name = 'extra' ORDER BY table_name"""
DRIFT = """
    SELECT name, count(*) AS rows FROM (SELECT unnest(json_keys(extra)) AS name FROM aleta."{table}")
    GROUP BY name ORDER BY rows DESC, name"""
NAMED = ("accounts", "reporting_entities", "legal_entities", "clients", "depositories", "instruments")


def look(tenant: TenantSettings, connection: duckdb.DuckDBPyConnection, books: Mapping[str, str]) -> Facts:
    """Of the published copy all of it; of a warehouse elsewhere what the books alone tell."""
    facts: Facts = {
        "history": query(connection, HISTORY.format(**books)),
        "in_time": {
            f"{row['resource']}": row["in_time"]
            for row in query(connection, WHOLE.format(**books), tenant.reverify_days)
        },
        "reverify_days": tenant.reverify_days,
    }
    if tenant.destination != "duckdb":
        return facts
    file = tenant.folder / "warehouse.duckdb"
    drift = list(_drift(connection))
    return facts | {
        "bytes": file.stat().st_size,
        "tables": _tables(connection),
        "drift": sorted(drift, key=lambda one: (-_number(one["rows"]), f"{one['name']}"))[:SHOWN],
        "drifted": len(drift),
        "names": dict(_names(connection)),
    }


def _tables(connection: duckdb.DuckDBPyConnection) -> list[dict[str, object]]:
    """The largest first; rows are counted, not estimated."""
    names = query(connection, "SELECT table_name AS name FROM duckdb_tables() WHERE schema_name = 'aleta'")
    counted = [
        {"name": one["name"], "rows": query(connection, f'SELECT count(*) AS n FROM aleta."{one["name"]}"')[0]["n"]}
        for one in names
    ]
    return sorted(counted, key=lambda one: (-_number(one["rows"]), f"{one['name']}"))[:SHOWN]


def _drift(connection: duckdb.DuckDBPyConnection) -> Iterator[dict[str, object]]:
    """Attributes that no schema names; a number whose text is kept in `extra` has a column, and is none."""
    known = {name_of(schema): set(_spellings(schema)) for schema in TABLES}
    for row in query(connection, WITH_EXTRA):
        table = f"{row['table_name']}"
        for one in query(connection, DRIFT.format(table=table)):
            if one["name"] not in known.get(table, ()):
                yield {"name": f"{table}.{one['name']}", "rows": one["rows"]}


def _spellings(schema: pa.Schema) -> Iterable[str]:
    return (path.split("/")[1] for field in schema for path in fact(field, "api").split() if "/" in path)


def _names(connection: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, str]]:
    """Display names of what windows are quarantined for, as far as there are any."""
    stuck = "SELECT DISTINCT parent_id FROM aleta.sync_windows WHERE status = 'quarantined'"
    there = {row["name"] for row in query(connection, "SELECT table_name AS name FROM duckdb_tables()")}
    for table in NAMED:
        if table in there:
            found = query(connection, f"SELECT id, name FROM aleta.{table} WHERE name IS NOT NULL AND id IN ({stuck})")
            yield from ((f"{row['id']}", f"{row['name']}") for row in found)


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
