"""Reads every copy in a tenant's folder with DuckDB 1.x, polars, pandas and delta-rs; prints what it saw as JSON.

Runs in `.readers`, which knows nothing of the program: `read_copies.py FOLDER`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import deltalake
import duckdb
import pandas as pd
import polars as pl

MACRO = "SELECT count(*) FROM aleta.changes_since('1970-01-01T00:00:00Z')"


def amounts(rows):
    """Of one column of decimals, what no float would keep."""
    return sorted(f"{value}" for value in rows if value is not None)


def read_duckdb(file):
    with duckdb.connect(f"{file}", read_only=True) as connection:
        names = connection.execute("SELECT table_name FROM duckdb_tables() WHERE schema_name = 'aleta'").fetchall()
        views = connection.execute("SELECT view_name FROM duckdb_views() WHERE schema_name = 'aleta'").fetchall()
        return {
            "version": duckdb.__version__,
            "tables": {name: len(connection.execute(f'SELECT * FROM aleta."{name}"').fetchall()) for (name,) in names},
            "views": {name: len(connection.execute(f'SELECT * FROM aleta."{name}"').fetchall()) for (name,) in views},
            "macro": connection.execute(MACRO).fetchall()[0][0],
            "comments": connection.execute(
                "SELECT count(*) FROM (SELECT comment FROM duckdb_columns() WHERE schema_name = 'aleta' UNION ALL "
                "SELECT comment FROM duckdb_tables() WHERE schema_name = 'aleta' UNION ALL "
                "SELECT comment FROM duckdb_views() WHERE schema_name = 'aleta' UNION ALL "
                "SELECT comment FROM duckdb_functions() WHERE schema_name = 'aleta') WHERE comment IS NULL"
            ).fetchall()[0][0],
            "amounts": amounts(connection.sql("FROM aleta.transactions").pl()["account_amount"]),
            "arrow": f"{connection.sql('FROM aleta.positions').to_arrow_table().schema.field('market_value').type}",
        }


def read_parquet(folder):
    files = f"{folder}/parquet/current/transactions/*.parquet"
    frame = pd.read_parquet(f"{folder}/parquet/current/transactions")
    return {
        "polars": amounts(pl.read_parquet(files)["account_amount"]),
        "polars extra": f"{pl.read_parquet(files).schema['extra']}",
        "pandas": amounts(frame["account_amount"].dropna()),
        "pandas extra": sorted({type(value).__name__ for value in frame["extra"].dropna()}),
    }


def read_delta(folder):
    place = f"{folder}/delta/transactions"
    return {
        "delta-rs": amounts(deltalake.DeltaTable(place).to_pyarrow_table()["account_amount"].to_pylist()),
        "polars": amounts(pl.read_delta(place)["account_amount"]),
        "pandas": amounts(deltalake.DeltaTable(place).to_pandas()["account_amount"].dropna()),
        "tables": {table.name: deltalake.DeltaTable(table).count() for table in sorted((folder / "delta").iterdir())},
    }


if __name__ == "__main__":
    home = Path(sys.argv[1])
    seen = {"duckdb": read_duckdb(home / "warehouse.duckdb"), "parquet": read_parquet(home), "delta": read_delta(home)}
    sys.stdout.write(json.dumps(seen))
