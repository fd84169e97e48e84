"""What the tests of the analysts' copies share: rows of a store, changes to it, and ways to look at a copy."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import duckdb
import pyarrow as pa
import pytest

from pipelines.warehouse.package import GONE, Rows
from schemas.clients import CLIENTS
from schemas.ledger import SYNC_RUNS
from schemas.table import name_of
from schemas.tables import TABLES
from schemas.transactions import TRANSACTIONS

BOTH = ("duckdb", "parquet")
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
EXACT = Decimal("12345678901234567890123456.123456789012")
NAMES = [name_of(schema) for schema in TABLES]
SOME = (TRANSACTIONS, SYNC_RUNS, CLIENTS)  # what is about the way of publishing needs no more than what has rows
each_table = pytest.mark.parametrize("schema", [pytest.param(schema, id=name_of(schema)) for schema in TABLES])


def rows(schema, rows, **options):
    deleting = [pa.field(GONE, pa.bool_())] if options else []
    plain = pa.schema([*schema.remove_metadata(), *deleting])
    filled = [dict.fromkeys(plain.names) | row for row in rows]
    return Rows(schema=schema, data=pa.Table.from_pylist(filled, schema=plain), **options)


def transaction(number):
    return {
        "id": f"t{number}",
        "type": "fee-transaction",
        "account_id": "a1",
        "trade_date": date(2026, 3, 1),
        "account_amount": EXACT if number == 0 else Decimal(number),
        "affects_irr": number % 2 == 0,
        "first_seen_at": NOON,
        "changed_at": NOON,
        "row_hash": f"{number:032x}",
        "extra": '{"odd": 1.10}',
        GONE: False,
    }


def change_store(store, sql):
    with duckdb.connect(store) as connection:
        connection.execute(sql)


def another_run(store):
    """One more run and one more transaction: 48 more of these than of those, always."""
    change_store(
        store,
        "BEGIN; INSERT INTO aleta.sync_runs (run_id) SELECT 'r' || count(*) FROM aleta.sync_runs;"
        f"INSERT INTO aleta.transactions (id, {GONE}) SELECT 'n' || count(*), false FROM aleta.transactions; COMMIT",
    )


def opened(folder):
    """Both copies, seen from nowhere near: `copy` and, per table, `PARQUET(table)`."""
    connection = duckdb.connect(":memory:")
    connection.execute(f"SET TimeZone = 'UTC'; ATTACH '{folder / 'warehouse.duckdb'}' AS copy (READ_ONLY)")
    return connection


def value_of(connection, sql):
    return connection.execute(sql).fetchone()[0]


def parquet(folder, table):
    return f"read_parquet('{folder}/parquet/current/{table}/*.parquet')"


def tree(folder):
    """Every file of the copies with its content, private ones and links left out."""
    return {
        f"{file.relative_to(folder)}": file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.is_file() and "private" not in file.parts
    }


def assert_whole(folder):
    """Both copies can be read from end to end, each of one moment."""
    with opened(folder) as connection:
        for sources in (
            ("copy.aleta.transactions", "copy.aleta.sync_runs", "copy.aleta.clients"),
            tuple(parquet(folder, name_of(schema)) for schema in SOME),
        ):
            for source in sources:
                connection.execute(f"SELECT sum(hash(COLUMNS(*))) FROM {source}").fetchall()
            transactions, runs, clients = (value_of(connection, f"SELECT count(*) FROM {source}") for source in sources)
            assert (transactions - runs, clients) == (48, 1)
