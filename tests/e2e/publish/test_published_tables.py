"""The analysts' copies, published from real stores that dlt wrote: tables, rows, descriptions, modes of files."""

from __future__ import annotations

import itertools
from datetime import date

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.publish.publish import publish
from pipelines.warehouse.package import GONE
from schemas.table import fact, key_of, name_of
from tests.e2e.publish.copies import BOTH, EXACT, NAMES, SOME, change_store, each_table, opened, parquet, value_of


@each_table
def test_a_table_has_the_columns_of_its_schema(published, schema):
    """Names, order and types are those of the contract, whether the store has the table yet or not."""
    with opened(published) as connection:
        columns = connection.execute(
            "SELECT column_name, data_type FROM duckdb_columns() "
            "WHERE database_name = 'copy' AND table_name = ? ORDER BY column_index",
            [name_of(schema)],
        ).fetchall()
    assert columns == [(field.name, _sql_type(field)) for field in schema]


def _sql_type(field):
    if fact(field, "json"):
        return "JSON"
    return {
        pa.string(): "VARCHAR",
        pa.date32(): "DATE",
        pa.bool_(): "BOOLEAN",
        pa.int64(): "BIGINT",
        pa.decimal128(38, 12): "DECIMAL(38,12)",
        pa.timestamp("us", "UTC"): "TIMESTAMP WITH TIME ZONE",
    }[field.type]


def test_the_copy_holds_the_tables_of_the_contract_and_nothing_else(published):
    """Staging, dlt's own tables and its views are not for analysts."""
    with opened(published) as connection:
        found = connection.execute(
            "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = 'copy'"
        ).fetchall()
    assert sorted(found) == sorted(("aleta", name) for name in NAMES)


def test_rows_are_the_stores_to_the_last_digit(published):
    """A copy changes nothing of a value."""
    with opened(published) as connection:
        row = connection.execute(
            "SELECT account_amount, extra, changed_at = '2026-03-02 12:00:00+00'::TIMESTAMPTZ, trade_date "
            "FROM copy.aleta.transactions WHERE id = 't0'"
        ).fetchone()
        assert row == (EXACT, '{"odd": 1.10}', True, date(2026, 3, 1))
        assert value_of(connection, "SELECT name FROM copy.aleta.clients") == "Ångström & Søn"


def test_a_row_marked_as_gone_is_in_no_copy(store, folder):
    """What a merge deletes was never there for an analyst, even where the store keeps the row."""
    change_store(store, f"UPDATE aleta.transactions SET {GONE} = true WHERE id = 't8'")

    publish(store, folder, formats=BOTH, tables=SOME)

    with opened(folder) as connection:
        for source in ("copy.aleta.transactions", parquet(folder, "transactions")):
            assert value_of(connection, f"SELECT count(*) FROM {source}") == 48
            assert value_of(connection, f"SELECT count(*) FROM {source} WHERE id IN ('t7', 't8')") == 0


@each_table
def test_every_table_and_column_is_described(published, schema):
    """Descriptions, units and keys travel with the data."""
    with opened(published) as connection:
        table = connection.execute(
            "SELECT comment FROM duckdb_tables() WHERE database_name = 'copy' AND table_name = ?", [name_of(schema)]
        ).fetchone()
        columns = connection.execute(
            "SELECT column_name, comment FROM duckdb_columns() WHERE database_name = 'copy' AND table_name = ?",
            [name_of(schema)],
        ).fetchall()
    assert table == (f"{fact(schema, 'description')}. Key: {', '.join(key_of(schema))}",)
    said = {field.name: (fact(field, "description"), fact(field, "unit")) for field in schema}
    assert dict(columns) == {name: f"{text} [{unit}]" if unit else text for name, (text, unit) in said.items()}


def test_a_table_that_no_schema_knows_is_copied(store, folder):
    """What a later version loaded is not kept from analysts."""
    change_store(store, f'CREATE TABLE aleta."later\'s" AS SELECT 1 AS "an \'id\'", false AS {GONE}')

    publish(store, folder, formats=BOTH, tables=SOME)

    with opened(folder) as connection:
        for source in (
            'copy.aleta."later\'s"',
            "read_parquet($$%s$$)" % (folder / "parquet/current/later's/*.parquet"),
        ):
            assert connection.execute(f"SELECT * FROM {source}").fetchall() == [(1,)]
            assert [column[0] for column in connection.description] == ["an 'id'"]


def test_a_column_that_the_store_does_not_have_yet_is_null(store, folder):
    """An upgrade that adds a column publishes before the first row has it."""
    change_store(store, "ALTER TABLE aleta.transactions DROP COLUMN comment")

    publish(store, folder, formats=["duckdb"], tables=SOME)

    with opened(folder) as connection:
        assert value_of(connection, "SELECT count(*) FROM copy.aleta.transactions WHERE comment IS NULL") == 49


def test_what_is_published_is_its_owners_only(store, folder):
    """Rule S1: files 0600, folders 0700; nothing unfinished and no log is left behind."""
    publish(store, folder, formats=BOTH, tables=SOME)

    assert sorted(path.name for path in folder.iterdir()) == [
        "parquet",
        "private",
        "warehouse.duckdb",
        "warehouse.json",
    ]
    published = [path for path in folder.rglob("*") if "private" not in path.parts and not path.is_symlink()]
    assert {path.stat().st_mode & 0o777 for path in published if path.is_file()} == {0o600}
    assert {path.stat().st_mode & 0o777 for path in (folder, *published) if path.is_dir()} == {0o700}


@each_table
def test_parquet_equals_duckdb(published, schema):
    """The two copies hold the same rows and types, also where there are none; JSON is text in Parquet."""
    copies = f"copy.aleta.{name_of(schema)}", parquet(published, name_of(schema))
    with opened(published) as connection:
        kinds = [connection.execute(f"DESCRIBE SELECT * FROM {copy}").fetchall() for copy in copies]
        for copy, other in itertools.permutations(copies):
            assert (
                connection.execute(
                    f"SELECT id FROM (SELECT 1 AS id, * FROM {copy} EXCEPT ALL SELECT 1, * FROM {other})"
                ).fetchall()
                == []
            )
    assert [(name, kind.replace("JSON", "VARCHAR")) for name, kind, *_ in kinds[0]] == [row[:2] for row in kinds[1]]
    assert pq.read_schema(published / f"parquet/current/{name_of(schema)}/part-0.parquet").names == schema.names
