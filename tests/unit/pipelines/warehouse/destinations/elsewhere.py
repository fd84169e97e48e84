"""A database elsewhere, as a destination's SQL client speaks to it."""

from contextlib import contextmanager

import duckdb
from dlt.destinations.exceptions import DatabaseUndefinedRelation

from pipelines.warehouse.destinations.remote import VALUES


class Cursor:
    """What dlt's cursor offers."""

    def __init__(self, found: duckdb.DuckDBPyConnection) -> None:
        self.columns_schema = {column[0]: {} for column in found.description}
        self.fetchmany, self.fetchall = found.fetchmany, found.fetchall


class Elsewhere:
    """What a destination's SQL client offers, over a DuckDB; remembers what it was asked."""

    def __init__(self, sql: duckdb.DuckDBPyConnection) -> None:
        self.sql = sql
        self.asked: list[tuple[str, tuple]] = []

    def make_qualified_table_name(self, name: str) -> str:
        return f"store.aleta.{name}"

    def escape_column_name(self, name: str) -> str:
        return f'"{name}"'

    @contextmanager
    def execute_query(self, sql: str, *values):
        assert len(values) <= 2 * VALUES
        self.asked.append((sql, values))
        try:
            yield Cursor(self.sql.execute(sql.replace("%s", "?"), list(values)))
        except duckdb.CatalogException as error:
            raise DatabaseUndefinedRelation(error) from error

    def execute_sql(self, sql: str, *values):
        with self.execute_query(sql, *values) as found:
            return found.fetchall()
