"""Which ids the tables of a held file may have: SQL for their hashes, which are kept in memory beside it. Pure.

A first load brings ids that are all new; to know it from the stored ones, each package would read them all. There are
never too few hashes: whoever inserts rows adds theirs before. There may be too many, and then a reader finds no row.
"""

from __future__ import annotations

ATTACH = "ATTACH ':memory:' AS ids"
TABLES = "SELECT table_name FROM duckdb_tables() WHERE database_name = 'ids'"


def keep(table: str, key: str, rows: str) -> str:
    """Begin with all of *rows*."""
    return f'CREATE TABLE ids.main."{table}" AS SELECT hash({key}) AS hashed FROM {rows}'


def add(table: str, key: str, rows: str) -> str:
    """What *rows* have, before they are inserted."""
    return f'INSERT INTO ids.main."{table}" SELECT hash({key}) FROM {rows}'


def among(table: str, key: str, rows: str) -> str:
    """Those of *rows* that may be there."""
    return f'SELECT {key} FROM {rows} WHERE hash({key}) IN (SELECT hashed FROM ids.main."{table}")'
