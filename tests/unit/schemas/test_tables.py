"""The list of all tables."""

from __future__ import annotations

import importlib
import pkgutil
import re

import duckdb
import pyarrow as pa
import pytest

import schemas
from schemas import tables
from schemas.table import described_by_api, fact, key_of, left_out, name_of, natural_key_of
from sources.aleta.catalogue.catalogue import CATALOGUE

TABLES = tables.TABLES
PATH = re.compile(r"id|type|attributes/\w+(/\w+)*|relationships/[\w-]+(/type)?")
COMPUTED = {"holdings", "instrument_holdings", "custodian_holdings", "performance", "private_market_performance"}

each_table = pytest.mark.parametrize("schema", [pytest.param(schema, id=name_of(schema)) for schema in TABLES])


def test_every_schema_of_the_package_is_listed():
    """A table that a module defines and the list forgets would never be published."""
    modules = [importlib.import_module(f"schemas.{module.name}") for module in pkgutil.iter_modules(schemas.__path__)]

    defined = {name_of(value) for module in modules for value in vars(module).values() if isinstance(value, pa.Schema)}

    assert defined == {name_of(schema) for schema in TABLES}


def test_what_is_published_is_filled():
    """An empty table that no run fills would say that there is nothing."""
    own = {"transaction_changes", "sync_runs", "sync_windows", "sync_marks", "sync_drift", "webhook_deliveries"}
    filled = {name_of(schema) for endpoint in CATALOGUE.values() for schema in endpoint.schemas}

    assert {name_of(schema) for schema in tables.TABLES} == filled | own


def test_no_two_tables_share_a_name():
    """A name is one table."""
    names = [name_of(schema) for schema in TABLES]

    assert len(set(names)) == len(names)


@each_table
def test_the_key_is_of_the_table(schema):
    """Each table has a key, and its columns exist."""
    assert key_of(schema)
    assert set(key_of(schema)) <= set(schema.names)


@each_table
def test_the_table_and_all_its_columns_are_described(schema):
    """What a column means stands with the data."""
    assert fact(schema, "description")
    assert [field.name for field in schema if not fact(field, "description")] == []


@each_table
def test_no_two_columns_share_a_name(schema):
    """DuckDB tells no `a` from `A`."""
    assert len({name.lower() for name in schema.names}) == len(schema.names)


@each_table
def test_every_number_has_a_unit(schema):
    """An amount without its currency is no amount."""
    numbers = [field for field in schema if pa.types.is_decimal(field.type) or pa.types.is_integer(field.type)]
    assert [field.name for field in numbers if not fact(field, "unit")] == []


@each_table
def test_names_need_no_quotes(schema):
    """What analysts write every day, and what differences and publishing write for them."""
    names = ", ".join(schema.names)
    with duckdb.connect() as connection:
        connection.register("empty", schema.remove_metadata().empty_table())
        connection.execute(f"CREATE TABLE {name_of(schema)} AS SELECT {names} FROM empty ORDER BY {names}")


@each_table
def test_every_column_says_where_in_the_answer_it_comes_from(schema):
    """A path of another form fills nothing, without a word."""
    paths = [path for field in schema for path in fact(field, "api").split()]
    assert [path for path in paths if not PATH.fullmatch(path)] == []


@each_table
def test_no_two_columns_take_the_same_from_the_answer(schema):
    """The second would stay empty."""
    paths = [path for field in schema for path in fact(field, "api").split()]
    assert len(set(paths)) == len(paths)


@each_table
def test_what_the_api_fills_has_room_for_what_no_column_names(schema):
    """Rule X2: no attribute is lost."""
    columns = [field for field in described_by_api(schema) if field.name != "extra"]
    assert ("extra" in schema.names) == bool(columns)


@each_table
def test_a_natural_key_is_of_the_table_and_named_in_its_description(schema):
    """`row_key` stands for columns that an analyst can join on."""
    named = natural_key_of(schema)
    assert set(named) <= set(schema.names)
    assert (named == key_of(schema)) == ("row_key" not in schema.names)
    assert "row_key" not in schema.names or fact(schema, "description").endswith(f"Natural key: {', '.join(named)}")


@each_table
def test_ids_that_nothing_promises_are_not_kept(schema):
    """The same row with another id every time would be a change every time."""
    assert not {"row_key", "id"} <= set(schema.names)


@each_table
def test_what_is_left_out_is_in_no_column(schema):
    """An attribute is stored or left out, not both."""
    paths = {path for field in schema for path in fact(field, "api").split()}
    assert not paths & {f"attributes/{name}" for name in left_out(schema)}


def test_what_is_computed_is_keyed_by_what_it_is_of():
    """Rows of computed tables have no id that stays (contract: their natural key)."""
    keys = {name_of(schema).split("__")[0]: key_of(schema) for schema in TABLES}
    assert {name for name, key in keys.items() if key == ("row_key",)} == {*COMPUTED, "limit_status"}


def test_a_grain_is_a_table():
    """Rows split by different things never share a table: the columns that split them are in its natural key."""
    grains = [natural_key_of(schema) for schema in TABLES if name_of(schema).startswith(("holdings", "performance"))]
    assert len(set(grains)) == 6
    assert all(key[0] == "reporting_entity_id" and key[-2:] == ("date", "ccy_code") for key in grains)


def test_values_that_count_from_the_first_day_asked_for_are_left_out():
    """ADR 6: a window would decide what is stored."""
    tables = {name_of(schema): left_out(schema) for schema in TABLES if left_out(schema)}
    assert all(name.split("__")[0] == "performance" for name in tables)
    assert set(tables.values()) == {frozenset({"accumulatedReturn", "accumulatedTwr"})}


def test_an_invite_is_stored_nowhere():
    """Its link logs in whoever has it (rule S1)."""
    paths = {path for schema in TABLES for field in schema for path in fact(field, "api").split()}
    assert "invites" not in {name_of(schema) for schema in TABLES}
    assert "attributes/link" not in paths
