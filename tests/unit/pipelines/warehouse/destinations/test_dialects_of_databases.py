"""How the program speaks to a database, and which of them are called proven."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from pipelines.warehouse.destinations.destination import dialect_of, find
from pipelines.warehouse.destinations.naming import PROVEN
from tests.e2e.destinations.kept import InDuckDb, InPostgres, InSqlite


@pytest.mark.parametrize(
    ("destination", "sql", "name", "proven"),
    [
        pytest.param("postgres", "postgres", "postgres", True, id="postgres"),
        pytest.param("sqlalchemy", "sqlite", "sqlalchemy (SQLite)", True, id="sqlite"),
        pytest.param("sqlalchemy", "mysql", "sqlalchemy (mysql)", False, id="mysql"),
        pytest.param("sqlalchemy", "postgres", "sqlalchemy (postgres)", False, id="postgres through sqlalchemy"),
        pytest.param("motherduck", "duckdb", "motherduck", False, id="motherduck"),
        pytest.param("dlt.destinations.duckdb", "duckdb", "duckdb", False, id="a DuckDB file elsewhere"),
    ],
)
def test_only_what_the_conformance_suite_runs_on_is_proven(destination, sql, name, proven) -> None:
    """The same destination may lead to several databases."""
    client = SimpleNamespace(capabilities=SimpleNamespace(sqlglot_dialect=sql))

    dialect = dialect_of(find(destination), client)

    assert (dialect.name, dialect.is_proven) == (name, proven)
    assert bool(dialect.now) is proven, "who is proven keeps a lease"


def test_the_proven_ones_are_those_that_the_suite_has() -> None:
    """What the warning names."""
    assert PROVEN.split(" with ")[0].replace("and ", "").split(", ") == [
        place.destination for place in (InDuckDb, InPostgres, InSqlite)
    ]


@pytest.mark.parametrize("destination", ["postgres", "sqlalchemy"])
def test_a_destination_is_to_dlt_the_plain_one(destination) -> None:
    """A stored state names its destination: it must be the same as before."""
    assert find(destination).destination_type == f"dlt.destinations.{destination}"
    assert find(destination).destination_name == destination
