"""dlt's PostgreSQL destination, with JSON as it came."""

from __future__ import annotations

from dlt.destinations.impl.postgres.factory import PostgresTypeMapper

from ..dialect import Dialect
from .layout import lay_out

POSTGRES = Dialect(
    name="postgres",
    is_proven=True,
    has_json=True,
    day_after="{day} + 1",
    lay_out=lay_out,
    now="CAST(extract(epoch FROM clock_timestamp()) AS BIGINT)",
)


class ExactJson(PostgresTypeMapper):
    """JSON as it came: `jsonb` would rewrite numbers and refuse some text (rule X2)."""

    sct_to_unbound_dbt = {**PostgresTypeMapper.sct_to_unbound_dbt, "json": "json"}  # noqa: RUF012
