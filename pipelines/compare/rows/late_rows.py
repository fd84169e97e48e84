"""Rows that come late, in days that earlier runs had covered: found in SQL over the tables of a comparison."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from schemas.table import key_of
from sources.aleta.catalogue.endpoint import Endpoint

from .staged import once_per_owner


def late_rows(sql: duckdb.DuckDBPyConnection, endpoint: Endpoint) -> Mapping[str, int]:
    """For each parent that is read in part: rows that it shows for the first time, of days that it had shown before."""
    if not endpoint.movable or not endpoint.dates:
        return {}
    key, day = key_of(endpoint.schema)[0], f"least({', '.join(f'f.{column}' for column in endpoint.dates.columns)})"
    counted = (
        f"SELECT p.parent_id, count(DISTINCT f.{key}) FROM {once_per_owner('fresh', endpoint.owners)} f JOIN proven p "
        f"ON f.owner = p.parent_id AND NOT p.settles AND NOT p.first_load AND {day} BETWEEN p.since AND p.through "
        f"WHERE f.{key} NOT IN (SELECT {key} FROM known) GROUP BY 1"
    )
    return dict(sql.execute(counted).fetchall())
