"""dlt's `sqlalchemy` destination: into SQLite, numbers go digit by digit.

SQLite has neither decimals nor days. dlt would store decimals as floats there (rule X1); here they are text, with all
12 decimals. Days and instants are text that sorts as they do: `2026-11-26`, `2026-11-26 17:47:28.000000` (UTC).
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import sqlalchemy as sa
from dlt.common.destination import DestinationCapabilitiesContext, PreparedTableSchema
from dlt.common.normalizers.naming import NamingConvention
from dlt.common.schema.typing import TColumnSchema
from dlt.destinations.impl.sqlalchemy.configuration import SqlalchemyClientConfiguration
from dlt.destinations.impl.sqlalchemy.factory import sqlalchemy
from dlt.destinations.impl.sqlalchemy.type_mapper import SqlalchemyTypeMapper

from schemas.table import key_of, name_of
from schemas.tables import TABLES

from .connection import Client
from .dialect import Dialect

BACKEND = "sqlite"
warnings.filterwarnings(
    "ignore", message="implicitly coercing SELECT object", module="dlt.destinations.impl.sqlalchemy"
)


class ExactNumber(sa.TypeDecorator[Decimal]):
    """A decimal as its digits: no exponent, and as many decimals as it came with."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: sa.Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else format(value, "f")

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> Decimal | None:  # noqa: ARG002
        return None if value is None else Decimal(value)


class ExactDecimals(SqlalchemyTypeMapper):
    """dlt's types, but for decimals."""

    def db_type_from_decimal_type(
        self,
        column: TColumnSchema,  # noqa: ARG002
        table: PreparedTableSchema,  # noqa: ARG002
    ) -> sa.types.TypeEngine[Decimal]:
        return ExactNumber()


class exact_sqlalchemy(sqlalchemy):  # noqa: N801 - dlt names destinations so
    """The destination: to dlt and to a stored state, the plain one."""

    @property
    def destination_type(self) -> str:
        return "dlt.destinations.sqlalchemy"

    @classmethod
    def adjust_capabilities(
        cls,
        caps: DestinationCapabilitiesContext,
        config: SqlalchemyClientConfiguration,
        naming: NamingConvention | None,
    ) -> DestinationCapabilitiesContext:
        can = super().adjust_capabilities(caps, config, naming)
        if config.get_backend_name() == BACKEND:
            can.type_mapper = ExactDecimals
            can.max_parallel_load_jobs = 1  # one writer at a time: others would wait for its lock, and give up
        return can


def bind(value: object) -> object:
    """Days and instants as they are stored."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
    return value.isoformat() if isinstance(value, date) else value


def array(values: Sequence[object], field: pa.Field) -> pa.Array:
    """What is stored, as Arrow."""
    if pa.types.is_boolean(field.type):
        return pa.array(values, pa.int64()).cast(field.type)
    if pa.types.is_timestamp(field.type):
        return pa.array(values, pa.string()).cast(pa.timestamp("us")).cast(field.type)
    if pa.types.is_decimal(field.type) or pa.types.is_date(field.type):
        return pa.array(values, pa.string()).cast(field.type)
    return pa.array(values, field.type)


def lay_out(client: Client) -> None:
    """Every table, also one without rows yet, as dlt would make it."""
    dataset = client.fully_qualified_dataset_name()
    found = client.execute_sql(f"SELECT name FROM {dataset}.sqlite_master WHERE type = 'table'") or ()
    missing = [schema for schema in TABLES if name_of(schema) not in {row[0] for row in found}]
    with client.begin_transaction():
        for schema in missing:
            columns = ", ".join(_column(field, key=key_of(schema)) for field in schema)
            client.execute_sql(f"CREATE TABLE IF NOT EXISTS {dataset}.{name_of(schema)} ({columns})")


def _column(field: pa.Field, *, key: Sequence[str]) -> str:
    unique = (field.name,) == tuple(key)  # dlt bounds its length, which SQLite does not look at
    kinds = {pa.date32(): "DATE", pa.int64(): "BIGINT", pa.bool_(): "BOOLEAN"}
    plain = "VARCHAR(128)" if unique else "DATETIME" if pa.types.is_timestamp(field.type) else "TEXT"
    return f'"{field.name}" {kinds.get(field.type, plain)}{" NOT NULL" if field.name in key else ""}'


SQLITE = Dialect(
    name="sqlalchemy (SQLite)",
    is_proven=True,
    day_after="date({day}, '+1 day')",
    now="CAST((julianday('now') - 2440587.5) * 86400 AS INTEGER)",
    bind=bind,
    array=array,
    lay_out=lay_out,
)
