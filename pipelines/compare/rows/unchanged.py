"""Whether rows that were read are what the warehouse has, value for value: then nothing more need be compared.

A quiet night asks this of every table, so it costs one plain query and a comparison in Arrow. Equal values have equal
hashes; rows that say the same in other words are not equal here, and are for the comparison by hash to judge.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from schemas.table import ROW_HASH, answered, fact, key_of
from sources.aleta.catalogue.endpoint import Endpoint

from ...warehouse.store import Store
from ..row_hash import VERSION
from .findings import Proven

MOST_ROWS = 10_000  # of one package, so that what is fetched is small (rule C5)
MOST_PARENTS = 200  # a list of parents is searched once a stored row


def is_unchanged(
    store: Store,
    endpoint: Endpoint,
    incoming: pa.Table,
    *,
    proven: Sequence[Proven],
    in_days: str,
    seen_before: Collection[str],
) -> bool:
    """Whether the warehouse has each row of *incoming* just so, and none that *incoming* should have and has not.

    False where it cannot be told cheaply. Rows are taken for missed here that are not: out of reach of what is proven.

    Args:
        incoming: the API's columns, each key once.
        in_days: a condition for the rows that *proven* days may judge, in SQL that goes on after another; or empty.
        seen_before: ids that earlier packages of this run brought, and that need not come again.
    """
    parents = [parent.parent_id for parent in proven if not parent.first_load]
    few = incoming.num_rows <= MOST_ROWS and 0 < len(parents) <= MOST_PARENTS
    if not few or len(parents) < len(proven) or not store.local:
        return False
    most = incoming.num_rows + len(seen_before) + 1
    sql = _stored_sql(store, endpoint, in_days=in_days, most=most)
    stored = store.sql.sql(sql, params={"parents": parents}).to_arrow_table()
    if not pc.all(pc.starts_with(stored[ROW_HASH.name], VERSION), min_count=0).as_py():
        return False  # of an older version, or damaged
    key = key_of(endpoint.schema)[0]
    expected = pa.array(seen_before, pa.string())
    return holds_all(stored.drop_columns(ROW_HASH.name), incoming, key=key, may_have=expected)


def holds_all(stored: pa.Table, rows: pa.Table, *, key: str, may_have: pa.Array) -> bool:
    """Whether *stored* has just the *rows*, each key once in both, and perhaps rows with the keys *may_have*."""
    places = pc.index_in(rows[key], value_set=stored[key].combine_chunks())
    if places.null_count:
        return False
    known = pa.concat_arrays([rows[key].combine_chunks(), may_have])
    if pc.index_in(stored[key], value_set=known).null_count:
        return False
    return bool(stored.take(places).cast(rows.schema).equals(rows))


def values_sql(endpoint: Endpoint) -> str:
    """The API's columns of a stored row as `holds_all` compares them."""
    return ", ".join(
        f"{column.name}::VARCHAR AS {column.name}" if fact(column, "json") else column.name
        for column in answered(endpoint.schema)
    )


def _stored_sql(store: Store, endpoint: Endpoint, *, in_days: str, most: int) -> str:
    """The rows that name a parent, a column of parents at a time, which reads little; at most so many."""
    committed = store.rows(endpoint.schema)
    parts = []
    for place, owner in enumerate(endpoint.owners):
        once = "".join(
            f" AND NOT coalesce(list_contains($parents, {other}), false)" for other in endpoint.owners[:place]
        )
        parts.append(
            f"SELECT {values_sql(endpoint)}, {ROW_HASH.name} FROM {committed} "
            f"WHERE list_contains($parents, {owner}){once}{in_days}"
        )
    return f"{' UNION ALL '.join(parts)} LIMIT {most}"
