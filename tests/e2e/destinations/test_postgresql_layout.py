"""What an analyst finds in PostgreSQL beside the rows: tables, comments, indexes, views."""

from __future__ import annotations

from collections.abc import Mapping

import dlt
import psycopg2
import pytest

from pipelines.warehouse.destinations.postgres.layout import lay_out
from schemas.guide import opened
from schemas.table import column_comment_of, comment_of, name_of
from schemas.tables import TABLES
from schemas.views.example import ROWS
from schemas.views.view import literal
from schemas.views.views import VIEWS
from tests.e2e.destinations.remote import DATASET, Remote
from tests.postgres import Database, Server

SCHEMAS = {name_of(schema): schema for schema in TABLES}
TYPES = f"""
    SELECT table_name, column_name, data_type, numeric_precision, numeric_scale, is_nullable
    FROM information_schema.columns WHERE table_schema = '{DATASET}'"""
UNIQUE = f"SELECT indexdef FROM pg_indexes WHERE schemaname = '{DATASET}' AND indexdef LIKE '% UNIQUE %'"
RELATIONS = f"""
    SELECT relname, relkind::text, oid, xmin::text FROM pg_class
    WHERE relnamespace = '{DATASET}'::regnamespace AND relkind IN ('r', 'v', 'i')"""


def test_everything_is_there_from_the_first_run(synced: Remote) -> None:
    """Every table, also one without rows, every view, and the feed; each with its comments."""
    for schema in TABLES:
        name = name_of(schema)
        place = f"'{DATASET}.{name}'::regclass"
        assert synced.column(f"SELECT obj_description({place})") == [comment_of(schema)]
        comments = f"SELECT attname, col_description({place}, attnum) FROM pg_attribute WHERE attrelid = {place}"
        found = dict(synced.database.run(comments))
        assert {field.name: column_comment_of(field) for field in schema}.items() <= found.items()
    assert synced.column(f"SELECT count(*) FROM {DATASET}.transaction_changes") == [0]
    for view in VIEWS:
        assert synced.database.run(f"SELECT count(*) FROM {DATASET}.{called(view)}")
        if not view.takes:
            assert view.description in synced.column(f"SELECT obj_description('{DATASET}.{view.name}'::regclass)")[0]


def test_psql_shows_comments_and_answers_from_tables_and_views(synced: Remote) -> None:
    """What an analyst types there: a table described with its units, a view, what changed since a day."""
    described = synced.database.psql(f"\\d+ {DATASET}.transactions")
    comments = {field.name: column_comment_of(field) for field in SCHEMAS["transactions"]}
    lines = [line for line in described.splitlines() if line.partition("|")[0] in comments]
    assert len(lines) == len(comments)
    assert all(comments[name] in line for line in lines for name in [line.partition("|")[0]])

    counted = synced.database.psql(
        f"SELECT count(*) FROM {DATASET}.transactions",
        f"SELECT count(*) FROM {DATASET}.changes_since('2000-01-01')",
        f"SELECT count(*) FROM {DATASET}.flows_by_category",
    )
    [rows, seen, flows] = [int(line) for line in counted.splitlines() if line.isdecimal()]
    assert [rows] == synced.column(f"SELECT count(*) FROM {DATASET}.transactions")
    assert rows == seen  # all of them were first seen since then
    assert 0 < flows <= rows


def test_parents_and_dates_are_indexed(synced: Remote) -> None:
    """What the sync and analysts look for rows by."""
    found = {
        (table, columns)
        for table, columns in synced.database.run(
            f"SELECT tablename, substring(indexdef FROM '[(](.*)[)]') FROM pg_indexes WHERE schemaname = '{DATASET}'"
        )
    }

    wanted = ("id", "account_id", "inflow_account_id", "outflow_account_id", "trade_date", "value_date", "changed_at")
    assert {("transactions", column) for column in wanted} <= found
    assert {("accounts", "legal_entity_id"), ("prices", "instrument_id"), ("prices", "date")} <= found


def test_a_table_that_was_made_empty_is_as_dlt_makes_it(synced: Remote, server: Server) -> None:
    """Types, nulls and unique keys: rows that come later find what they would have made."""
    by_dlt = set(synced.database.run(TYPES))
    loaded = {
        name for name in map(name_of, TABLES) if synced.column(f"SELECT EXISTS (SELECT FROM {DATASET}.{name})")[0]
    }
    empty = dataset(server.database())
    lay_out_in(empty)

    made = set(empty.run(TYPES))

    assert len(loaded) > 8
    assert {row for row in by_dlt if row[0] in loaded and row[1] != "deleted_by_aleta"} == {
        row for row in made if row[0] in loaded
    }
    unique = {row[0] for row in empty.run(UNIQUE)}
    of_transactions = {row[0] for row in synced.database.run(UNIQUE) if f"{DATASET}.transactions " in row[0]}
    assert of_transactions
    assert of_transactions <= unique


def test_a_quiet_night_makes_nothing_of_it_again(synced: Remote) -> None:
    """Tables, indexes and views are the same ones, untouched."""
    before = synced.database.run(RELATIONS)

    synced.sync()

    assert sorted(synced.database.run(RELATIONS)) == sorted(before)


def test_what_someone_dropped_is_made_again(synced: Remote) -> None:
    """A view, an index, the function: the next run sees that they are gone."""
    synced.database.run(f"DROP VIEW {DATASET}.cash_balances CASCADE")
    synced.database.run(f"DROP FUNCTION {DATASET}.changes_since(timestamptz)")
    synced.database.run(f"DROP INDEX {DATASET}.ix_transactions_account_id")

    synced.sync()

    assert synced.database.run(f"SELECT count(*) FROM {DATASET}.cash_balances")
    assert synced.database.run(f"SELECT count(*) FROM {DATASET}.changes_since('2000-01-01')")
    assert synced.column(f"SELECT to_regclass('{DATASET}.ix_transactions_account_id') IS NOT NULL") == [True]


@pytest.mark.parametrize("kind", ["VIEW", "MATERIALIZED VIEW", "TABLE"])
def test_a_relation_of_someone_else_is_left_alone(synced: Remote, kind: str) -> None:
    """Of the same name: it stays, and what would read it is left out."""
    synced.database.run(f"DROP VIEW {DATASET}.cash_movements CASCADE")
    synced.database.run(f"COMMENT ON SCHEMA {DATASET} IS NULL")
    synced.database.run(f"CREATE {kind} {DATASET}.cash_movements AS SELECT 1 AS mine")

    synced.sync()

    assert synced.database.run(f"SELECT mine FROM {DATASET}.cash_movements") == [(1,)]


def test_a_view_that_someone_put_in_the_place_of_ours_is_theirs(synced: Remote) -> None:
    """The schema's comment still lists it; the view has no comment that says who made it."""
    synced.database.run(f"DROP VIEW {DATASET}.account_tree; CREATE VIEW {DATASET}.account_tree AS SELECT 1 AS mine")

    synced.sync()

    assert synced.database.run(f"SELECT mine FROM {DATASET}.account_tree") == [(1,)]


def test_views_are_known_as_ours_whatever_the_schema_s_comment_says(synced: Remote) -> None:
    """A database administrator wrote another; a later version has another query for a view."""
    synced.database.run(f"COMMENT ON SCHEMA {DATASET} IS 'owned by the data team'")
    place = f"{DATASET}.cash_balances"
    synced.database.run(f"CREATE OR REPLACE VIEW {place} AS SELECT * FROM ({query(synced, place)}) AS was LIMIT 0")

    synced.sync()

    assert "LIMIT 0" not in query(synced, place)


def query(synced: Remote, view: str) -> str:
    return synced.column(f"SELECT rtrim(pg_get_viewdef('{view}'::regclass), ';')")[0]


@pytest.mark.long
def test_a_view_that_grew_another_shape_keeps_the_night_from_complete_only_if_someone_needs_it(synced: Remote) -> None:
    """It is replaced; where a view of someone else rests on it, that is said (exit 4), and the rows are there."""
    outgrow(synced)

    synced.sync()

    assert synced.database.run(f"SELECT account_id FROM {DATASET}.account_tree LIMIT 1")

    outgrow(synced)
    synced.database.run(f"CREATE VIEW public.theirs AS SELECT * FROM {DATASET}.account_tree")
    synced.box.mutate("acme", "late", count=3, within_days=20)

    ended = synced.sync(expect=4)

    [error] = ended.errors()
    assert error["code"] == "publish"
    assert "account_tree" in error["message"]
    assert synced.differences() == []
    assert synced.database.run("SELECT old FROM public.theirs") == [(1,)]


def outgrow(synced: Remote) -> None:
    """As if an older version had made it."""
    synced.database.run(f"DROP VIEW {DATASET}.account_tree; CREATE VIEW {DATASET}.account_tree AS SELECT 1 AS old")
    synced.database.run(f"COMMENT ON VIEW {DATASET}.account_tree IS 'Accounts below their clients.'")


def test_grants_on_views_survive_a_new_version(synced: Remote) -> None:
    """A view with the same columns is replaced, not dropped."""
    synced.database.run("DROP ROLE IF EXISTS analyst; CREATE ROLE analyst")
    synced.database.run(f"GRANT SELECT ON {DATASET}.cash_balances TO analyst")
    synced.database.run(f"DROP INDEX {DATASET}.ix_transactions_account_id")

    synced.sync()

    may = f"SELECT has_table_privilege('analyst', '{DATASET}.cash_balances', 'SELECT')"
    assert synced.column(may) == [True]
    synced.database.run("DROP OWNED BY analyst; DROP ROLE analyst")


@pytest.fixture(scope="module")
def example(server: Server) -> Database:
    """The example family of the guide, in PostgreSQL."""
    database = dataset(server.database())
    lay_out_in(database)
    connection = psycopg2.connect(database.url)
    with connection, connection.cursor() as cursor:
        for table, rows in ROWS.items():
            for count, row in enumerate(rows):
                keys = {"row_key": f"{count}"} if "row_key" in SCHEMAS[table].names else {}
                put(cursor, table, keys | row)
    connection.close()
    return database


def put(cursor, table: str, row: Mapping[str, str]) -> None:
    marks = ", ".join(["%s"] * len(row))
    cursor.execute(f"INSERT INTO {DATASET}.{table} ({', '.join(row)}) VALUES ({marks})", list(row.values()))


@pytest.mark.parametrize("view", [pytest.param(view, id=view.name) for view in VIEWS])
def test_a_view_answers_as_it_does_in_duckdb(example: Database, view) -> None:
    """Every row and column of the example family, number for number."""
    columns = ", ".join(column.name for column in view.columns if column.name not in {"before", "after"})
    with opened(ROWS) as warehouse:
        expected = warehouse.execute(f"SELECT {columns} FROM aleta.{called(view)}").fetchall()

    found = example.run(f"SELECT {columns} FROM {DATASET}.{called(view)}")

    assert expected
    assert sorted(map(plain, found)) == sorted(map(plain, expected))


def test_a_value_date_that_is_a_placeholder_makes_no_days(example: Database) -> None:
    """As in DuckDB: one of 9999 would make three million rows."""
    days = f"SELECT count(*), max(date) FROM {DATASET}.cash_balances_daily"
    before = example.run(days)
    far = {"id": "far", "account_id": "a-eur", "value_date": "9999-12-31", "account_amount": "1"}
    names, values = ", ".join(far), ", ".join(map(literal, far.values()))
    example.run(f"INSERT INTO {DATASET}.transactions ({names}) VALUES ({values})")

    after = example.run(days)

    example.run(f"DELETE FROM {DATASET}.transactions WHERE id = 'far'")
    assert after == before


def plain(row: tuple) -> list[str]:
    return [f"{sorted(value)}" if isinstance(value, list) else f"{value}" for value in map(number, row)]


def number(value: object) -> object:
    """Numbers without the zeros at their end."""
    return value.normalize() + 0 if hasattr(value, "normalize") else value


def called(view) -> str:
    return f"{view.name}('2026-05-31 00:00:00+00')" if view.takes else view.name


def dataset(database: Database) -> Database:
    database.run(f"CREATE SCHEMA {DATASET}")
    return database


def lay_out_in(database: Database) -> None:
    pipeline = dlt.pipeline("layout", destination=dlt.destinations.postgres(database.url), dataset_name=DATASET)
    with pipeline.sql_client() as client:
        lay_out(client)
