"""The list of all tables."""

from __future__ import annotations

import importlib
import pkgutil

import pyarrow as pa
import pytest

import schemas
from schemas.table import fact, key_of, name_of
from schemas.tables import TABLES

each_table = pytest.mark.parametrize("schema", [pytest.param(one, id=name_of(one)) for one in TABLES])


def test_every_schema_of_the_package_is_listed():
    """A table that a module defines and the list forgets would never be published."""
    modules = [importlib.import_module(f"schemas.{one.name}") for one in pkgutil.iter_modules(schemas.__path__)]

    defined = {name_of(one) for module in modules for one in vars(module).values() if isinstance(one, pa.Schema)}

    assert defined == {name_of(one) for one in TABLES}


def test_no_two_tables_share_a_name():
    """A name is one table."""
    names = [name_of(one) for one in TABLES]

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
