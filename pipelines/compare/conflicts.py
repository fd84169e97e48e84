"""One id that stands for two contents (rule D8): found in SQL over the temporary tables of a comparison."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import duckdb
import pyarrow as pa

from schemas.table import ROW_KEY, answered, key_of
from sources.aleta.catalogue.endpoint import Endpoint

from .findings import Conflict
from .row_content import stage_contents
from .row_hash import row_hash


def within_package(
    sql: duckdb.DuckDBPyConnection, endpoint: Endpoint, incoming: pa.Table, batches: Sequence[pa.RecordBatch]
) -> list[Conflict]:
    """Ids with two contents within one answer or in those of two parents; in two answers of one, it was edited.

    Args:
        incoming: the rows of *batches*, in their order.
    """
    answers = pa.array([place for place, batch in enumerate(batches) for _ in range(batch.num_rows)], pa.int64())
    sql.register("given", incoming.append_column("answer", answers))
    key, owners = key_of(endpoint.schema)[0], ", ".join(endpoint.owners)
    columns = answered(endpoint.schema)
    contents = stage_contents(sql, "given", columns)
    found = sql.execute(
        f"SELECT {key}, list_sort(list_distinct(flatten(list({_present(owners)})))) "
        f"FROM given WHERE {key} IN (SELECT {key} FROM given GROUP BY 1 HAVING count(*) > 1) GROUP BY 1 "
        f"HAVING count(DISTINCT {row_hash(columns, contents)}) > 1 "
        f"AND (count(DISTINCT [{owners}]) > 1 OR count(DISTINCT answer) < count(*)) ORDER BY 1"
    ).fetchall()
    return [Conflict(id=own_id, parents=parents) for own_id, parents in found]


def with_earlier_package(sql: duckdb.DuckDBPyConnection, endpoint: Endpoint, *, now: datetime) -> list[Conflict]:
    """Ids that an earlier package of the run begun at *now* brought with another content, for another parent."""
    key = key_of(endpoint.schema)[0]
    if key == ROW_KEY.name:  # the natural key is the content that tells rows apart
        return []
    stored, fresh = (", ".join(f"{table}.{column}" for column in endpoint.owners) for table in ("k", "f"))
    found = sql.execute(
        f"SELECT f.{key}, list_sort(list_distinct({_present(f'{stored}, {fresh}')})) "
        f"FROM fresh f JOIN known k USING ({key}) WHERE k.changed_at = $now "
        f"AND k.row_hash <> f.row_hash AND [{stored}] <> [{fresh}] ORDER BY 1",
        {"now": now},
    ).fetchall()
    return [Conflict(id=own_id, parents=parents) for own_id, parents in found]


def _present(columns: str) -> str:
    return f"list_filter([{columns}], lambda x: x IS NOT NULL)"
